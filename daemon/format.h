/* SPDX-License-Identifier: MIT */
/* Texts with placeholders for parts of a request: greetings, field values, JSON, access log. */
#ifndef HELLOD_FORMAT_H
#define HELLOD_FORMAT_H

#include "text.h"

#include <hello/hello.h>

enum { MOST_NAMES = 32 };

/* The placeholders that a user may give, for the help and for messages. */
#define FORMAT_PLACEHOLDERS                                                                        \
    "{path} {method} {host} {query} {target} {protocol} {remote} {hostname} {time} {fields} and "  \
    "{field:NAME}"
#define FORMAT_EXPECTED                                                                            \
    "has a { that begins no placeholder; expected " FORMAT_PLACEHOLDERS ", or {{ for a brace"

/* The values of an option, in the order given. Not owned. */
struct names {
    uint32_t count;
    const char *items[MOST_NAMES];
};

/* The request of a format, and the destination of the text. */
struct subject {
    struct text text;
    enum escape escape; /* for text from the client */
    const struct hello_request *request;
    const struct hello_access_record *record; /* NULL while the request is answered */
    const struct names *secrets;              /* fields whose values are redacted */
    const struct names *more;                 /* fields at the end of a line of the access log */
};

/* NULL if each '{' begins a placeholder for users, or "{{", which stands for a brace. Otherwise the
 * mistake; static. */
const char *format_fault(const char *format);

/* Put the text. format: valid, and may have the names of the access log. */
void format_put(struct subject *subject, const char *format);

#endif
