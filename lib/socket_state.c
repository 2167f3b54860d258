/* SPDX-License-Identifier: MIT */
#include "socket_state.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#ifdef HAVE_TCPI_BYTES_RECEIVED /* in the C library's own header */
#include <netinet/tcp.h>
#else
#include <linux/tcp.h>
#endif

/* Linux's value of tcpi_state after the peer's FIN. */
enum { CLOSE_WAIT = 8 };

static bool has_bytes(int fd, unsigned long queue)
{
    int bytes = 0;
    return ioctl(fd, queue, &bytes) == 0 && bytes > 0;
}

bool hello__socket_has_unread(int fd)
{
    return has_bytes(fd, FIONREAD);
}

void hello__socket_read(struct socket_state *state, int fd)
{
    /* An older kernel or an emulator fills fewer members; a missing member must not count as 0. */
    const socklen_t least = offsetof(struct tcp_info, tcpi_notsent_bytes) + sizeof(uint32_t);
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    *state = (struct socket_state){0};
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) || length < least) {
        char byte;
        ssize_t next = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        state->has_unread = next > 0;
        state->has_ended = next == 0;
        state->has_untaken = has_bytes(fd, TIOCOUTQ);
        return;
    }
    state->is_counted = true;
    state->has_ended = info.tcpi_state == CLOSE_WAIT && !has_bytes(fd, FIONREAD);
    state->has_untaken = info.tcpi_notsent_bytes > 0 || info.tcpi_unacked > 0;
    state->received = info.tcpi_bytes_received;
    state->last_received = info.tcpi_last_data_recv;
    state->taken = info.tcpi_bytes_acked;
}
