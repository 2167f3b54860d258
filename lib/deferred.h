/* SPDX-License-Identifier: MIT */
/* Replies that the program sends later, from any thread.
 *
 * A handle belongs to the program, so it may outlive its connection, its shard and the server. It
 * points to its connection only while the client waits; the lock of the shard's outbox protects
 * that pointer. A handle that has been sent waits in the outbox for the shard's thread. */
#pragma once

#include "reply.h"

#include <pthread.h>
#include <stdatomic.h>

struct connection;

/* Shared by a shard and its handles. */
struct outbox {
    atomic_uint references; /* of the shard, and of each handle that the program holds */
    int wake_fd;            /* the shard's eventfd, open while a client waits */
    pthread_mutex_t lock;
    struct hello_deferred *sent; /* protected by the lock; the latest first; owned */
};

struct hello_deferred {
    struct hello_reply reply; /* first, for hello__reply_free(); the program's until it is sent */
    struct outbox *outbox;
    /* Protected by the lock of the outbox. Only the shard's thread writes the first two. */
    struct connection *connection; /* NULL = no client waits */
    int error;                     /* why no client waits, a negative errno; 0 = a client waits */
    struct hello_deferred *next;   /* in the outbox; owned */
};

/* The client no longer waits for the deferred reply. error: a negative errno, for the program. */
void hello__deferred_abandon(struct connection *connection, int error);

/* Move a sent reply from the outbox to `delayed` of its connection. Returns that connection, which
 * the caller resumes; NULL = there is none. outbox may be NULL. */
struct connection *hello__outbox_take(struct outbox *outbox);

/* Drop a reference. The shard's: no client waits. NULL is fine. */
void hello__outbox_release(struct outbox *outbox);
