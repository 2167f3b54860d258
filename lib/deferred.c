/* SPDX-License-Identifier: MIT */
#include "deferred.h"

#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- The shard's part ---- */

void hello__outbox_release(struct outbox *outbox)
{
    if (!outbox || atomic_fetch_sub(&outbox->references, 1) > 1)
        return;
    pthread_mutex_destroy(&outbox->lock);
    free(outbox);
}

static struct hello_deferred *take_sent(struct outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    struct hello_deferred *deferred = outbox->sent;
    if (deferred)
        outbox->sent = deferred->next;
    pthread_mutex_unlock(&outbox->lock);
    return deferred;
}

struct connection *hello__outbox_take(struct outbox *outbox)
{
    struct hello_deferred *deferred;
    while (outbox && (deferred = take_sent(outbox))) {
        struct connection *connection = deferred->connection;
        if (connection) {
            connection->deferred = NULL;
            connection->delayed = &deferred->reply;
            return connection;
        }
        hello__reply_free(&deferred->reply);
    }
    return NULL;
}

void hello__deferred_abandon(struct connection *connection, int error)
{
    struct outbox *outbox = connection->service->outbox;
    pthread_mutex_lock(&outbox->lock);
    connection->deferred->connection = NULL;
    connection->deferred->error = error;
    pthread_mutex_unlock(&outbox->lock);
    connection->deferred = NULL; /* from now on, the program may free the handle */
}

static bool has_outbox(struct service *service)
{
    if (service->outbox)
        return true;
    struct outbox *outbox = malloc(sizeof *outbox);
    if (!outbox)
        return false;
    *outbox = (struct outbox){1, service->wake_fd, PTHREAD_MUTEX_INITIALIZER, NULL};
    service->outbox = outbox;
    return true;
}

struct hello_deferred *hello_reply_defer(struct hello_reply *reply)
{
    struct connection *connection = reply->connection;
    if (!connection || !has_outbox(connection->service))
        return NULL;
    struct hello_deferred *deferred = hello__reply_keep(reply, sizeof *deferred);
    if (!deferred)
        return NULL;
    hello__reply_init(reply, 0);
    reply->delay_ms = connection->service->options->deferred_timeout_ms;
    deferred->reply.connection = NULL;
    deferred->connection = connection;
    deferred->error = 0;
    deferred->outbox = connection->service->outbox;
    atomic_fetch_add(&deferred->outbox->references, 1);
    connection->deferred = deferred;
    return deferred;
}

/* ---- The program's part ---- */

struct hello_reply *hello_deferred_reply(struct hello_deferred *deferred)
{
    return &deferred->reply;
}

int hello_deferred_send(struct hello_deferred *deferred)
{
    struct outbox *outbox = deferred->outbox;
    pthread_mutex_lock(&outbox->lock);
    int error = deferred->error;
    if (!error) {
        deferred->next = outbox->sent;
        outbox->sent = deferred;
        if (!deferred->next) /* otherwise the shard has been woken, and takes all of the list */
            (void)!write(outbox->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    }
    pthread_mutex_unlock(&outbox->lock);
    if (error)
        hello__reply_free(&deferred->reply);
    hello__outbox_release(outbox);
    return error;
}

void hello_deferred_cancel(struct hello_deferred *deferred)
{
    static const char body[] = "500 Internal Server Error\n"; /* as after a failed responder */
    if (!deferred)
        return;
    hello__reply_finish(&deferred->reply);
    hello__reply_init(&deferred->reply, 0);
    deferred->reply.status = 500;
    hello_reply_set_body(&deferred->reply, body, sizeof body - 1); /* fits into small_body */
    hello_deferred_send(deferred);
}

/* The lock keeps the descriptor open. */
bool hello_deferred_is_abandoned(const struct hello_deferred *deferred)
{
    pthread_mutex_lock(&deferred->outbox->lock);
    bool abandoned = !deferred->connection;
    if (!abandoned) {
        struct pollfd peer = {.fd = deferred->connection->deadline.fd, .events = POLLRDHUP};
        abandoned = poll(&peer, 1, 0) > 0;
    }
    pthread_mutex_unlock(&deferred->outbox->lock);
    return abandoned;
}
