/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <string.h>

void ring_put(struct ring *ring, char byte)
{
    if (ring->end == ring->limit)
        ring->limit = atomic_load_explicit(&ring->taken, memory_order_acquire) + RING_SIZE;
    if (ring->end == ring->limit)
        ring->overflow = true;
    if (!ring->overflow)
        ring->bytes[ring->end++ % RING_SIZE] = byte;
}

void ring_end_line(struct ring *ring)
{
    if (ring->overflow) {
        uint64_t dropped = atomic_load_explicit(&ring->dropped, memory_order_relaxed);
        atomic_store_explicit(&ring->dropped, dropped + 1, memory_order_relaxed);
        ring->end = atomic_load_explicit(&ring->put, memory_order_relaxed);
        ring->overflow = false;
        return;
    }
    atomic_store(&ring->put, ring->end); /* see wake() in access.c for the order */
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
