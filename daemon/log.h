/* SPDX-License-Identifier: MIT */
/* hellod's own lines on standard error, one a call, each behind its name. */
#ifndef HELLOD_LOG_H
#define HELLOD_LOG_H

#include <hello/hello.h>

/* format: without a line feed. Any thread. */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

/* The log callbacks of the servers. A line that begins with a member of the options gets the source
 * of that setting in its place: "HELLOD_LISTEN", not "listen". settings: const struct settings *.
 */
void log_of_main(void *settings, enum hello_log_level level, const char *line);
void log_of_admin(void *settings, enum hello_log_level level, const char *line);

#endif
