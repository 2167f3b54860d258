/* SPDX-License-Identifier: MIT */
/* Configured answers of the main port, for tests of proxies and clients. */
#ifndef HELLOD_ANSWER_H
#define HELLOD_ANSWER_H

#include "chance.h"
#include "format.h"

#include <hello/hello.h>

enum { ANSWER_STATUSES = 16, ANSWER_CERTAIN = 100000 };

struct answer_status {
    uint32_t status;
    uint32_t share; /* of the answers, of ANSWER_CERTAIN */
};

/* All zero is the library's own greeting. The texts are not owned. */
struct answer {
    const char *greeting; /* a format; NULL = the library's */
    uint32_t is_json;     /* a JSON object instead of a greeting */
    uint32_t delay_ms[2]; /* least and most */
    uint32_t status_count;
    struct answer_status statuses[ANSWER_STATUSES]; /* of all other answers: 200 */
    struct names fields;                            /* "Name: value", the value a format */
    struct names secrets;
    struct chance chance;
};

/* Check a field "Name: value" whose value is a format. Returns NULL, or what is wrong; static. */
const char *answer_field_fault(const char *text);

/* Set a status and a text, which must be static. Returns 0. */
int answer_say(struct hello_reply *reply, unsigned status, const char *text);

/* Whether the answer differs from the library's greeting. */
bool answer_is_set(const struct answer *answer);

/* The responder. data: a struct answer *. */
hello_responder answer_respond;

#endif
