/* SPDX-License-Identifier: MIT */
/* The heap of the library and of libmicrohttpd, where it can be made to fail. The linker's
 * --wrap leads their calls here. */
#ifndef TESTS_MEMORY_H
#define TESTS_MEMORY_H

#include <stdbool.h>

/* Only what a thread allocates and frees between these two fails and counts: what it does in one
 * of the library's functions. */
void memory_enter(void);
void memory_leave(void);

/* Whether this thread is between them. */
bool memory_is_inside(void);

/* The nth allocation from now on fails, counted from 1; 0 = none does. */
void memory_fail_at(unsigned n);

/* Whether it has come to that, since something was to fail. */
bool memory_has_failed(void);

/* Blocks that are allocated. */
int memory_live(void);

#endif
