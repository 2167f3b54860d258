/* SPDX-License-Identifier: MIT */
/* What hellod can be told, as data: read by options.c, shown by help.c. */
#ifndef HELLOD_FLAGS_H
#define HELLOD_FLAGS_H

#include <stddef.h>
#include <stdint.h>

enum kind {
    LISTEN,    /* struct hello_listener[]; addresses, and may be given again */
    TEXT,      /* const char *; not empty */
    NUMBER,    /* uint32_t; least to most */
    SIZE,      /* uint64_t; likewise */
    MODE,      /* uint32_t; permissions of a file, octal */
    THREADS,   /* int; likewise, or "auto" */
    LIMIT,     /* uint32_t, milliseconds; 0 is no limit */
    DELAY,     /* uint32_t, milliseconds; 0 is none */
    WHEN_FULL, /* bit of hello_options.flags; "wait" or "refuse" */
    GREETING,  /* const char *; a format of answer.h's */
    HEADER,    /* struct answer; lines of fields, and may be given again */
    ACCESS,    /* int; an enum access_format, by its name */
    SWITCH,    /* bool; takes no value, and has no variable */
};

struct flag {
    const char *group;    /* the heading before it in the help; NULL = as the flag before */
    const char *name;     /* without "--" */
    const char *argument; /* as the help names it; NULL exactly for a SWITCH */
    enum kind kind;
    uint32_t offset; /* of the member of struct settings */
    uint32_t least, most;
    const char *help;
};

extern const struct flag flags[];
extern const size_t flag_count;

/* In the order of enum access_format; NULL-terminated. */
extern const char *const access_format_names[];

/* NULL when there is none of that name. */
const struct flag *flag_find(const char *name, size_t length);

/* That which may have been meant: misspelt, or cut short. NULL when there is none. */
const struct flag *flag_nearest(const char *name, size_t length);

#endif
