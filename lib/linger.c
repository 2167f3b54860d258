/* SPDX-License-Identifier: MIT */
#include "linger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* More than the buffers of both ends, which grow to 10 MiB in all by Linux's defaults. A client
     * that reads while it sends has stopped by then. */
    LINGER_MOST_BYTES = 16 << 20,
    MOST_LINGERING = 128,
    EVENTS_AT_ONCE = 32,
    READS_AT_ONCE = 8,
};

struct lingering_socket {
    struct lingering_socket *next;
    uint32_t *count; /* the counter that includes this socket */
    uint64_t deadline;
    int64_t bytes_left; /* that the shard still reads */
    int fd;
    bool done;
};

int hello__linger_start(struct lingering *lingering)
{
    lingering->end = &lingering->first;
    lingering->epoll = epoll_create1(EPOLL_CLOEXEC);
    return lingering->epoll < 0 ? -errno : 0;
}

/* Close the sockets that are done or past their deadline. */
static void sweep(struct lingering *lingering, uint64_t now)
{
    struct lingering_socket **link = &lingering->first;
    while (*link) {
        struct lingering_socket *lingering_socket = *link;
        if (!lingering_socket->done && lingering_socket->deadline > now) {
            link = &lingering_socket->next;
            continue;
        }
        *link = lingering_socket->next;
        --*lingering_socket->count;
        /* If a child process has the socket open, too, close() does not remove it from the set. */
        epoll_ctl(lingering->epoll, EPOLL_CTL_DEL, lingering_socket->fd, NULL);
        close(lingering_socket->fd);
        free(lingering_socket);
    }
    lingering->end = link;
}

void hello__linger_finish(struct lingering *lingering)
{
    sweep(lingering, UINT64_MAX);
    if (lingering->epoll >= 0)
        close(lingering->epoll);
    lingering->epoll = -1;
}

static bool take(struct lingering *lingering, int fd, uint64_t now, uint32_t *count)
{
    struct lingering_socket *lingering_socket = calloc(1, sizeof *lingering_socket);
    if (!lingering_socket)
        return false;
    lingering_socket->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    lingering_socket->count = count;
    lingering_socket->deadline = now + LINGER_MS;
    lingering_socket->bytes_left = LINGER_MOST_BYTES;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = lingering_socket};
    if (lingering_socket->fd < 0 ||
        epoll_ctl(lingering->epoll, EPOLL_CTL_ADD, lingering_socket->fd, &event)) {
        if (lingering_socket->fd >= 0)
            close(lingering_socket->fd);
        free(lingering_socket);
        return false;
    }
    shutdown(fd, SHUT_WR);
    *lingering->end = lingering_socket;
    lingering->end = &lingering_socket->next;
    ++*count;
    return true;
}

bool hello__linger_take(struct lingering *lingering, int fd, uint64_t now)
{
    return lingering->count < MOST_LINGERING && take(lingering, fd, now, &lingering->count);
}

void hello__linger_refuse(struct lingering *lingering, int fd, uint64_t now)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\n"
                                 "Content-Length: 0\r\n"
                                 "Retry-After: 1\r\n"
                                 "Connection: close\r\n\r\n";
    (void)!send(fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (lingering->refused < LINGER_MOST_REFUSED)
        take(lingering, fd, now, &lingering->refused);
    close(fd);
}

static void read_on(struct lingering_socket *lingering_socket)
{
    char dropped[16384];
    ssize_t got = sizeof dropped;
    for (int i = 0; i < READS_AT_ONCE && got == (ssize_t)sizeof dropped; i++) {
        got = recv(lingering_socket->fd, dropped, sizeof dropped, MSG_DONTWAIT);
        if (got > 0)
            lingering_socket->bytes_left -= got;
    }
    lingering_socket->done = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) ||
                             lingering_socket->bytes_left < 0;
}

uint32_t hello__linger_run(struct lingering *lingering, uint64_t now)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    uint32_t before = lingering->count;
    if (!lingering->first)
        return 0;
    int count = epoll_wait(lingering->epoll, events, EVENTS_AT_ONCE, 0);
    for (int i = 0; i < count; i++)
        read_on(events[i].data.ptr);
    sweep(lingering, now);
    return before - lingering->count;
}

uint64_t hello__linger_next_deadline(const struct lingering *lingering)
{
    return lingering->first ? lingering->first->deadline : UINT64_MAX;
}
