/* SPDX-License-Identifier: MIT */
#include "histogram.h"

#define MICROSECONDS(n) ((uint64_t)(n)*1000)
#define MILLISECONDS(n) MICROSECONDS((n)*UINT64_C(1000))

/* A plain answer takes microseconds; a slow client or --delay makes a request longer. */
const struct histogram_bound histogram_bounds[HISTOGRAM_BUCKETS - 1] = {
    {MICROSECONDS(25), "0.000025"}, {MICROSECONDS(50), "0.00005"}, {MICROSECONDS(100), "0.0001"},
    {MICROSECONDS(250), "0.00025"}, {MICROSECONDS(500), "0.0005"}, {MILLISECONDS(1), "0.001"},
    {MICROSECONDS(2500), "0.0025"}, {MILLISECONDS(5), "0.005"},    {MILLISECONDS(10), "0.01"},
    {MILLISECONDS(25), "0.025"},    {MILLISECONDS(50), "0.05"},    {MILLISECONDS(100), "0.1"},
    {MILLISECONDS(250), "0.25"},    {MILLISECONDS(1000), "1"},     {MILLISECONDS(5000), "5"},
    {MILLISECONDS(10000), "10"},
};

static uint64_t read_counter(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* Not an atomic addition, because only one thread writes. */
static void count(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_store_explicit(counter, read_counter(counter) + by, memory_order_relaxed);
}

void histogram_add(struct histogram *histogram, uint64_t nanoseconds)
{
    int bucket = 0;
    while (bucket < HISTOGRAM_BUCKETS - 1 && nanoseconds > histogram_bounds[bucket].nanoseconds)
        bucket++;
    count(&histogram->counts[bucket], 1);
    count(&histogram->sum, nanoseconds);
}

void histogram_merge(struct histogram *sum, const struct histogram *histogram)
{
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        count(&sum->counts[i], read_counter(&histogram->counts[i]));
    count(&sum->sum, read_counter(&histogram->sum));
}
