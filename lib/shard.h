/* SPDX-License-Identifier: MIT */
/* One libmicrohttpd daemon with the connections it has accepted, driven by one descriptor.
 *
 * The daemon has no thread of its own. An outer epoll set holds the daemon's epoll descriptor, the
 * listening and lingering sockets, a timer, and an eventfd by which other threads wake it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hello_options;
struct clients;
struct counters;
struct listeners;
struct shard;

/* The server that a shard belongs to. The callbacks run on the thread that dispatches. */
struct shard_owner {
    const struct hello_options *options;         /* complete; outlives the shard */
    struct clients *clients;                     /* shared with other shards; outlives them */
    const struct listeners *listeners;           /* shared with other shards; outlive them */
    uint32_t limit;                              /* connections of this shard */
    _Atomic uint64_t *next_log;                  /* see acceptors.h */
    struct shard *(*find_vacant)(void *server);  /* with a free place; NULL = none */
    void (*quiesced)(void *server);              /* the shard has released the listeners */
    void (*drained)(void *server, bool cut_off); /* its last connection is closed; see drain */
    void *server;
};

size_t hello__shard_size(void);

/* 0 or a negative errno. */
int hello__shard_create(struct shard **shard, const struct shard_owner *owner);

/* Close the open connections. Not while a thread dispatches. Only a destroy may follow. */
void hello__shard_end(struct shard *shard);

/* As hello__shard_end(), when dispatch has failed for good. Also reports quiesced and drained. */
void hello__shard_fail(struct shard *shard);

/* End and free a shard. NULL is fine. Not while another thread dispatches. */
void hello__shard_destroy(struct shard *shard);

/* Readable when there is something to dispatch. */
int hello__shard_fd(const struct shard *shard);

/* Wait up to timeout_ms (-1 = for ever) for something to do, and do it. One thread at a time.
 * 0; -ECANCELED after hello__shard_cancel(); another negative errno when waiting fails. */
int hello__shard_dispatch(struct shard *shard, int timeout_ms);

/* The calls below may come from any thread. */

/* Stop accepting, answer the requests in flight, then close. After timeout_ms, cut off the
 * remaining connections; of several calls, the earliest end holds. */
void hello__shard_drain(struct shard *shard, uint32_t timeout_ms);

/* Whether another connection may be opened. */
bool hello__shard_has_place(const struct shard *shard);

/* Make the dispatching thread return. */
void hello__shard_cancel(struct shard *shard);

const struct counters *hello__shard_counters(const struct shard *shard);
