/* SPDX-License-Identifier: MIT */
/* The access log on standard output, and durations of requests for the metrics. Each thread of the
 * server has separate notes, so that no thread waits. Only the writer thread waits for a slow
 * standard output. Lines that do not fit into a ring are dropped, counted and reported. */
#ifndef HELLOD_ACCESS_H
#define HELLOD_ACCESS_H

#include "format.h"
#include "metrics.h"

#include <pthread.h>
#include <stdatomic.h>

struct notes;

enum access_format {
    ACCESS_AUTO, /* combined on a terminal, otherwise off */
    ACCESS_OFF,
    ACCESS_COMMON,   /* the Common Log Format */
    ACCESS_COMBINED, /* common, then Referer and User-Agent */
    ACCESS_JSON      /* an object */
};

struct access_settings {
    uint32_t format;      /* enum access_format */
    struct names fields;  /* to add to a line */
    struct names skipped; /* paths whose requests have no line */
};

struct access {
    const struct access_settings *settings; /* not owned, like the next; never ACCESS_AUTO */
    const struct names *secrets;
    _Atomic(struct notes *) notes; /* a list for all threads with requests; never freed */
    _Atomic uint64_t unnoted;      /* lines of threads that had no memory for notes */

    bool has_writer;           /* the access log is on, and has started */
    pthread_t writer;          /* like the members below, only with has_writer */
    int wake;                  /* an eventfd; open to the end of the process, like the next */
    int done;                  /* an eventfd: the writer has written all lines, and ends */
    atomic_bool awake;         /* the writer reads the rings, or has an event to do so */
    atomic_bool ended;         /* there will be no more lines */
    _Atomic uint64_t reported; /* dropped lines that hellod has logged */
};

/* Whether a line of JSON always has a member of that name. */
bool access_has_member(const char *name);

/* 0 or a negative errno. */
int access_start(struct access *access, const struct access_settings *settings,
                 const struct names *secrets);

/* The access callback of the server; data: struct access. */
void access_take(void *data, const struct hello_access_record *record);

/* After the stop of the server: write the remaining lines, for a second at most. Do not free the
 * struct: a writer that standard output blocks uses it to the end of the process. */
void access_end(struct access *access);

/* Any thread. */
uint64_t access_dropped(const struct access *access);
void access_durations(const struct access *access, struct durations *durations);

#endif
