/* SPDX-License-Identifier: MIT */
/* The metrics in the text format of Prometheus, version 0.0.4. */
#ifndef HELLOD_METRICS_H
#define HELLOD_METRICS_H

#include <stddef.h>

struct access;
struct hello_server;

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* server: NULL = not started yet. Returns the length of the whole text, as snprintf() does. */
size_t metrics_format(char *text, size_t size, const struct hello_server *server,
                      const struct access *access);

#endif
