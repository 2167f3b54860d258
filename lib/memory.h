/* SPDX-License-Identifier: MIT */
/* The most memory that a server can take, by its options. Pure. */
#ifndef HELLO_LIB_MEMORY_H
#define HELLO_LIB_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct hello_options;

/* In user space, in bytes. The options are complete; own: of the struct of the server itself. */
uint64_t hello__memory_of_program(const struct hello_options *options, size_t own);

/* In the kernel, in bytes; UINT64_MAX when the options leave a buffer to it. */
uint64_t hello__memory_of_kernel(const struct hello_options *options);

#endif
