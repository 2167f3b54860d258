/* SPDX-License-Identifier: MIT */
/* Replies in libmicrohttpd's form.
 *
 * Most replies of a server differ in their status and a short body alone. Where libmicrohttpd can
 * give a response another body (ours can), one response is there for all of those, as long as no
 * connection is still sending it: they allocate nothing. */
#ifndef HELLO_LIB_RESPONSE_H
#define HELLO_LIB_RESPONSE_H

#include <stdbool.h>

struct hello_reply;
struct MHD_Response;

/* What the connections of one shard share. */
struct responses {
    struct MHD_Response *usual; /* owned; NULL without one */
    char *usual_body;           /* usual's own */
};

/* Returns false when out of memory. */
bool hello__responses_start(struct responses *responses);

/* Zeroed ones may be finished, too. */
void hello__responses_finish(struct responses *responses);

/* Make a response of a reply, whose body goes over to it, or is freed. must_close: it is the last
 * on its connection. The caller releases it once it is queued. NULL when out of memory. */
struct MHD_Response *hello__response_make(struct responses *responses, struct hello_reply *reply,
                                          bool must_close);

void hello__response_release(const struct responses *responses, struct MHD_Response *response);

#endif
