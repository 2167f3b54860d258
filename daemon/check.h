/* SPDX-License-Identifier: MIT */
/* hellod --check: validate the settings, print the limits and the memory. */
#ifndef HELLOD_CHECK_H
#define HELLOD_CHECK_H

#include "options.h"

/* Print the settings and the most memory to standard output. No address is bound. settings: the
 * function fills in the numbers that the library chooses. options: of the main server. 0, or a
 * negative errno, which is logged; -EIO, which is not: standard output has failed. */
int check_run(struct settings *settings, const struct hello_options *options);

#endif
