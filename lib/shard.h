/* SPDX-License-Identifier: MIT */
/* One libmicrohttpd daemon with the connections it has accepted, driven by one descriptor.
 *
 * The daemon has no thread of its own. Its epoll descriptor is waited for from outside, in an
 * epoll set that also holds the listening sockets, those that linger, a timer, and an eventfd for
 * other threads to wake the shard. */
#ifndef HELLO_LIB_SHARD_H
#define HELLO_LIB_SHARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hello_options;
struct hello_stats;
struct clients;
struct listeners;
struct shard;

/* The server that a shard belongs to. The callbacks run on the thread that dispatches. */
struct shard_owner {
    const struct hello_options *options;         /* complete; outlives the shard */
    struct clients *clients;                     /* shared with other shards; outlives them */
    const struct listeners *listeners;           /* shared with other shards; outlive them */
    uint32_t limit;                              /* of connections, of each shard */
    _Atomic uint64_t *next_log;                  /* of a failure to accept; see acceptor.h */
    struct shard *(*find_vacant)(void *server);  /* that has_place; NULL = there is none */
    void (*quiesced)(void *server);              /* the shard has let go of the listeners */
    void (*drained)(void *server, bool cut_off); /* its last connection is closed; see drain */
    void *server;
};

/* The bytes that the struct takes. */
size_t hello__shard_size(void);

/* 0 or a negative errno. */
int hello__shard_create(struct shard **shard, const struct shard_owner *owner);

/* Close the connections that are open. Not while another thread dispatches; only to be destroyed
 * afterwards. */
void hello__shard_end(struct shard *shard);

/* Likewise, and report that the shard has quiesced and is drained: hello__shard_dispatch() has
 * failed for good. */
void hello__shard_fail(struct shard *shard);

/* Ends it. NULL is fine. Not while another thread dispatches. */
void hello__shard_destroy(struct shard *shard);

/* Readable when there is something to dispatch. */
int hello__shard_fd(const struct shard *shard);

/* Wait up to timeout_ms (-1 = for ever) for something to do, and do it. One thread at a time.
 * 0; -ECANCELED after hello__shard_cancel(); another negative errno when waiting fails. */
int hello__shard_dispatch(struct shard *shard, int timeout_ms);

/* The calls below may come from any thread. */

/* Stop accepting, answer what is in flight, then close; cut off what is left after timeout_ms, or
 * earlier where another call has said so. */
void hello__shard_drain(struct shard *shard, uint32_t timeout_ms);

/* Whether another connection may be opened. */
bool hello__shard_has_place(const struct shard *shard);

/* Make the dispatching thread return. */
void hello__shard_cancel(struct shard *shard);

/* Connections that are open. */
uint32_t hello__shard_connections(const struct shard *shard);

/* Add what the shard has counted. */
void hello__shard_add_stats(const struct shard *shard, struct hello_stats *stats);

#endif
