/* SPDX-License-Identifier: MIT */
/* Lines on standard error, each with the prefix "hellod: ". */
#ifndef HELLOD_LOG_H
#define HELLOD_LOG_H

#include <hello/hello.h>

/* format: without a line feed. Any thread. */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

/* The log callbacks of the servers. They replace the name of a member at the begin of a line by the
 * source of the setting: "listen" by "HELLOD_LISTEN". settings: const struct settings *. */
void log_of_main(void *settings, enum hello_log_level level, const char *line);
void log_of_admin(void *settings, enum hello_log_level level, const char *line);

#endif
