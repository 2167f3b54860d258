/* SPDX-License-Identifier: MIT */
/* The kernel's figures about the bytes of a connected socket. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct socket_state {
    bool has_untaken;       /* the peer has not taken all sent bytes */
    bool has_unread;        /* received bytes wait to be read; may be false if is_counted */
    bool has_ended;         /* the peer has sent its last byte, and all have been read */
    bool is_counted;        /* the members below are valid; false for a unix socket */
    uint64_t received;      /* bytes, since the accept */
    uint32_t last_received; /* milliseconds ago, from a coarse clock */
    uint64_t taken;         /* bytes that the peer has acknowledged, since the accept */
};

/* Takes one system call on TCP, until the peer's FIN. */
void hello__socket_read(struct socket_state *state, int fd);

bool hello__socket_has_unread(int fd);
