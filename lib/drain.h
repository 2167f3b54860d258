/* SPDX-License-Identifier: MIT */
/* The two times of a shard's drain: the end of idle connections, and the end of all connections.
 * Pure. Times are milliseconds, monotonic. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Milliseconds that an idle connection has for one more request. */
enum { DRAIN_GRACE_MS = 1000 };

struct drain {
    _Atomic uint64_t asked; /* the earliest deadline asked for, by any thread; UINT64_MAX = none */
    uint64_t accepted;      /* the deadline that the shard has accepted */
    uint64_t grace_end;     /* UINT64_MAX: not begun, or over */
    uint64_t deadline;      /* likewise */
};

void hello__drain_start(struct drain *drain);

/* Ask for a drain that ends by a deadline; the earliest of several deadlines holds. Any thread. */
void hello__drain_ask(struct drain *drain, uint64_t deadline);

/* The functions below are for the shard's thread. */

/* Accept the deadline that was asked for. Returns whether the drain begins now. */
bool hello__drain_begins(struct drain *drain, uint64_t now);

/* Whether one of the two times has come. If so, clears it. */
bool hello__drain_has_come(uint64_t *time, uint64_t now);

/* No connection is left: nothing is due any more, and later requests for a drain have no effect. */
void hello__drain_finish(struct drain *drain);

/* The earlier of the two times; UINT64_MAX = nothing is due. */
uint64_t hello__drain_next_deadline(const struct drain *drain);
