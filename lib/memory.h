/* SPDX-License-Identifier: MIT */
/* The upper bound of a server's memory, from its options. Pure. */
#ifndef HELLO_LIB_MEMORY_H
#define HELLO_LIB_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct hello_options;

/* In user space, in bytes. The options are complete; own: the size of the server's own struct. */
uint64_t hello__memory_of_program(const struct hello_options *options, size_t own);

/* In the kernel, in bytes; UINT64_MAX = the options leave a buffer size to the kernel. */
uint64_t hello__memory_of_kernel(const struct hello_options *options);

#endif
