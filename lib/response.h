/* SPDX-License-Identifier: MIT */
/* Replies as libmicrohttpd's responses.
 *
 * Most replies of a server differ only in their status and a short body. The bundled libmicrohttpd
 * can replace the body of a response. There, these replies share one response and allocate nothing,
 * as long as no connection is still sending it. */
#pragma once

#include <stdbool.h>

struct hello_reply;
struct MHD_Connection;
struct MHD_Response;

/* Shared by the connections of one shard. */
struct responses {
    struct MHD_Response *usual; /* owned; NULL = there is none */
    char *usual_body;           /* usual's own */
};

/* Returns false when out of memory. */
bool hello__responses_start(struct responses *responses);

/* A zeroed struct is fine. */
void hello__responses_finish(struct responses *responses);

/* Queue a reply, whose body is taken over or freed. must_close: it is the last on its connection.
 * Returns false when out of memory. */
bool hello__response_queue(struct responses *responses, struct hello_reply *reply, bool must_close,
                           struct MHD_Connection *mhd);
