/* SPDX-License-Identifier: MIT */
/* What the bundled libmicrohttpd does, and the system's does not: see doc/libmicrohttpd.md. */
#ifndef HELLO_LIB_BUNDLED_H
#define HELLO_LIB_BUNDLED_H

#include <stdbool.h>

#ifdef BUNDLED_MICROHTTPD
enum {
    SEES_EVERY_END = true,   /* notices a FIN that comes with data */
    ANSWERS_IN_A_BODY = true /* lets a reply be queued while a body arrives */
};
#else
enum { SEES_EVERY_END = false, ANSWERS_IN_A_BODY = false };
#endif

#endif
