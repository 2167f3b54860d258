/* SPDX-License-Identifier: MIT */
/* The two points in time of a shard's drain: when the idle connections end, and when all do.
 * Pure. Times are milliseconds, monotonic. */
#ifndef HELLO_LIB_DRAIN_H
#define HELLO_LIB_DRAIN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Milliseconds that an idle connection has for one more request. */
enum { DRAIN_GRACE_MS = 1000 };

struct drain {
    _Atomic uint64_t asked; /* the earliest deadline asked for, by any thread; UINT64_MAX = none */
    uint64_t accepted;      /* the part of it that the shard has taken note of */
    uint64_t grace_end;     /* UINT64_MAX: not begun, or over */
    uint64_t deadline;      /* likewise */
};

void hello__drain_start(struct drain *drain);

/* Ask for a drain that ends by then; the earliest of several deadlines holds. Any thread. */
void hello__drain_ask(struct drain *drain, uint64_t deadline);

/* The functions below are for the shard's thread. */

/* Take note of what has been asked for. Returns whether the drain begins now. */
bool hello__drain_begins(struct drain *drain, uint64_t now);

/* Each returns true once. */
bool hello__drain_ends_the_idle(struct drain *drain, uint64_t now);
bool hello__drain_ends_all(struct drain *drain, uint64_t now);

/* No connection is left, so that nothing is due any more, whatever is asked for. */
void hello__drain_finish(struct drain *drain);

/* When one of these has something to do; UINT64_MAX = never. */
uint64_t hello__drain_next_deadline(const struct drain *drain);

#endif
