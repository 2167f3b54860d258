/* SPDX-License-Identifier: MIT */
/* One request in libmicrohttpd's callbacks, which call these functions in this order: begin once;
 * handle for the head, each piece of the body, its end, and a delayed answer; end once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection;
struct service;

/* The request as a responder and an access callback get it. */
struct hello_request {
    struct connection *connection;
    const char *method; /* "" when libmicrohttpd has refused the head */
    const char *path;   /* decoded, NUL-terminated; NULL in an access record */
    size_t path_length;
};

/* The request line has been read. target: raw and NUL-terminated, valid during the call. */
void hello__exchange_begin(struct connection *connection, const char *target);

/* Returns false if libmicrohttpd must close the connection without an answer. *upload_size: the
 * bytes of the body that have arrived, set to 0 once they are taken. */
bool hello__exchange_handle(struct connection *connection, const char *method, const char *version,
                            size_t *upload_size);

/* Resume the connections whose deferred reply has been sent, or whose PHASE_DELAY is over. The next
 * MHD_run() sends the answers. now: milliseconds, monotonic; NEVER_DUE = resume all, and cut off
 * deferred replies. */
void hello__exchange_resume(struct service *service, uint64_t now);

/* The request is over, answered or not. complete: the kernel has taken the whole answer. */
void hello__exchange_end(struct connection *connection, bool complete);
