/* SPDX-License-Identifier: MIT */
/* What the kernel tells of the bytes that come and go on a connected socket. */
#ifndef HELLO_LIB_SOCKET_STATE_H
#define HELLO_LIB_SOCKET_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct socket_state {
    bool has_untaken;  /* bytes that have been sent wait for the peer to take them */
    bool has_unread;   /* bytes of the peer's wait to be read; may be false where it is counted */
    bool has_ended;    /* the peer has sent its last byte, and all have been read */
    bool is_counted;   /* the members below are known: a unix socket does not tell */
    uint64_t received; /* bytes, since the accept */
    uint32_t last_received; /* milliseconds ago; of a coarse clock */
    uint64_t taken;         /* bytes that the peer has acknowledged, since the accept */
};

/* Costs one system call on TCP, while the peer has not ended. */
void hello__socket_read(struct socket_state *state, int fd);

/* Whether bytes of the peer's wait to be read. */
bool hello__socket_has_unread(int fd);

#endif
