/* SPDX-License-Identifier: MIT */
/* Texts with placeholders for parts of a request: greetings, values of fields, JSON and lines of
 * the access log. */
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

/* Fields whose values are secrets, unless the user names others. */
void format_usual_secrets(struct names *names);

/* What a format is about, and where the text goes. */
struct subject {
    struct text text;
    enum escape escape; /* of what the client chose */
    const struct hello_request *request;
    const struct hello_access_record
        *record;                 /* of the request; NULL when it is answered only now */
    const struct names *secrets; /* fields whose values are left out */
    const struct names *more;    /* fields at the end of a line of the access log */
};

/* A placeholder is a {name}, or {field:NAME}; "{{" is a brace. Returns whether that is all there
 * is, and every name is one for users. */
bool format_is_valid(const char *format);

/* Put the text. format: valid, and may have the names of the access log. */
void format_put(struct subject *subject, const char *format);

#endif
