/* SPDX-License-Identifier: MIT */
/* The counters of one shard. Only the shard's thread writes, so no counter needs an atomic
 * read-modify-write. Any thread reads. */
#pragma once

#include <hello/hello.h>
#include <stdatomic.h>

/* The index of the counter for a member of struct hello_stats. */
#define COUNTER(member) (offsetof(struct hello_stats, member) / sizeof(uint64_t))

enum { COUNTERS = sizeof(struct hello_stats) / sizeof(uint64_t) };

struct counters {
    _Atomic uint64_t each[COUNTERS];
};

static inline uint64_t hello__counted(const struct counters *counters, size_t counter)
{
    return atomic_load_explicit(&counters->each[counter], memory_order_relaxed);
}

/* The shard's thread only. */
static inline void hello__count(struct counters *counters, size_t counter, uint64_t by)
{
    atomic_store_explicit(&counters->each[counter], hello__counted(counters, counter) + by,
                          memory_order_relaxed);
}
