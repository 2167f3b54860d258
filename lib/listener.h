/* SPDX-License-Identifier: MIT */
/* A listening stream socket, from the text of an address or from a descriptor. */
#ifndef HELLO_LIB_LISTENER_H
#define HELLO_LIB_LISTENER_H

#include <sys/socket.h>

struct hello_options;

struct listener {
    int fd;      /* owned; -1 when closed */
    int port;    /* TCP port in host byte order; 0 on a unix socket */
    int unlinks; /* whether the file of a unix socket is ours to remove */
    struct sockaddr_storage address;
};

/* Listen at an address as hello_options.listen takes it. 0 or a negative errno. */
int hello__listener_open(struct listener *listener, const char *address);

/* Whether that could be an address. 0 or a negative errno. */
int hello__listener_check(const char *address);

/* Whether fd is a listening stream socket. 0 or a negative errno. */
int hello__listener_check_fd(int fd);

/* Listen at a duplicate of fd. 0 or a negative errno. */
int hello__listener_adopt(struct listener *listener, int fd);

/* Have the kernel limit what it holds for a client, and for how long: the sockets that are accepted
 * inherit it. */
void hello__listener_set_limits(const struct listener *listener,
                                const struct hello_options *options);

/* As hello_server_address(). */
int hello__listener_format(const struct listener *listener, char *text, size_t size);

/* Idempotent. */
void hello__listener_close(struct listener *listener);

#endif
