/* SPDX-License-Identifier: MIT */
/* Lingering close: the shard reads from a socket for a while after the last answer.
 *
 * If a server closes a socket while the client still sends, the kernel resets the connection. The
 * client may then lose the unread answer (RFC 9112, section 9.6). Time and bytes are limited. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    /* The time limit: longer than any round trip, shorter than clients wait. */
    LINGER_MS = 2000,
    /* Descriptors that a shard may use in addition to those of its connections. */
    LINGER_MOST_REFUSED = 16,
};

struct lingering_socket;

struct lingering {
    int epoll;                      /* readable when there is something to do; owned */
    uint32_t count;                 /* former connections in the list */
    uint32_t refused;               /* refused sockets in the list */
    struct lingering_socket *first; /* owned; in the order of their deadlines */
    struct lingering_socket **end;  /* where the next socket is linked */
};

/* 0 or a negative errno. */
int hello__linger_start(struct lingering *lingering);

/* Close all sockets. */
void hello__linger_finish(struct lingering *lingering);

/* Keep a duplicate of a socket whose last answer has been sent. now: milliseconds, monotonic.
 * Returns false if too many sockets linger, or if there is no descriptor or memory. */
bool hello__linger_take(struct lingering *lingering, int fd, uint64_t now);

/* Answer 503 on a socket without libmicrohttpd, and close it. The socket lingers if fewer than
 * LINGER_MOST_REFUSED do, because no connection limit covers its descriptor. */
void hello__linger_refuse(struct lingering *lingering, int fd, uint64_t now);

/* Read and drop incoming bytes. Close each socket whose client is done or whose deadline has
 * passed. Returns how many of the closed sockets were connections. */
uint32_t hello__linger_run(struct lingering *lingering, uint64_t now);

/* When hello__linger_run() must run without an event; UINT64_MAX = never. */
uint64_t hello__linger_next_deadline(const struct lingering *lingering);
