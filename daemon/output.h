/* SPDX-License-Identifier: MIT */
/* Standard output and standard error without stdio, which would enlarge the static hellod. */
#ifndef HELLOD_OUTPUT_H
#define HELLOD_OUTPUT_H

#include <stddef.h>

/* Write to standard output; wait while it is full. Returns the number of written bytes. After an
 * error, this is less than size, and *error is the errno. */
size_t output_write(const char *bytes, size_t size, int *error);

/* Write a line to standard error, with the prefix "hellod: ". format: without a line feed. Any
 * thread. */
__attribute__((format(printf, 1, 2))) void output_line(const char *format, ...);

#endif
