/* SPDX-License-Identifier: MIT */
/* A shard's acceptors, one for each listener, with one connection limit for all. */
#pragma once

#include "acceptor.h"

#include <hello/hello.h>

struct listeners;

struct acceptors {
    struct acceptor each[HELLO_MAX_LISTENERS];
    unsigned count;
    unsigned first; /* the index of the acceptor that accepts first next time */
};

/* Copy the model for each listener, and begin to wait. 0 or a negative errno. */
int hello__acceptors_start(struct acceptors *acceptors, const struct acceptor *model,
                           const struct listeners *listeners);

/* As the functions of acceptor.h, for all acceptors. */
void hello__acceptors_resume(struct acceptors *acceptors, const struct deadlines *deadlines,
                             uint32_t open);
void hello__acceptors_finish(struct acceptors *acceptors, const uint32_t *open, uint64_t now);

/* The bit of the acceptor that an event's data points to; 0 = the data points to something else. */
unsigned hello__acceptors_bit(const struct acceptors *acceptors, const void *data);

/* Accept some of the clients that wait at the acceptors of these bits. The acceptors take turns, so
 * that no listener starves if only one place is free at a time. */
void hello__acceptors_accept(struct acceptors *acceptors, unsigned bits, bool is_busy,
                             const uint32_t *open, uint64_t now);

/* The earliest end of a pause; NEVER_DUE = no acceptor pauses. */
uint64_t hello__acceptors_pause_end(const struct acceptors *acceptors);
