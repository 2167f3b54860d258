/* SPDX-License-Identifier: MIT */
/* hellod --check: can it run with these settings, with what limits, and in how much memory? */
#ifndef HELLOD_CHECK_H
#define HELLOD_CHECK_H

#include "options.h"

/* Print the settings and the bound of the memory to standard output. Nothing is bound. settings:
 * the numbers that the library chooses are filled in. options: those of the main server. 0, or a
 * negative errno, of which the log has heard unless it is -EIO: that could not be printed. */
int check_run(struct settings *settings, const struct hello_options *options);

#endif
