/* SPDX-License-Identifier: MIT */
/* When a shard accepts from its listening sockets, and when it leaves clients in the backlog.
 *
 * libmicrohttpd's own accept code is not used. At its connection limit, without free descriptors,
 * or while it stops, that code stalls, spins, or shuts down a socket that other shards share.
 *
 * If several shards wait for one socket, Linux wakes the first idle shard of a queue
 * (EPOLLEXCLUSIVE). A shard that has accepted a connection and keeps connections moves to the end
 * of the queue, so that kept connections are spread evenly. A shard that keeps none stays at the
 * head: its caches are warm. A full shard that waits to refuse clients is outside the queue. */
#pragma once

#include <hello/hello.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct deadlines;
struct listener;
struct listeners;

struct acceptor {
    const struct listener *listener; /* the server's, shared with other shards */
    bool waiting;                    /* the listener is in the epoll set */
    bool is_in_queue;                /* the listener is in it with EPOLLEXCLUSIVE */
    bool has_accepted;               /* a connection has been accepted since it was added */
    uint64_t pause_end;              /* after a failure; milliseconds, monotonic, or NEVER_DUE */
};

/* A shard's acceptors, one for each listener. The pointers are not owned. */
struct acceptors {
    const struct hello_options *options;
    const struct deadlines *deadlines; /* the shard's; `now` is that of the dispatch */
    const uint32_t *open;              /* the shard's connections; take() updates the number */
    uint32_t limit;                    /* connections of all listeners */
    bool is_shared;                    /* several shards wait for each listener */
    int epoll;                         /* the shard's epoll set, which waits for the listeners */
    /* No failure is logged before this time; milliseconds, monotonic. The server's, shared with
     * other shards, and used at a failure only. */
    _Atomic uint64_t *next_log;

    /* Take over a connected, non-blocking socket with TCP_NODELAY. peer: room for any address. */
    void (*take)(void *shard, int fd, const struct sockaddr *peer);
    /* Whether to accept sockets beyond the limit. */
    bool (*takes_more)(void *shard);
    void *shard;

    struct acceptor each[HELLO_MAX_LISTENERS];
    unsigned count; /* 0 once the listeners are released */
    unsigned first; /* the index of the acceptor that accepts first next time */
};

/* Begin to wait. The caller has set the members before `each`; the others are 0. 0 or a negative
 * errno. */
int hello__acceptors_start(struct acceptors *acceptors, const struct listeners *listeners);

/* The bit of the acceptor that an event's data points to; 0 = the data points to something else. */
unsigned hello__acceptors_bit(const struct acceptors *acceptors, const void *data);

/* Accept some of the clients that wait at the acceptors of these bits. The acceptors take turns, so
 * that no listener starves if only one place is free at a time. is_busy: the shard has other
 * events. */
void hello__acceptors_accept(struct acceptors *acceptors, unsigned bits, bool is_busy);

/* At the end of a dispatch: wait again if a place is free or a pause has ended, and move the shard
 * to its place in the queues. */
void hello__acceptors_resume(struct acceptors *acceptors);

/* Accept all waiting clients, up to the limit, and release the sockets. */
void hello__acceptors_finish(struct acceptors *acceptors);

/* The earliest end of a pause; NEVER_DUE = no acceptor pauses. */
uint64_t hello__acceptors_pause_end(const struct acceptors *acceptors);
