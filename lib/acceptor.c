/* SPDX-License-Identifier: MIT */
#include "acceptor.h"

#include "deadlines.h"
#include "listener.h"
#include "log.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>

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
static void stop_waiting(struct acceptor *acceptor)
{
    epoll_ctl(acceptor->epoll, EPOLL_CTL_DEL, acceptor->listen_fd, NULL);
    acceptor->waiting = false;
}

/* A full shard waits only to refuse clients. Without EPOLLEXCLUSIVE, Linux wakes the full shard in
 * addition to a shard that has a place, not instead of it. */
static int start_waiting(struct acceptor *acceptor, uint32_t open)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &acceptor->listen_fd};
    acceptor->is_in_queue = acceptor->is_shared && open < acceptor->limit;
    if (acceptor->is_in_queue)
        event.events |= EPOLLEXCLUSIVE;
    acceptor->pause_end = NEVER_DUE;
    if (epoll_ctl(acceptor->epoll, EPOLL_CTL_ADD, acceptor->listen_fd, &event))
        return -errno;
    acceptor->waiting = true;
    acceptor->has_accepted = false;
    return 0;
}

int hello__acceptor_start(struct acceptor *acceptor)
{
    return start_waiting(acceptor, 0);
}

/* A failure usually affects all shards, so only one of them logs it. */
static void log_failure(struct acceptor *acceptor, int error, uint64_t now)
{
    uint64_t next = atomic_load(acceptor->next_log);
    if (now < next ||
        !atomic_compare_exchange_strong(acceptor->next_log, &next, now + LOG_INTERVAL_MS))
        return;
    hello__log(acceptor->options, HELLO_LOG_ERROR, "cannot accept connections: %s",
               strerror(error));
}

/* After a failed accept4(), the socket stays readable, so waiting for it would spin. */
static void pause_accepting(struct acceptor *acceptor, int error, uint64_t now)
{
    log_failure(acceptor, error, now);
    stop_waiting(acceptor);
    acceptor->pause_end = now + PAUSE_MS;
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
static bool accept_one(struct acceptor *acceptor, uint64_t now)
{
    union {
        struct sockaddr_storage storage;
        struct sockaddr any;
    } peer;
    socklen_t length = sizeof peer;
    int fd = accept4(acceptor->listen_fd, &peer.any, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        acceptor->has_accepted = true;
        hello__listener_prepare(acceptor->listener, acceptor->options, fd);
        acceptor->take(acceptor->shard, fd, &peer.any);
        return true;
    }
    if (errno == EAGAIN)
        return false;
    if (has_passed(errno))
        return true;
    pause_accepting(acceptor, errno, now);
    return false;
}

static bool has_place(const struct acceptor *acceptor, uint32_t open)
{
    return open < acceptor->limit || acceptor->takes_more(acceptor->shard);
}

static void accept_up_to(struct acceptor *acceptor, int most, const uint32_t *open, uint64_t now)
{
    for (int i = 0; i < most && has_place(acceptor, *open); i++)
        if (!accept_one(acceptor, now))
            return;
}

void hello__acceptor_accept(struct acceptor *acceptor, bool is_busy, const uint32_t *open,
                            uint64_t now)
{
    if (!acceptor->waiting)
        return;
    accept_up_to(acceptor, is_busy && !acceptor->is_shared ? ACCEPTS_AT_ONCE : 1, open, now);
    if (acceptor->waiting && !has_place(acceptor, *open))
        stop_waiting(acceptor);
}

/* Whether the shard must move to the end of the queue, into the queue, or out of it. */
static bool is_misplaced(const struct acceptor *acceptor, const struct deadlines *deadlines,
                         uint32_t open)
{
    bool has_room = open < acceptor->limit;
    if (!acceptor->is_shared)
        return false;
    return acceptor->is_in_queue != has_room ||
           (has_room && acceptor->has_accepted && hello__deadlines_keeps(deadlines));
}

void hello__acceptor_resume(struct acceptor *acceptor, const struct deadlines *deadlines,
                            uint32_t open)
{
    if (deadlines->now >= acceptor->pause_end)
        acceptor->pause_end = NEVER_DUE;
    if (acceptor->waiting && is_misplaced(acceptor, deadlines, open))
        stop_waiting(acceptor);
    if (acceptor->waiting || acceptor->listen_fd < 0 || acceptor->pause_end != NEVER_DUE ||
        !has_place(acceptor, open))
        return;
    int error = start_waiting(acceptor, open);
    if (error)
        pause_accepting(acceptor, -error, deadlines->now);
}

void hello__acceptor_finish(struct acceptor *acceptor, const uint32_t *open, uint64_t now)
{
    accept_up_to(acceptor, ACCEPTS_AT_THE_END, open, now);
    stop_waiting(acceptor);
    acceptor->listen_fd = -1;
    acceptor->pause_end = NEVER_DUE;
}
