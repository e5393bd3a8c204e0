package import Glibc
import Synchronization

/// A call of the operating system that did not do what a test needs.
package struct SystemFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ what: String, code: Int32 = errno) {
        description = "\(what): \(String(cString: strerror(code)))"
    }

    package init(because description: String) { self.description = description }
}

/// Both ends of a pipe; neither is inherited by programs that are started.
struct Pipe {
    let reading: Int32
    let writing: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        let isMade = starting.withLock { _ in
            pipe(&ends) == 0 && ends.allSatisfy { fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }
        }
        guard isMade else { throw SystemFailure("pipe") }
        (reading, writing) = (ends[0], ends[1])
    }
}

/// Held while a program starts, so that it inherits no pipe that is not marked yet (Glibc's `pipe2` is not imported).
private let starting = Mutex(())

/// Starts a program in a process group of its own, with default signal handling. The descriptors become its standard
/// input, output and error and stay the caller's to close.
///
/// - Parameters:
///   - executable: a path, or a name that is looked for in `PATH`.
///   - environment: all of it; nil for this process's own.
///   - directory: where it runs; nil for this process's own.
package func spawn(
    _ executable: String, _ arguments: [String], environment: [String: String]?, directory: String?, input: Int32,
    output: Int32, error: Int32
) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (descriptor, standard) in [(input, STDIN_FILENO), (output, STDOUT_FILENO), (error, STDERR_FILENO)] {
        posix_spawn_file_actions_adddup2(&actions, descriptor, standard)
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

    var process: pid_t = 0
    let words = directory.map { ["env", "-C", $0, executable] + arguments } ?? [executable] + arguments
    let code = starting.withLock { _ in
        withCStrings(words) { argv in
            guard let environment else {
                return posix_spawnp(&process, words[0], &actions, &attributes, argv, environ)
            }
            return withCStrings(environment.map { "\($0)=\($1)" }.sorted()) { envp in
                posix_spawnp(&process, words[0], &actions, &attributes, argv, envp)
            }
        }
    }
    guard code == 0 else { throw SystemFailure("\(executable) cannot be started", code: code) }
    return process
}

private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
