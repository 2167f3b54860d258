/* SPDX-License-Identifier: MIT */
/* A request as a responder and an access callback see it. */
#ifndef HELLO_LIB_REQUEST_H
#define HELLO_LIB_REQUEST_H

#include <hello/hello.h>

struct connection;
struct MHD_Connection;

struct hello_request {
    struct MHD_Connection *mhd;
    const struct connection *connection;
    const char *method; /* "" when libmicrohttpd has refused the head */
    const char *path;   /* decoded; NULL in an access record */
    size_t path_length;
};

#endif
