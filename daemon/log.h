/* SPDX-License-Identifier: MIT */
/* hellod's own lines on standard error, one a call, each behind its name. */
#ifndef HELLOD_LOG_H
#define HELLOD_LOG_H

#include <hello/hello.h>

/* format: without a line feed. Any thread. */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

/* The log callback of a server. A line on a member of the options is put in the words of the
 * user, who knows of --max-connections, not of max_connections. listen_flag, a const char *: what
 * the address is called, "--listen" or "--admin". */
void log_of_server(void *listen_flag, enum hello_log_level level, const char *line);

#endif
