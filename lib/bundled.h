/* SPDX-License-Identifier: MIT */
/* What the bundled libmicrohttpd does, and the system's does not: see doc/libmicrohttpd.md. */
#ifndef HELLO_LIB_BUNDLED_H
#define HELLO_LIB_BUNDLED_H

#include <stdbool.h>

#ifdef BUNDLED_MICROHTTPD
enum {
    SEES_EVERY_END = true,    /* notices a FIN that comes with data */
    ANSWERS_IN_A_BODY = true, /* lets a reply be queued while a body arrives */
    RELIES_ON_CLOSE = true    /* with MHD_USE_TURBO, closes a socket and does no more */
};
#else
enum { SEES_EVERY_END = false, ANSWERS_IN_A_BODY = false, RELIES_ON_CLOSE = false };
#endif

#endif
