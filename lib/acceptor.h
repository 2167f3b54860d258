/* SPDX-License-Identifier: MIT */
/* When a shard accepts from its listening socket, and when it leaves clients in the backlog.
 *
 * libmicrohttpd could accept by itself, but at its limit of connections, without descriptors and
 * on its way out it stalls, spins, or ends a socket that others share.
 *
 * Where several shards wait for one socket, Linux wakes the first one in a queue that is not at
 * work (EPOLLEXCLUSIVE). A shard that has accepted a connection and keeps connections goes to the
 * end of the queue, so that kept connections are spread evenly. A shard that keeps none stays at
 * the head: its caches are warm. A shard that is full, and waits to refuse clients, is outside. */
#ifndef HELLO_LIB_ACCEPTOR_H
#define HELLO_LIB_ACCEPTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct deadlines;
struct hello_options;
struct listener;

struct acceptor {
    const struct hello_options *options;
    const struct listener *listener; /* the server's, shared with other shards */
    int listen_fd;                   /* the listener's; -1 once let go */
    int epoll;                       /* the shard's set, where listen_fd is waited for */
    uint32_t limit;                  /* connections */
    bool is_shared;                  /* several shards wait for listen_fd */
    bool waiting;                    /* listen_fd is waited for */
    bool is_in_queue;                /* ... with EPOLLEXCLUSIVE */
    bool has_accepted;               /* ... and a connection has been accepted since */
    uint64_t pause_end;              /* after a failure; milliseconds, monotonic, or NEVER_DUE */
    /* When the next failure is worth a line; the server's, shared with other shards, and touched
     * at a failure only. */
    _Atomic uint64_t *next_log;

    /* Take over a connected socket, which does not block and has TCP_NODELAY. peer has room for
     * any address. */
    void (*take)(void *shard, int fd, const struct sockaddr *peer);
    /* Whether to accept sockets beyond the limit, too. */
    bool (*takes_more)(void *shard);
    void *shard;
};

/* Begin to wait; the other members are set. The event's data is a pointer to listen_fd.
 * 0 or a negative errno. */
int hello__acceptor_start(struct acceptor *acceptor);

/* Accept some of those who wait. open: connections that the shard has, kept up to date by take. */
void hello__acceptor_accept(struct acceptor *acceptor, const uint32_t *open, uint64_t now);

/* At the end of a dispatch: wait again if what stood against it is over (a place is free, a pause
 * has ended), and move to the end of the queue of threads. deadlines: of the shard. */
void hello__acceptor_resume(struct acceptor *acceptor, const struct deadlines *deadlines,
                            uint32_t open);

/* Accept all who wait, as far as the limit allows, and let go of the socket. */
void hello__acceptor_finish(struct acceptor *acceptor, const uint32_t *open, uint64_t now);

#endif
