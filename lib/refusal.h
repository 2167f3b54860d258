/* SPDX-License-Identifier: MIT */
/* What a client gets for whom there is no place: 503, without a connection of libmicrohttpd's. */
#ifndef HELLO_LIB_REFUSAL_H
#define HELLO_LIB_REFUSAL_H

#include <stdint.h>

struct lingerers;

/* Takes fd over, and waits for nothing. now: milliseconds, monotonic. */
void hello__refuse(struct lingerers *lingerers, int fd, uint64_t now);

#endif
