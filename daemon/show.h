/* SPDX-License-Identifier: MIT */
/* The texts that hellod prints instead of serving: --help, --version, --check. */
#ifndef HELLOD_SHOW_H
#define HELLOD_SHOW_H

#include "options.h"

/* Print to standard output. 0, or a negative errno. -EIO, which is not logged: standard output has
 * failed. */
int show_help(void);
int show_version(void);

/* The settings and the most memory. No address is bound. settings: the function fills in the
 * numbers that the library chooses. options: of the main server. Other errors are logged. */
int show_check(struct settings *settings, const struct hello_options *options);

#endif
