/* SPDX-License-Identifier: MIT */
/* When a shard accepts from its listening socket, and when it leaves clients in the backlog.
 *
 * libmicrohttpd's own accept code is not used. At its connection limit, without free descriptors,
 * or while it stops, that code stalls, spins, or shuts down a socket that other shards share.
 *
 * If several shards wait for one socket, Linux wakes the first idle shard of a queue
 * (EPOLLEXCLUSIVE). A shard that has accepted a connection and keeps connections moves to the end
 * of the queue, so that kept connections are spread evenly. A shard that keeps none stays at the
 * head: its caches are warm. A full shard that waits to refuse clients is outside the queue. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct deadlines;
struct hello_options;
struct listener;

struct acceptor {
    const struct hello_options *options;
    const struct listener *listener; /* the server's, shared with other shards */
    int listen_fd;                   /* the listener's; -1 once released */
    int epoll;                       /* the shard's epoll set, which waits for listen_fd */
    uint32_t limit;                  /* connections */
    bool is_shared;                  /* several shards wait for listen_fd */
    bool waiting;                    /* listen_fd is in the epoll set */
    bool is_in_queue;                /* listen_fd is in the epoll set with EPOLLEXCLUSIVE */
    bool has_accepted;               /* a connection has been accepted since listen_fd was added */
    uint64_t pause_end;              /* after a failure; milliseconds, monotonic, or NEVER_DUE */
    /* No failure is logged before this time; milliseconds, monotonic. The server's, shared with
     * other shards, and used at a failure only. */
    _Atomic uint64_t *next_log;

    /* Take over a connected, non-blocking socket with TCP_NODELAY. peer: room for any address. */
    void (*take)(void *shard, int fd, const struct sockaddr *peer);
    /* Whether to accept sockets beyond the limit. */
    bool (*takes_more)(void *shard);
    void *shard;
};

/* Begin to wait. The caller has set the other members. The epoll event's data points to listen_fd.
 * 0 or a negative errno. */
int hello__acceptor_start(struct acceptor *acceptor);

/* Accept some of the waiting clients. is_busy: the shard has other events. open: the shard's
 * connections; take() updates it. */
void hello__acceptor_accept(struct acceptor *acceptor, bool is_busy, const uint32_t *open,
                            uint64_t now);

/* At the end of a dispatch: wait again if a place is free or a pause has ended, and move the shard
 * to its place in the queue. deadlines: the shard's. */
void hello__acceptor_resume(struct acceptor *acceptor, const struct deadlines *deadlines,
                            uint32_t open);

/* Accept all waiting clients, up to the limit, and release the socket. */
void hello__acceptor_finish(struct acceptor *acceptor, const uint32_t *open, uint64_t now);
