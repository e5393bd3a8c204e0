// Runs a command and appends one line to a file: seconds on the clock, peak memory in KiB, exit status.
//
//   measure FILE COMMAND [ARGUMENT…]

#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count < 3) return fputs("usage: measure FILE COMMAND [ARGUMENT...]\n", stderr), 64;
    double start = now();
    pid_t process;
    if (posix_spawnp(&process, arguments[2], NULL, NULL, arguments + 2, environ)) return perror(arguments[2]), 127;
    int status;
    struct rusage usage;
    wait4(process, &status, 0, &usage);
    double seconds = now() - start;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    FILE *file = fopen(arguments[1], "ae");
    if (!file || fprintf(file, "%.4f %ld %d\n", seconds, usage.ru_maxrss, code) < 0 || fclose(file)) return 1;
    return code;
}
