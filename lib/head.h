/* SPDX-License-Identifier: MIT */
/* Checks of a request's head. Pure: the caller passes the fields one by one, and gets a status.
 *
 * libmicrohttpd at its strict level has already checked field names, the number of Host fields,
 * Content-Length and Transfer-Encoding. These checks cover the rest of RFC 9112, sections 3.2, 5
 * and 6, and of RFC 9110, section 10.1.1. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct head {
    unsigned refusal;        /* the status to refuse with; 0 = none so far */
    bool bad_expectation;    /* 417, unless the head is refused for another reason */
    bool bad_trailer;        /* Trailer lists a field that frames a message */
    bool has_expect;         /* an Expect field has been seen */
    bool expects_continue;   /* Expect: 100-continue */
    bool is_chunked;         /* Transfer-Encoding: chunked */
    uint64_t content_length; /* bytes; at most INT64_MAX */
};

void hello__head_start(struct head *head, const char *method);

/* value: NUL-terminated; a NUL before its end is refused. */
void hello__head_field(struct head *head, const char *name, size_t name_length, const char *value,
                       size_t value_length);

/* Call it after the last field. is_1_0: the version is HTTP/1.0. Returns the status that refuses
 * the request; 0 = the head is accepted. */
unsigned hello__head_finish(struct head *head, bool is_1_0);

/* Check a trailer field: its value has valid bytes, and the field does not frame a message.
 * libmicrohttpd has checked the name. */
void hello__head_trailer(struct head *head, const char *name, const char *value,
                         size_t value_length);
