/* SPDX-License-Identifier: MIT */
/* Configured answers of the main port, for tests of proxies and clients. */
#ifndef HELLOD_ANSWER_H
#define HELLOD_ANSWER_H

#include "format.h"

#include <hello/hello.h>
#include <stdatomic.h>

enum { ANSWER_STATUSES = 16, ANSWER_CERTAIN = 100000 };

struct answer_status {
    uint32_t status;
    uint32_t share; /* of the answers, of ANSWER_CERTAIN */
};

/* Random failures and delays. They depend on a seed and on the number of the answer, so that a run
 * is repeatable. */
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

/* All zero is the library's own greeting. The texts are not owned. */
struct answer {
    const char *greeting; /* a format; NULL = the library's */
    uint32_t is_json;     /* a JSON object instead of a greeting */
    uint32_t delay_ms[2]; /* least and most */
    uint32_t status_count;
    struct answer_status statuses[ANSWER_STATUSES]; /* of all other answers: 200 */
    struct names fields;                            /* "Name: value", the value a format */
    struct names secrets;
    struct chance chance;
};

/* Check a field "Name: value" whose value is a format. Returns NULL, or what is wrong; static. */
const char *answer_field_fault(const char *text);

/* Set a status and a text, which must be static. Returns 0. */
int answer_say(struct hello_reply *reply, unsigned status, const char *text);

/* Whether the answer differs from the library's greeting. */
bool answer_is_set(const struct answer *answer);

/* The responder. data: a struct answer *. */
hello_responder answer_respond;

#endif
