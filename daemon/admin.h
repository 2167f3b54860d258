/* SPDX-License-Identifier: MIT */
/* Health, readiness and metrics on a separate port, because the main port echoes every path. A
 * second libhello server with one thread. */
#ifndef HELLOD_ADMIN_H
#define HELLOD_ADMIN_H

#include <hello/hello.h>
#include <stdatomic.h>

struct access;
struct settings;

struct admin {
    struct hello_server *server;               /* owned; NULL when there is no such port */
    const struct access *access;               /* not owned */
    _Atomic(const struct hello_server *) main; /* must outlive server; NULL until it has started */
    atomic_bool ready;                         /* the main server takes requests */
};

/* The options of the server, whose listener_count may be 0. admin: not used until it starts. */
struct hello_options admin_options(const struct settings *settings, struct admin *admin);

#endif
