/* SPDX-License-Identifier: MIT */
#include "acceptors.h"

#include "deadlines.h"
#include "listener.h"
#include "log.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/param.h>

enum {
    /* In a row, by a busy shard. Other shards accept one client at a time: if the shard is idle, a
     * second accept4() usually finds no client; if shards share the socket, another shard accepts
     * the next client. */
    ACCEPTS_AT_ONCE = 16,
    /* Before the shard releases the socket; more than any backlog holds. */
    ACCEPTS_AT_THE_END = 65536,
    PAUSE_MS = 100,
    LOG_INTERVAL_MS = 60000,
};

/* EPOLLHUP cannot be masked: a socket that another process has shut down would report it again. */
static void stop_waiting(const struct acceptors *acceptors, struct acceptor *acceptor)
{
    epoll_ctl(acceptors->epoll, EPOLL_CTL_DEL, acceptor->listener->fd, NULL);
    acceptor->waiting = false;
}

/* A full shard waits only to refuse clients. Without EPOLLEXCLUSIVE, Linux wakes the full shard in
 * addition to a shard that has a place, not instead of it. 0 or a negative errno. */
static int start_waiting(const struct acceptors *acceptors, struct acceptor *acceptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = acceptor};
    acceptor->is_in_queue = acceptors->is_shared && *acceptors->open < acceptors->limit;
    if (acceptor->is_in_queue)
        event.events |= EPOLLEXCLUSIVE;
    acceptor->pause_end = NEVER_DUE;
    if (epoll_ctl(acceptors->epoll, EPOLL_CTL_ADD, acceptor->listener->fd, &event))
        return -errno;
    acceptor->waiting = true;
    acceptor->has_accepted = false;
    return 0;
}

int hello__acceptors_start(struct acceptors *acceptors, const struct listeners *listeners)
{
    int error = 0;
    for (unsigned i = 0; i < listeners->count && !error; i++) {
        acceptors->each[i] = (struct acceptor){.listener = &listeners->each[i]};
        acceptors->count++;
        error = start_waiting(acceptors, &acceptors->each[i]);
    }
    return error;
}

unsigned hello__acceptors_bit(const struct acceptors *acceptors, const void *data)
{
    for (unsigned i = 0; i < acceptors->count; i++)
        if (data == &acceptors->each[i])
            return 1u << i;
    return 0;
}

/* A failure usually affects all shards, so only one of them logs it. */
static void log_failure(const struct acceptors *acceptors, int error)
{
    uint64_t now = acceptors->deadlines->now;
    uint64_t next = atomic_load(acceptors->next_log);
    if (now < next ||
        !atomic_compare_exchange_strong(acceptors->next_log, &next, now + LOG_INTERVAL_MS))
        return;
    hello__log(acceptors->options, HELLO_LOG_ERROR, "cannot accept connections: %s",
               strerror(error));
}

/* After a failed accept4(), the socket stays readable, so waiting for it would spin. */
static void pause_accepting(const struct acceptors *acceptors, struct acceptor *acceptor, int error)
{
    log_failure(acceptors, error);
    stop_waiting(acceptors, acceptor);
    acceptor->pause_end = acceptors->deadlines->now + PAUSE_MS;
}

/* Errors of the connection that accept4() was about to return (accept(2) lists them), or of this
 * call alone: the next call may succeed. EPERM is not listed: if seccomp or a security module
 * denies the call, the next call fails, too. */
static bool has_passed(int error)
{
    switch (error) {
    case ECONNABORTED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EINTR:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPROTO:
    case ETIMEDOUT: return true;
    default: return false;
    }
}

/* Returns whether another client may be waiting. */
static bool accept_one(const struct acceptors *acceptors, struct acceptor *acceptor)
{
    union {
        struct sockaddr_storage storage;
        struct sockaddr any;
    } peer;
    socklen_t length = sizeof peer;
    int fd = accept4(acceptor->listener->fd, &peer.any, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        acceptor->has_accepted = true;
        hello__listener_prepare(acceptor->listener, acceptors->options, fd);
        acceptors->take(acceptors->shard, fd, &peer.any);
        return true;
    }
    if (errno == EAGAIN)
        return false;
    if (has_passed(errno))
        return true;
    pause_accepting(acceptors, acceptor, errno);
    return false;
}

static bool has_place(const struct acceptors *acceptors)
{
    return *acceptors->open < acceptors->limit || acceptors->takes_more(acceptors->shard);
}

static void accept_up_to(const struct acceptors *acceptors, struct acceptor *acceptor, int most)
{
    for (int i = 0; i < most && has_place(acceptors); i++)
        if (!accept_one(acceptors, acceptor))
            return;
}

void hello__acceptors_accept(struct acceptors *acceptors, unsigned bits, bool is_busy)
{
    const int most = is_busy && !acceptors->is_shared ? ACCEPTS_AT_ONCE : 1;
    const unsigned first = acceptors->first;
    bool is_first = true;
    for (unsigned i = 0; i < acceptors->count; i++) {
        unsigned at = (first + i) % acceptors->count;
        struct acceptor *acceptor = &acceptors->each[at];
        if (!(bits & 1u << at))
            continue;
        if (is_first) /* this acceptor's turn is over */
            acceptors->first = (at + 1) % acceptors->count;
        is_first = false;
        if (acceptor->waiting)
            accept_up_to(acceptors, acceptor, most);
        if (acceptor->waiting && !has_place(acceptors))
            stop_waiting(acceptors, acceptor);
    }
}

/* Whether the shard must move to the end of the queue, into the queue, or out of it. */
static bool is_misplaced(const struct acceptors *acceptors, const struct acceptor *acceptor)
{
    bool has_room = *acceptors->open < acceptors->limit;
    if (!acceptors->is_shared)
        return false;
    return acceptor->is_in_queue != has_room ||
           (has_room && acceptor->has_accepted && hello__deadlines_keeps(acceptors->deadlines));
}

static void resume(const struct acceptors *acceptors, struct acceptor *acceptor)
{
    if (acceptors->deadlines->now >= acceptor->pause_end)
        acceptor->pause_end = NEVER_DUE;
    if (acceptor->waiting && is_misplaced(acceptors, acceptor))
        stop_waiting(acceptors, acceptor);
    if (acceptor->waiting || acceptor->pause_end != NEVER_DUE || !has_place(acceptors))
        return;
    int error = start_waiting(acceptors, acceptor);
    if (error)
        pause_accepting(acceptors, acceptor, -error);
}

void hello__acceptors_resume(struct acceptors *acceptors)
{
    for (unsigned i = 0; i < acceptors->count; i++)
        resume(acceptors, &acceptors->each[i]);
}

void hello__acceptors_finish(struct acceptors *acceptors)
{
    for (unsigned i = 0; i < acceptors->count; i++) {
        accept_up_to(acceptors, &acceptors->each[i], ACCEPTS_AT_THE_END);
        stop_waiting(acceptors, &acceptors->each[i]);
    }
    acceptors->count = 0;
}

uint64_t hello__acceptors_pause_end(const struct acceptors *acceptors)
{
    uint64_t first = NEVER_DUE;
    for (unsigned i = 0; i < acceptors->count; i++)
        first = MIN(first, acceptors->each[i].pause_end);
    return first;
}
