/* SPDX-License-Identifier: MIT */
/* Functions that libmicrohttpd calls for features that libhello does not use. libhello waits with
 * epoll, accepts connections itself, and counts the connections of an address itself. With LTO, a
 * constant result also removes the code around the call. */
#include <stddef.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <tsearch.h>

int select(int nfds, fd_set *restrict reads, fd_set *restrict writes, fd_set *restrict errors,
           struct timeval *restrict timeout)
{
    (void)nfds, (void)reads, (void)writes, (void)errors, (void)timeout;
    return -1;
}

int accept(int listener, struct sockaddr *restrict address, socklen_t *restrict length)
{
    (void)listener, (void)address, (void)length;
    return -1;
}

int accept4(int listener, struct sockaddr *restrict address, socklen_t *restrict length, int flags)
{
    (void)listener, (void)address, (void)length, (void)flags;
    return -1;
}

void *tsearch(const void *key, void **root, int (*compare)(const void *, const void *))
{
    (void)key, (void)root, (void)compare;
    return NULL;
}

void *tfind(const void *key, void *const *root, int (*compare)(const void *, const void *))
{
    (void)key, (void)root, (void)compare;
    return NULL;
}

void *tdelete(const void *key, void **root, int (*compare)(const void *, const void *))
{
    (void)key, (void)root, (void)compare;
    return NULL;
}
