/* SPDX-License-Identifier: MIT */
/* Lingering close: sockets that are read for a while after the last answer.
 *
 * If a server closes a socket while the client still sends, the kernel resets the connection, and
 * the client may lose the answer that it has not read yet (RFC 9112, section 9.6). Both the time
 * and the bytes are limited. */
#ifndef HELLO_LIB_LINGER_H
#define HELLO_LIB_LINGER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    /* The time limit: longer than any round trip, shorter than clients wait. */
    LINGER_MS = 2000,
    /* Descriptors that a shard may take beyond those of its connections. */
    LINGER_MOST_REFUSED = 16,
};

struct lingering_socket;

struct lingering {
    int epoll;                      /* readable when there is something to do; owned */
    uint32_t count;                 /* of those in the list that have been connections */
    uint32_t refused;               /* of the others in it */
    struct lingering_socket *first; /* owned; in the order of their ends */
    struct lingering_socket **end;  /* where the next one is linked */
};

/* 0 or a negative errno. */
int hello__linger_start(struct lingering *lingering);

/* Closes what is left. */
void hello__linger_finish(struct lingering *lingering);

/* Keep a duplicate of a socket whose last answer has been sent. now: milliseconds, monotonic.
 * False when there are too many already, or no descriptor is left. */
bool hello__linger_take(struct lingering *lingering, int fd, uint64_t now);

/* Answer 503 on a socket that there is no place for, without a connection of libmicrohttpd's, and
 * close it. It lingers if few do, as no limit of connections accounts for its descriptor. */
void hello__linger_refuse(struct lingering *lingering, int fd, uint64_t now);

/* Read and drop what has come; close those whose client is done, or whose time is up. Returns
 * how many of them have been connections. */
uint32_t hello__linger_run(struct lingering *lingering, uint64_t now);

/* When hello__linger_run() has something to do without an event; UINT64_MAX = never. */
uint64_t hello__linger_next_deadline(const struct lingering *lingering);

#endif
