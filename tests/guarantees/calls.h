/* SPDX-License-Identifier: MIT */
/* The system calls of the library and of libmicrohttpd, where they can be made to fail. The
 * linker's --wrap leads them here; what fails is what a thread does within memory_enter(). */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

#include <stdbool.h>

enum call {
    CALL_ACCEPT4,
    CALL_EPOLL_CREATE1,
    CALL_EPOLL_CTL,     /* but to remove */
    CALL_EPOLL_CTL_DEL, /* of the library's own sets; it has its effect */
    CALL_EPOLL_WAIT,
    CALL_EVENTFD,
    CALL_GETSOCKOPT,
    CALL_PTHREAD_CREATE,
    CALL_RECV,
    CALL_SEND,
    CALL_SENDMSG,
    CALL_TIMERFD_CREATE,
    CALL_TIMERFD_SETTIME
};

/* As an error: a byte is transferred, and no more. */
enum { CALL_SHORT = -1 };

/* The nth of these calls from now on fails with an errno value, counted from 1; 0 = none does. */
void calls_fail_at(enum call call, unsigned n, int error);

/* Whether it has come to that, since something was to fail. */
bool calls_have_failed(void);

#endif
