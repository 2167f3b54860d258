/* SPDX-License-Identifier: MIT */
/* The metrics in the text format of Prometheus, version 0.0.4. */
#ifndef HELLOD_METRICS_H
#define HELLOD_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct access;
struct hello_server;

enum {
    METRICS_BUCKETS = 17,
    METRICS_SIZE = 6144, /* at least twice the length of the text, so that all numbers fit */
};

/* A histogram of request durations. One thread adds, any thread reads. */
struct durations {
    _Atomic uint64_t counts[METRICS_BUCKETS];
    _Atomic uint64_t sum; /* nanoseconds */
};

void metrics_add(struct durations *durations, uint64_t nanoseconds);

/* Write the text. server: NULL = not started yet. Returns the length. */
size_t metrics_format(char text[METRICS_SIZE], const struct hello_server *server,
                      const struct access *access);

#endif
