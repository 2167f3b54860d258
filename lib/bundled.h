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
/* A value that is never NULL. The bundled library's is NULL unless recv() has filled its buffer,
 * epoll has reported more bytes, or the connection has been suspended. */
#define MHD_CONNECTION_INFO_READ_READY MHD_CONNECTION_INFO_CONNECTION_FD
#endif
