/* SPDX-License-Identifier: MIT */
/* Random failures and delays of answers. They depend on a seed and on the number of the answer, so
 * that a run is repeatable. */
#ifndef HELLOD_CHANCE_H
#define HELLOD_CHANCE_H

#include <stdatomic.h>
#include <stdint.h>

struct chance {
    uint32_t seed;
    _Atomic uint64_t drawn;
};

/* The next 64 bits. Any thread. SplitMix64 (Steele, Lea and Flood 2014): its state is a counter. */
static inline uint64_t chance_draw(struct chance *chance)
{
    uint64_t number = atomic_fetch_add_explicit(&chance->drawn, 1, memory_order_relaxed) + 1;
    uint64_t z = chance->seed + number * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* A number from 0 to bound - 1, uniformly distributed, from 32 random bits. */
static inline uint32_t chance_below(uint32_t bits, uint64_t bound)
{
    return (uint32_t)(bits * bound >> 32);
}

#endif
