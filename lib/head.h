/* SPDX-License-Identifier: MIT */
/* What the head of a request must satisfy before it is answered, and what it says of a body.
 * Pure: fields go in one by one, a status comes out.
 *
 * libmicrohttpd has parsed the head already; what is checked here is what it lets through
 * although two readers could understand it differently (RFC 9112, sections 3.2 and 6.3). */
#ifndef HELLO_LIB_HEAD_H
#define HELLO_LIB_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct head {
    unsigned refusal;        /* the first status to refuse with; 0 = none so far */
    bool bad_expectation;    /* 417, if there is nothing else to refuse */
    bool bad_trailer;        /* Trailer announces what frames a message */
    unsigned hosts;          /* Host fields seen */
    unsigned lengths;        /* Content-Length fields seen */
    unsigned codings;        /* Transfer-Encoding fields seen */
    unsigned expectations;   /* Expect fields seen */
    uint64_t content_length; /* at most INT64_MAX */
    bool expects_continue;   /* Expect: 100-continue */
    bool is_1_0;             /* the version is HTTP/1.0 */
};

void hello__head_start(struct head *head, const char *method);

void hello__head_field(struct head *head, const char *name, size_t name_length, const char *value,
                       size_t value_length);

/* All fields are in; version is libmicrohttpd's: "HTTP/1.1". Returns the status to refuse with,
 * 0 to go on. */
unsigned hello__head_finish(struct head *head, const char *method, const char *version);

bool hello__head_has_body(const struct head *head);

#endif
