/* SPDX-License-Identifier: MIT */
/* What hellod says of its options to people. */
#ifndef HELLOD_HELP_H
#define HELLOD_HELP_H

#include <stdbool.h>

/* Print to standard output. Returns whether all of the text could be written. */
__attribute__((format(printf, 1, 2))) bool help_say(const char *format, ...);
bool help_print(void);
bool help_print_version(void);

#endif
