/* SPDX-License-Identifier: MIT */
/* The default answer. Pure. */
#ifndef HELLO_LIB_GREETING_H
#define HELLO_LIB_GREETING_H

#include <stddef.h>

/* Write "Hello, you've requested: ", a decoded path and a line feed. greeting: room for size bytes;
 * not NUL-terminated; may be NULL when size is 0. Returns the bytes of the whole greeting; the
 * greeting was written if that is at most size. */
size_t hello__greeting_format(char *greeting, size_t size, const char *path, size_t length);

#endif
