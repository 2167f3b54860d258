/* SPDX-License-Identifier: MIT */
#include "drain.h"

#include <sys/param.h>

static const uint64_t never = UINT64_MAX;

void hello__drain_start(struct drain *drain)
{
    drain->asked = drain->accepted = drain->grace_end = drain->deadline = never;
}

void hello__drain_ask(struct drain *drain, uint64_t deadline)
{
    uint64_t asked = drain->asked;
    while (deadline < asked)
        if (atomic_compare_exchange_weak(&drain->asked, &asked, deadline))
            return;
}

bool hello__drain_begins(struct drain *drain, uint64_t now)
{
    const bool begins = drain->accepted == never;
    const uint64_t asked = drain->asked;
    if (asked >= drain->accepted)
        return false;
    drain->accepted = drain->deadline = asked;
    if (begins)
        drain->grace_end = now + DRAIN_GRACE_MS;
    return begins;
}

bool hello__drain_has_come(uint64_t *time, uint64_t now)
{
    if (now < *time)
        return false;
    *time = never;
    return true;
}

void hello__drain_finish(struct drain *drain)
{
    drain->grace_end = drain->deadline = never;
    drain->accepted = 0; /* no other deadline is earlier */
}

uint64_t hello__drain_next_deadline(const struct drain *drain)
{
    return MIN(drain->grace_end, drain->deadline);
}
