/* SPDX-License-Identifier: MIT */
/* Behaviour that only the bundled libmicrohttpd has: see doc/libmicrohttpd.md. */
#pragma once

#include <stdbool.h>

#ifdef BUNDLED_MICROHTTPD
enum {
    SEES_EVERY_END = true,    /* notices a FIN that comes with data */
    ANSWERS_IN_A_BODY = true, /* accepts a reply while a body arrives */
    RELIES_ON_CLOSE = true    /* with MHD_USE_TURBO, ends a connection by close() alone */
};
#else
enum { SEES_EVERY_END = false, ANSWERS_IN_A_BODY = false, RELIES_ON_CLOSE = false };
#endif
