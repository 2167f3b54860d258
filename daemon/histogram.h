/* SPDX-License-Identifier: MIT */
/* A histogram of request durations. One thread adds, any thread reads. */
#ifndef HELLOD_HISTOGRAM_H
#define HELLOD_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 17 };

/* Upper bounds. The last bucket has none. */
extern const struct histogram_bound {
    uint64_t nanoseconds;
    const char *seconds;
} histogram_bounds[HISTOGRAM_BUCKETS - 1];

struct histogram {
    _Atomic uint64_t counts[HISTOGRAM_BUCKETS];
    _Atomic uint64_t sum; /* nanoseconds */
};

void histogram_add(struct histogram *histogram, uint64_t nanoseconds);

/* Add the counts of one histogram to another. */
void histogram_merge(struct histogram *sum, const struct histogram *histogram);

#endif
