/* SPDX-License-Identifier: MIT */
/* What hellod keeps of finished requests: lines on standard output, and durations for the
 * metrics. Each thread of the server has notes of its own, so that none waits for another; a
 * thread of ours collects the lines. It alone waits where standard output is slow: the rings of
 * the others are bounded, and lines that find no room are dropped, counted and reported. */
#ifndef HELLOD_ACCESS_H
#define HELLOD_ACCESS_H

#include "format.h"
#include "histogram.h"

#include <pthread.h>
#include <stdatomic.h>

struct notes;

enum access_format {
    ACCESS_AUTO, /* combined on a terminal, otherwise off */
    ACCESS_OFF,
    ACCESS_COMMON,   /* as web servers have written it since the first */
    ACCESS_COMBINED, /* with Referer and User-Agent behind it */
    ACCESS_JSON      /* an object */
};

struct access_settings {
    uint32_t format;      /* enum access_format */
    struct names fields;  /* to add to a line */
    struct names skipped; /* paths whose requests have no line */
};

struct access {
    const struct access_settings *settings; /* not owned, like the next; of no automatic format */
    const struct names *secrets;
    _Atomic(struct notes *) notes; /* of each thread that has had a request; for good */
    _Atomic uint64_t unnoted;      /* lines of threads that had no memory for notes */

    pthread_t writer;          /* when the format is not ACCESS_OFF, like the rest */
    int wake;                  /* an eventfd; owned, like the next */
    int done;                  /* the writer has written all lines, and ends */
    atomic_bool awake;         /* the writer will look at the rings, or is doing so */
    atomic_bool ended;         /* there will be no more lines */
    _Atomic uint64_t reported; /* lines dropped that standard error has heard of */
};

/* Whether a line of JSON has a member of that name already. */
bool access_has_member(const char *name);

/* 0 or a negative errno. */
int access_start(struct access *access, const struct access_settings *settings,
                 const struct names *secrets);

/* The access callback of the server; data: struct access. */
void access_take(void *data, const struct hello_access_record *record);

/* Once the server has stopped: write what is left, for a second at most. The struct must live on:
 * a writer that nobody reads from is left to the end of the process. */
void access_end(struct access *access);

/* Any thread. */
uint64_t access_dropped(const struct access *access);
void access_durations(const struct access *access, struct histogram *durations);

#endif
