/* SPDX-License-Identifier: MIT */
#ifndef HELLOD_PEER_H
#define HELLOD_PEER_H

#include <netinet/in.h>

enum { PEER_SIZE = INET6_ADDRSTRLEN };

/* The address alone: the port changes with each connection. "unix:" on a unix socket, "-" of what
 * is neither. */
void peer_format(char text[PEER_SIZE], const struct sockaddr *peer);

#endif
