/* SPDX-License-Identifier: MIT */
#include "linger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* More than the buffers of both ends hold, which grow to 10 MiB in all by Linux's defaults:
     * a client that listens while it sends has stopped by then. */
    LINGER_MOST_BYTES = 16 << 20,
    MOST_LINGERERS = 128,
    EVENTS_AT_ONCE = 32,
    READS_AT_ONCE = 8,
};

struct lingerer {
    struct lingerer *next;
    uint32_t *count; /* the one that it is counted in */
    uint64_t deadline;
    int64_t bytes_left; /* that are worth reading */
    int fd;
    bool done;
};

int hello__linger_start(struct lingerers *lingerers)
{
    lingerers->end = &lingerers->first;
    lingerers->epoll = epoll_create1(EPOLL_CLOEXEC);
    return lingerers->epoll < 0 ? -errno : 0;
}

/* Close those that are done, or have to be by now. */
static void sweep(struct lingerers *lingerers, uint64_t now)
{
    struct lingerer **link = &lingerers->first;
    while (*link) {
        struct lingerer *lingerer = *link;
        if (!lingerer->done && lingerer->deadline > now) {
            link = &lingerer->next;
            continue;
        }
        *link = lingerer->next;
        --*lingerer->count;
        /* To close a descriptor does not remove a socket that a child process has open, too. */
        epoll_ctl(lingerers->epoll, EPOLL_CTL_DEL, lingerer->fd, NULL);
        close(lingerer->fd);
        free(lingerer);
    }
    lingerers->end = link;
}

void hello__linger_finish(struct lingerers *lingerers)
{
    sweep(lingerers, UINT64_MAX);
    if (lingerers->epoll >= 0)
        close(lingerers->epoll);
    lingerers->epoll = -1;
}

static bool take(struct lingerers *lingerers, int fd, uint64_t now, uint32_t *count)
{
    struct lingerer *lingerer = calloc(1, sizeof *lingerer);
    if (!lingerer)
        return false;
    lingerer->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    lingerer->count = count;
    lingerer->deadline = now + LINGER_MS;
    lingerer->bytes_left = LINGER_MOST_BYTES;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = lingerer};
    if (lingerer->fd < 0 || epoll_ctl(lingerers->epoll, EPOLL_CTL_ADD, lingerer->fd, &event)) {
        if (lingerer->fd >= 0)
            close(lingerer->fd);
        free(lingerer);
        return false;
    }
    shutdown(fd, SHUT_WR);
    *lingerers->end = lingerer;
    lingerers->end = &lingerer->next;
    ++*count;
    return true;
}

bool hello__linger_take(struct lingerers *lingerers, int fd, uint64_t now)
{
    return lingerers->count < MOST_LINGERERS && take(lingerers, fd, now, &lingerers->count);
}

void hello__linger_refuse(struct lingerers *lingerers, int fd, uint64_t now)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\n"
                                 "Content-Length: 0\r\n"
                                 "Retry-After: 1\r\n"
                                 "Connection: close\r\n\r\n";
    (void)!send(fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (lingerers->refused < LINGER_MOST_REFUSED)
        take(lingerers, fd, now, &lingerers->refused);
    close(fd);
}

static void read_on(struct lingerer *lingerer)
{
    char dropped[16384];
    ssize_t got = sizeof dropped;
    for (int i = 0; i < READS_AT_ONCE && got == (ssize_t)sizeof dropped; i++) {
        got = recv(lingerer->fd, dropped, sizeof dropped, MSG_DONTWAIT);
        if (got > 0)
            lingerer->bytes_left -= got;
    }
    lingerer->done =
        got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) || lingerer->bytes_left < 0;
}

uint32_t hello__linger_run(struct lingerers *lingerers, uint64_t now)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    uint32_t before = lingerers->count;
    if (!lingerers->first)
        return 0;
    int count = epoll_wait(lingerers->epoll, events, EVENTS_AT_ONCE, 0);
    for (int i = 0; i < count; i++)
        read_on(events[i].data.ptr);
    sweep(lingerers, now);
    return before - lingerers->count;
}

uint64_t hello__linger_next_deadline(const struct lingerers *lingerers)
{
    return lingerers->first ? lingerers->first->deadline : UINT64_MAX;
}
