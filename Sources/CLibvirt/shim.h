#pragma once
#include <libvirt/libvirt.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A file in memory only; -1 and errno where there is none. glibc declares memfd_create for GNU sources alone. */
static inline int rigaud_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1u /* close on exec */); }
