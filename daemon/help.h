/* SPDX-License-Identifier: MIT */
/* --help and --version. */
#ifndef HELLOD_HELP_H
#define HELLOD_HELP_H

#include <stdbool.h>

/* Print to standard output. Returns whether all text was written. */
__attribute__((format(printf, 1, 2))) bool help_say(const char *format, ...);
bool help_print(void);
bool help_print_version(void);

#endif
