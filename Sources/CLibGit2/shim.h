#pragma once
#include <git2.h>

// git_libgit2_opts is variadic and not imported into Swift: one wrapper for each option.
static inline int rigaud_git_set_owner_validation(int enabled) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

static inline int rigaud_git_set_largest_object(size_t size) {
    return git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECT_SIZE, size);
}

#if LIBGIT2_VER_MAJOR > 1 || (LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR >= 7)
#define RIGAUD_GIT_IS_1_7 1
#endif

// How many commits of history are fetched; 0 is all of it, and all that libgit2 knows of before 1.7.
static inline void rigaud_git_set_depth(git_fetch_options *options, int depth) {
#ifdef RIGAUD_GIT_IS_1_7
    options->depth = depth;
#else
    (void)options;
    (void)depth;
#endif
}

// Milliseconds that a server may take to answer. Before 1.7 libgit2 waits for good.
static inline void rigaud_git_set_server_timeout(int milliseconds) {
#ifdef RIGAUD_GIT_IS_1_7
    git_libgit2_opts(GIT_OPT_SET_SERVER_CONNECT_TIMEOUT, milliseconds);
    git_libgit2_opts(GIT_OPT_SET_SERVER_TIMEOUT, milliseconds);
#else
    (void)milliseconds;
#endif
}
