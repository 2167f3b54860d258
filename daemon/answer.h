/* SPDX-License-Identifier: MIT */
/* What the main port answers in the place of the greeting: hellod as the backend of a test. */
#ifndef HELLOD_ANSWER_H
#define HELLOD_ANSWER_H

#include <hello/hello.h>

enum { ANSWER_FIELDS = 32 };

struct answer_field {
    char *name;        /* owned, with the value behind it */
    const char *value; /* in name's memory */
};

/* All zero is the library's own greeting. */
struct answer {
    const char *greeting; /* a format; NULL = the library's. Not owned, and checked */
    uint32_t status;      /* 0 = 200 */
    uint32_t delay_ms;
    uint32_t field_count;
    struct answer_field fields[ANSWER_FIELDS];
};

/* Whether every { begins a name that is known, or another {. */
bool answer_is_greeting(const char *format);

/* Add a field, "Name: value", length bytes long. 0; -EINVAL when it is none, or not for users to
 * set; -ENOSPC when there are too many; -ENOMEM. */
int answer_add_field(struct answer *answer, const char *text, size_t length);

void answer_drop_fields(struct answer *answer);

/* Whether there is something to answer in the place of the greeting. */
bool answer_is_set(const struct answer *answer);

/* The responder. data: a const struct answer *. */
hello_responder answer_respond;

#endif
