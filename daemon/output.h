/* SPDX-License-Identifier: MIT */
/* Standard output, without stdio, which the static hellod has no other use for. */
#ifndef HELLOD_OUTPUT_H
#define HELLOD_OUTPUT_H

#include <stddef.h>

/* Write all the bytes, and wait where standard output does not take them at once. Returns how many
 * were written; fewer than size after an error, and then *error is that errno. */
size_t output_write(const char *bytes, size_t size, int *error);

#endif
