/* SPDX-License-Identifier: MIT */
#include "refusal.h"

#include "linger.h"

#include <sys/socket.h>
#include <unistd.h>

void hello__refuse(struct lingerers *lingerers, int fd, uint64_t now)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\n"
                                 "Content-Length: 0\r\n"
                                 "Retry-After: 1\r\n"
                                 "Connection: close\r\n\r\n";
    (void)!send(fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    hello__linger_take_refused(lingerers, fd, now);
    close(fd);
}
