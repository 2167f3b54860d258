/* SPDX-License-Identifier: MIT */
/* A bounded ring of lines between two threads: one puts, one takes, neither waits. A line that does
 * not fit is dropped whole and counted. */
#ifndef HELLOD_RING_H
#define HELLOD_RING_H

#include "text.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_SIZE = 256 * 1024 }; /* a power of two */

/* Positions count bytes since the beginning. */
struct ring {
    _Atomic uint64_t dropped; /* lines; written by the putting thread */
    _Atomic size_t put;       /* the end of the complete lines; likewise */
    _Atomic size_t taken;     /* the end of the free bytes; written by the taking thread */
    char bytes[RING_SIZE];
};

/* The putting thread begins a line and adds text to it. */
struct text ring_begin_line(struct ring *ring);

/* The line is complete, its line feed included. */
void ring_end_line(struct ring *ring, const struct text *line);

/* Copy whole lines that fit into the buffer, or a part of one longer line. They stay in the ring
 * until ring_take(). Returns the number of bytes; 0 if the ring is empty. */
size_t ring_look(const struct ring *ring, char *bytes, size_t size);

/* Free these bytes. */
void ring_take(struct ring *ring, size_t size);

#endif
