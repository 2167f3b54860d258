/* SPDX-License-Identifier: MIT */
/* What operators and their machines ask, on a port of its own: the main port answers every path
 * with itself. A server of libhello's with another responder and one thread. */
#ifndef HELLOD_ADMIN_H
#define HELLOD_ADMIN_H

#include <hello/hello.h>
#include <stdatomic.h>

struct access;
struct settings;

struct admin {
    struct hello_server *server; /* owned; NULL when there is no such port */
    const struct access *access; /* not owned */
    /* The main server; not owned. NULL until it has started. */
    _Atomic(const struct hello_server *) main;
    atomic_bool ready; /* the main server takes requests */
};

/* Starts nothing where the settings have no such port. 0 or a negative errno, of which the log
 * has heard. */
int admin_start(struct admin *admin, const struct settings *settings, const struct access *access);

/* Add the most memory that the port may take, in the program and in the kernel; the latter stays
 * UINT64_MAX, without a bound. Errors as of admin_start(). */
int admin_add_memory(const struct settings *settings, uint64_t *bytes, uint64_t *kernel_bytes);

/* The main server, which outlives this one, takes requests from now on. ready: what to answer. */
void admin_set_main(struct admin *admin, const struct hello_server *main, bool ready);

/* It takes no more. */
void admin_set_unready(struct admin *admin);

void admin_stop(struct admin *admin);

#endif
