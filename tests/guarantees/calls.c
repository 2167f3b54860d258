/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include "memory.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

static enum call failing;
static int failure;
static unsigned left; /* calls until one fails, that one included; 0 = none does */
static bool failed;

void calls_fail_at(enum call call, unsigned n, int error)
{
    if (n > 0)
        failed = false;
    failing = call;
    failure = error;
    left = n;
}

bool calls_have_failed(void)
{
    return failed;
}

static bool is_hit(enum call call)
{
    if (!memory_is_inside() || call != failing || left == 0 || --left > 0)
        return false;
    failed = true;
    errno = failure;
    return true;
}

/* A function that returns -1 where it fails, and what it does otherwise. */
#define FAKE(call, type, name, parameters, arguments)                                              \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return is_hit(call) ? -1 : __real_##name arguments;                                        \
    }

FAKE(CALL_ACCEPT4, int, accept4,
     (int fd, struct sockaddr *peer, socklen_t *restrict length, int flags),
     (fd, peer, length, flags))
FAKE(CALL_EPOLL_CREATE1, int, epoll_create1, (int flags), (flags))
FAKE(CALL_EPOLL_WAIT, int, epoll_wait,
     (int epoll, struct epoll_event *events, int most, int timeout_ms),
     (epoll, events, most, timeout_ms))
FAKE(CALL_EVENTFD, int, eventfd, (unsigned count, int flags), (count, flags))
FAKE(CALL_GETSOCKOPT, int, getsockopt,
     (int fd, int level, int name, void *restrict value, socklen_t *restrict length),
     (fd, level, name, value, length))
FAKE(CALL_TIMERFD_CREATE, int, timerfd_create, (int clock, int flags), (clock, flags))
FAKE(CALL_TIMERFD_SETTIME, int, timerfd_settime,
     (int fd, int flags, const struct itimerspec *when, struct itimerspec *before),
     (fd, flags, when, before))

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument)
{
    if (is_hit(CALL_PTHREAD_CREATE))
        return failure;
    return __real_pthread_create(thread, attributes, start, argument);
}

/* ---- Calls that can also be cut short ---- */

enum { MOST_FILES = 1024 };

/* Where libmicrohttpd last waited for each socket. Its events alone are edge-triggered. */
static struct {
    int epoll;
    struct epoll_event event;
} waits[MOST_FILES];

int __real_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event);

/* Linux fails to remove only what is not there. That is as good as a success, but libmicrohttpd
 * takes it for a broken program, and aborts: its own sets are left alone. */
static int remove_wait(int epoll, int fd)
{
    bool is_microhttpds = fd < MOST_FILES && waits[fd].epoll == epoll;
    int result = __real_epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
    return !is_microhttpds && is_hit(CALL_EPOLL_CTL_DEL) ? -1 : result;
}

int __wrap_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
    if (what == EPOLL_CTL_DEL)
        return remove_wait(epoll, fd);
    if (is_hit(CALL_EPOLL_CTL))
        return -1;
    if (fd < MOST_FILES && event->events & EPOLLET) {
        waits[fd].epoll = epoll;
        waits[fd].event = *event;
    }
    return __real_epoll_ctl(epoll, what, fd, event);
}

/* After a call that the kernel has cut short, the socket's next event says that there is more. */
static void report_again(int fd)
{
    if (fd < MOST_FILES && waits[fd].epoll)
        __real_epoll_ctl(waits[fd].epoll, EPOLL_CTL_MOD, fd, &waits[fd].event);
}

ssize_t __real_recv(int fd, void *buffer, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags);
ssize_t __real_send(int fd, const void *buffer, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *buffer, size_t size, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);

ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags)
{
    if (!is_hit(CALL_RECV))
        return __real_recv(fd, buffer, size, flags);
    if (failure != CALL_SHORT)
        return -1;
    ssize_t received = __real_recv(fd, buffer, 1, flags);
    report_again(fd);
    return received;
}

ssize_t __wrap_send(int fd, const void *buffer, size_t size, int flags)
{
    if (!is_hit(CALL_SEND))
        return __real_send(fd, buffer, size, flags);
    if (failure != CALL_SHORT)
        return -1;
    ssize_t sent = __real_send(fd, buffer, 1, flags);
    report_again(fd);
    return sent;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (!is_hit(CALL_SENDMSG))
        return __real_sendmsg(fd, message, flags);
    if (failure != CALL_SHORT)
        return -1;
    ssize_t sent = __real_send(fd, message->msg_iov[0].iov_base, 1, flags);
    report_again(fd);
    return sent;
}
