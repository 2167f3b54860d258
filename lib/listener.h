/* SPDX-License-Identifier: MIT */
/* Listening stream sockets, from the text of an address or from a descriptor. */
#pragma once

#include "address.h"

#include <hello/hello.h>
#include <sys/types.h>

struct listener {
    int fd; /* owned; -1 when closed */
    struct address address;
    bool inherited; /* set up by another program */
    /* The file that this listener has made for a unix socket: its absolute path (owned; NULL = no
     * file) and its identity. */
    char *file;
    dev_t device;
    ino_t inode;
};

/* Listen at an address in the form of hello_options.listen. mode: the permissions of a unix
 * socket's file; 0 = by the umask. 0 or a negative errno.
 *
 * The file of an ended server is replaced. Between bind() and listen(), a new file looks the same,
 * so the directory is locked until the socket listens. If several servers start at one path at
 * once, one listens, and the others get -EADDRINUSE. */
int hello__listener_open(struct listener *listener, const char *address, uint32_t mode);

/* Listen at a duplicate of fd. 0 or a negative errno. */
int hello__listener_adopt(struct listener *listener, int fd);

/* Set the options that an accepted socket has not inherited from the listener. */
void hello__listener_prepare(const struct listener *listener, const struct hello_options *options,
                             int fd);

/* Idempotent. Removes the file of a unix socket, unless another file has replaced it. */
void hello__listener_close(struct listener *listener);

/* The listeners of a server, one for each place in its options. */
struct listeners {
    struct listener each[HELLO_MAX_LISTENERS];
    unsigned count;
};

/* Listen at every place of complete options, in their order. 0, or a negative errno with a line in
 * the log; some listeners may then be open. */
int hello__listeners_open(struct listeners *listeners, const struct hello_options *options);

/* Check the places without opening them. 0, or a negative errno with a line in the log. */
int hello__listeners_check(const struct hello_options *options);

/* Idempotent; the addresses stay. A zeroed struct is fine. */
void hello__listeners_close(struct listeners *listeners);
