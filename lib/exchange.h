/* SPDX-License-Identifier: MIT */
/* One request on its way through libmicrohttpd's callbacks, which call these in this order:
 * begin once, handle once for the head, for each piece of the body, for its end, and for an answer
 * that has been delayed, end once. */
#ifndef HELLO_LIB_EXCHANGE_H
#define HELLO_LIB_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection;
struct service;

/* As a responder and an access callback see it. */
struct hello_request {
    struct connection *connection;
    const char *method; /* "" when libmicrohttpd has refused the head */
    const char *path;   /* decoded, NUL-terminated; NULL in an access record */
    size_t path_length;
};

/* The request line has been read. target: raw and NUL-terminated, valid during the call. */
void hello__exchange_begin(struct connection *connection, const char *target);

/* Returns false to have the connection closed without an answer. *upload_size: the bytes of the
 * body that are there, set to 0 once they are taken. */
bool hello__exchange_handle(struct connection *connection, const char *method, const char *version,
                            size_t *upload_size);

/* Go on with the answers that the program has sent since it deferred them, and with those that were
 * to be sent by then; libmicrohttpd has to run to send them. now: milliseconds, monotonic;
 * NEVER_DUE = go on with all, and cut off the deferred ones. */
void hello__exchange_resume(struct service *service, uint64_t now);

/* The request is over, answered or not. complete: the kernel has taken the whole answer. */
void hello__exchange_end(struct connection *connection, bool complete);

#endif
