/* SPDX-License-Identifier: MIT */
#include "linger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* Longer than a round trip anywhere, shorter than anyone waits. */
    LINGER_MS = 2000,
    MOST_LINGERERS = 128,
    EVENTS_AT_ONCE = 32,
    READS_AT_ONCE = 8,
};

struct lingerer {
    struct lingerer *previous, *next;
    uint64_t deadline;
    int fd;
};

int hello__linger_start(struct lingerers *lingerers)
{
    lingerers->epoll = epoll_create1(EPOLL_CLOEXEC);
    return lingerers->epoll < 0 ? -errno : 0;
}

static void remove_lingerer(struct lingerers *lingerers, struct lingerer *lingerer)
{
    if (lingerer->previous)
        lingerer->previous->next = lingerer->next;
    else
        lingerers->first = lingerer->next;
    if (lingerer->next)
        lingerer->next->previous = lingerer->previous;
    else
        lingerers->last = lingerer->previous;
    lingerers->count--;
    close(lingerer->fd);
    free(lingerer);
}

void hello__linger_finish(struct lingerers *lingerers)
{
    while (lingerers->first)
        remove_lingerer(lingerers, lingerers->first);
    if (lingerers->epoll >= 0)
        close(lingerers->epoll);
    lingerers->epoll = -1;
}

static void append(struct lingerers *lingerers, struct lingerer *lingerer)
{
    lingerer->previous = lingerers->last;
    if (lingerers->last)
        lingerers->last->next = lingerer;
    else
        lingerers->first = lingerer;
    lingerers->last = lingerer;
    lingerers->count++;
}

bool hello__linger_take(struct lingerers *lingerers, int fd, uint64_t now)
{
    if (lingerers->count >= MOST_LINGERERS)
        return false;
    struct lingerer *lingerer = calloc(1, sizeof *lingerer);
    if (!lingerer)
        return false;
    lingerer->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    lingerer->deadline = now + LINGER_MS;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = lingerer};
    if (lingerer->fd < 0 || epoll_ctl(lingerers->epoll, EPOLL_CTL_ADD, lingerer->fd, &event)) {
        if (lingerer->fd >= 0)
            close(lingerer->fd);
        free(lingerer);
        return false;
    }
    shutdown(fd, SHUT_WR);
    append(lingerers, lingerer);
    return true;
}

/* Whether the client is done. */
static bool read_on(const struct lingerer *lingerer)
{
    char dropped[16384];
    for (int i = 0; i < READS_AT_ONCE; i++) {
        ssize_t got = recv(lingerer->fd, dropped, sizeof dropped, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return true;
        if (got < (ssize_t)sizeof dropped)
            return false;
    }
    return false;
}

uint32_t hello__linger_run(struct lingerers *lingerers, uint64_t now)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    uint32_t before = lingerers->count;
    if (before == 0)
        return 0;
    int count = epoll_wait(lingerers->epoll, events, EVENTS_AT_ONCE, 0);
    for (int i = 0; i < count; i++)
        if (read_on(events[i].data.ptr))
            remove_lingerer(lingerers, events[i].data.ptr);
    while (lingerers->first && lingerers->first->deadline <= now)
        remove_lingerer(lingerers, lingerers->first);
    return before - lingerers->count;
}

uint64_t hello__linger_next_deadline(const struct lingerers *lingerers)
{
    return lingerers->first ? lingerers->first->deadline : UINT64_MAX;
}
