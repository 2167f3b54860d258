/* SPDX-License-Identifier: MIT */
/* The counters of one shard. Only the shard's thread writes, so no counter needs an atomic
 * read-modify-write. Any thread reads. */
#ifndef HELLO_LIB_COUNTERS_H
#define HELLO_LIB_COUNTERS_H

#include <hello/hello.h>
#include <stdatomic.h>
#include <stdint.h>

/* struct hello_stats documents the members. */
struct counters {
    _Atomic uint64_t connections_accepted;
    _Atomic uint64_t connections_refused;
    _Atomic uint64_t responses[6];
    _Atomic uint64_t body_bytes_received;
    _Atomic uint64_t body_bytes_sent;
};

static inline uint64_t hello__counted(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* The shard's thread only. */
static inline void hello__count(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_store_explicit(counter, hello__counted(counter) + by, memory_order_relaxed);
}

/* Add to the members of the same names, and to `requests`. */
static inline void hello__counters_sum(const struct counters *counters, struct hello_stats *stats)
{
    stats->connections_accepted += hello__counted(&counters->connections_accepted);
    stats->connections_refused += hello__counted(&counters->connections_refused);
    stats->body_bytes_received += hello__counted(&counters->body_bytes_received);
    stats->body_bytes_sent += hello__counted(&counters->body_bytes_sent);
    for (int i = 0; i < 6; i++) {
        uint64_t responses = hello__counted(&counters->responses[i]);
        stats->requests += responses;
        stats->responses[i] += responses;
    }
}

#endif
