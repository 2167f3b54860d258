/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <string.h>

struct text ring_begin_line(struct ring *ring)
{
    const size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
    const size_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
    const size_t at = put % RING_SIZE; /* a position in the line does not wrap */
    return (struct text){ring->bytes, RING_SIZE - 1, at, at + RING_SIZE - (put - taken)};
}

void ring_end_line(struct ring *ring, const struct text *line)
{
    const size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
    if (line->end > line->limit)
        atomic_fetch_add_explicit(&ring->dropped, 1, memory_order_relaxed);
    else /* see wake() in access.c for the order */
        atomic_store(&ring->put, put - put % RING_SIZE + line->end);
}

size_t ring_look(const struct ring *ring, char *bytes, size_t size)
{
    size_t at = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    size_t there = atomic_load(&ring->put) - at;
    if (there < size)
        size = there;
    size_t first = RING_SIZE - at % RING_SIZE;
    if (first > size)
        first = size;
    memcpy(bytes, ring->bytes + at % RING_SIZE, first);
    memcpy(bytes + first, ring->bytes, size - first);
    const char *last = memrchr(bytes, '\n', size);
    return last ? (size_t)(last - bytes) + 1 : size;
}

void ring_take(struct ring *ring, size_t size)
{
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    atomic_store_explicit(&ring->taken, taken + size, memory_order_release);
}
