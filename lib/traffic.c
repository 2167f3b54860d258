/* SPDX-License-Identifier: MIT */
#include "traffic.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#ifdef HAVE_TCPI_BYTES_RECEIVED /* in the C library's own header */
#include <netinet/tcp.h>
#else
#include <linux/tcp.h>
#endif

/* From Linux: what tcpi_state is once the peer's FIN has come. */
enum { CLOSE_WAIT = 8 };

static bool has_bytes(int fd, unsigned long queue)
{
    int bytes = 0;
    return ioctl(fd, queue, &bytes) == 0 && bytes > 0;
}

bool hello__traffic_has_unread(int fd)
{
    return has_bytes(fd, FIONREAD);
}

void hello__traffic_read(struct traffic *traffic, int fd)
{
    /* An older kernel, and an emulator, tell less than all: the rest is no zero. */
    const socklen_t least = offsetof(struct tcp_info, tcpi_notsent_bytes) + sizeof(uint32_t);
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    *traffic = (struct traffic){0};
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) || length < least) {
        char byte;
        ssize_t next = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        traffic->has_unread = next > 0;
        traffic->has_ended = next == 0;
        traffic->has_untaken = has_bytes(fd, TIOCOUTQ);
        return;
    }
    traffic->is_counted = true;
    traffic->has_ended = info.tcpi_state == CLOSE_WAIT && !has_bytes(fd, FIONREAD);
    traffic->has_untaken = info.tcpi_notsent_bytes > 0 || info.tcpi_unacked > 0;
    traffic->received = info.tcpi_bytes_received;
    traffic->last_received = info.tcpi_last_data_recv;
    traffic->taken = info.tcpi_bytes_acked;
}
