/* SPDX-License-Identifier: MIT */
/* One finished request as a line of the access log. */
#ifndef HELLOD_ACCESS_LINE_H
#define HELLOD_ACCESS_LINE_H

#include <hello/hello.h>
#include <time.h>

struct ring;

enum access_format {
    ACCESS_OFF,
    ACCESS_COMMON,   /* as web servers have written it since the first */
    ACCESS_COMBINED, /* with Referer and User-Agent behind it */
    ACCESS_JSON      /* an object */
};

/* The time as a thread has written it last: many requests end in the same second. */
struct access_clock {
    time_t second;
    char text[32];
};

/* Put the line, with its line feed, for a request that has ended now. clock: all zero at first,
 * and always for the same format. */
void access_line_put(struct ring *ring, enum access_format format, struct access_clock *clock,
                     const struct hello_access_record *record);

#endif
