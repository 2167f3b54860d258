/* SPDX-License-Identifier: MIT */
#include "counters.h"

#include <hello/hello.h>

void hello__counters_sum(const struct counters *counters, struct hello_stats *stats)
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
