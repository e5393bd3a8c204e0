#pragma once

// Glibc declares it for GNU programs alone, and Swift's import of Glibc is not one.
int memfd_create(const char *name, unsigned int flags);

// MFD_CLOEXEC of linux/memfd.h.
static const unsigned int rigaud_memfd_cloexec = 1;

// Glibc's map for Swift leaves it out: mallopt and its parameters.
#include <malloc.h>
