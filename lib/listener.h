/* SPDX-License-Identifier: MIT */
/* Listening stream sockets, from the text of an address or from a descriptor. */
#ifndef HELLO_LIB_LISTENER_H
#define HELLO_LIB_LISTENER_H

#include "address.h"

#include <hello/hello.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

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

/* Listen at a duplicate of fd. 0 or a negative errno. */
int hello__listener_adopt(struct listener *listener, int fd);

/* Set what a socket that was accepted from the listener has not inherited. */
void hello__listener_prepare(const struct listener *listener, const struct hello_options *options,
                             int fd);

/* Idempotent. The file of a unix socket is removed, unless another file is at its path by now. */
void hello__listener_close(struct listener *listener);

/* Those of a server: one for each place in its options. */
struct listeners {
    struct listener each[HELLO_MAX_LISTENERS];
    unsigned count;
};

/* Listen at every place of complete options, in their order. 0; a negative errno, with a line in
 * the log, and some of them may be open then. */
int hello__listeners_open(struct listeners *listeners, const struct hello_options *options);

/* Whether these could be places to listen at. 0; a negative errno, with a line in the log. */
int hello__listeners_check(const struct hello_options *options);

/* As hello_server_listener_port() and hello_server_address(), also after they are closed. */
int hello__listeners_port(const struct listeners *listeners, unsigned index);
int hello__listeners_format(const struct listeners *listeners, unsigned index, char *text,
                            size_t size);

/* Idempotent. All zero is fine. */
void hello__listeners_close(struct listeners *listeners);

#endif
