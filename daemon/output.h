/* SPDX-License-Identifier: MIT */
/* Standard output without stdio, which would enlarge the static hellod. */
#ifndef HELLOD_OUTPUT_H
#define HELLOD_OUTPUT_H

#include <stddef.h>

/* Write all bytes; wait while standard output is full. Returns the number of written bytes. After
 * an error, this is less than size, and *error is the errno. */
size_t output_write(const char *bytes, size_t size, int *error);

#endif
