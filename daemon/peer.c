/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

void peer_format(char text[PEER_SIZE], const struct sockaddr *peer)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memcpy(text, "-", sizeof "-");
    if (peer->sa_family == AF_INET) {
        memcpy(&v4, peer, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, text, PEER_SIZE);
    } else if (peer->sa_family == AF_INET6) {
        memcpy(&v6, peer, sizeof v6);
        bool is_v4 = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr); /* on a socket that takes both */
        inet_ntop(is_v4 ? AF_INET : AF_INET6, v6.sin6_addr.s6_addr + (is_v4 ? 12 : 0), text,
                  PEER_SIZE);
    } else if (peer->sa_family == AF_UNIX) {
        memcpy(text, "unix:", sizeof "unix:");
    }
}
