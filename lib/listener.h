/* SPDX-License-Identifier: MIT */
/* A listening stream socket, from the text of an address or from a descriptor. */
#ifndef HELLO_LIB_LISTENER_H
#define HELLO_LIB_LISTENER_H

#include "address.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hello_options;

struct listener {
    int fd; /* owned; -1 when closed */
    struct address address;
    bool inherited; /* set up by another program */
    /* The file of a unix socket that this listener has made: its absolute path, owned, and the
     * file's identity. NULL without one. */
    char *file;
    dev_t device;
    ino_t inode;
};

/* Listen at an address as hello_options.listen takes it. mode: the permissions of the file of a
 * unix socket; 0 = by the umask. 0 or a negative errno.
 *
 * A file that an ended server has left behind is replaced. Between bind() and listen() a file looks
 * the same, so that the directory is locked until the socket listens: of several servers that start
 * at one path at once, one gets it, and the others get -EADDRINUSE. */
int hello__listener_open(struct listener *listener, const char *address, uint32_t mode);

/* Whether fd is a listening stream socket. 0 or a negative errno. */
int hello__listener_check_fd(int fd);

/* Listen at a duplicate of fd. 0 or a negative errno. */
int hello__listener_adopt(struct listener *listener, int fd);

/* Have the kernel limit what it holds for a client, and for how long. TCP sockets that are accepted
 * inherit it. */
void hello__listener_set_limits(const struct listener *listener,
                                const struct hello_options *options);

/* Set what a socket that was accepted from the listener has not inherited. */
void hello__listener_prepare(const struct listener *listener, const struct hello_options *options,
                             int fd);

/* Idempotent. The file of a unix socket is removed, unless another file is at its path by now. */
void hello__listener_close(struct listener *listener);

#endif
