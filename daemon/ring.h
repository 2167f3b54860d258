/* SPDX-License-Identifier: MIT */
/* Lines on their way from one thread to another, in a bounded ring of bytes: one thread puts, one
 * takes, and neither waits. A line that does not fit is dropped whole, and counted. */
#ifndef HELLOD_RING_H
#define HELLOD_RING_H

#include "text.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* A power of two. */
enum { RING_SIZE = 256 * 1024 };

/* Positions count bytes since the beginning. */
struct ring {
    _Atomic uint64_t dropped; /* lines; written by the putting thread */
    _Atomic size_t put;       /* up to here lines are whole; likewise */
    _Atomic size_t taken;     /* up to here there is room again; written by the taking thread */
    char bytes[RING_SIZE];
};

/* A line, for the putting thread to add to. */
struct text ring_begin_line(struct ring *ring);

/* The line is complete, its line feed included. */
void ring_end_line(struct ring *ring, const struct text *line);

/* Copy what is there, up to the last end of a line that fits, or part of a line that is too long
 * by itself. It stays in the ring until ring_take(). Returns its bytes; 0 when there is nothing. */
size_t ring_look(const struct ring *ring, char *bytes, size_t size);

/* Make room for as many bytes again. */
void ring_take(struct ring *ring, size_t size);

#endif
