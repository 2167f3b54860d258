/* SPDX-License-Identifier: MIT */
#include "acceptors.h"

#include "deadlines.h"
#include "listener.h"

int hello__acceptors_start(struct acceptors *acceptors, const struct acceptor *model,
                           const struct listeners *listeners)
{
    int error = 0;
    for (unsigned i = 0; i < listeners->count && !error; i++) {
        struct acceptor *acceptor = &acceptors->each[i];
        *acceptor = *model;
        acceptor->listener = &listeners->each[i];
        acceptor->listen_fd = listeners->each[i].fd;
        acceptors->count++;
        error = hello__acceptor_start(acceptor);
    }
    return error;
}

void hello__acceptors_resume(struct acceptors *acceptors, const struct deadlines *deadlines,
                             uint32_t open)
{
    for (unsigned i = 0; i < acceptors->count; i++)
        hello__acceptor_resume(&acceptors->each[i], deadlines, open);
}

void hello__acceptors_finish(struct acceptors *acceptors, const uint32_t *open, uint64_t now)
{
    for (unsigned i = 0; i < acceptors->count; i++)
        hello__acceptor_finish(&acceptors->each[i], open, now);
}

unsigned hello__acceptors_bit(const struct acceptors *acceptors, const void *data)
{
    for (unsigned i = 0; i < acceptors->count; i++)
        if (data == &acceptors->each[i].listen_fd)
            return 1u << i;
    return 0;
}

void hello__acceptors_accept(struct acceptors *acceptors, unsigned bits, bool is_busy,
                             const uint32_t *open, uint64_t now)
{
    const unsigned first = acceptors->first;
    bool is_first = true;
    for (unsigned i = 0; i < acceptors->count; i++) {
        unsigned at = (first + i) % acceptors->count;
        if (!(bits & 1u << at))
            continue;
        if (is_first) /* this acceptor's turn is over */
            acceptors->first = (at + 1) % acceptors->count;
        is_first = false;
        hello__acceptor_accept(&acceptors->each[at], is_busy, open, now);
    }
}

uint64_t hello__acceptors_pause_end(const struct acceptors *acceptors)
{
    uint64_t first = NEVER_DUE;
    for (unsigned i = 0; i < acceptors->count; i++)
        if (acceptors->each[i].pause_end < first)
            first = acceptors->each[i].pause_end;
    return first;
}
