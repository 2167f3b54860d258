/* SPDX-License-Identifier: MIT */
/* Blocks of one size that go from one user to the next, so that the heap is asked for few. */
#ifndef HELLO_LIB_SPARES_H
#define HELLO_LIB_SPARES_H

#include <stddef.h>

/* As many as requests are begun before the first of them ends, where libmicrohttpd is ours: its
 * MHD_BATCH_SIZE. */
enum { MOST_SPARES = 8 };

struct spares {
    void *blocks[MOST_SPARES]; /* owned */
    size_t count;
};

/* A block with anything in it, or NULL when out of memory. size: in bytes, always the same. */
void *hello__spares_take(struct spares *spares, size_t size);

/* Hand on, or free, a block of that size. */
void hello__spares_leave(struct spares *spares, void *block);

/* Free all that are kept. */
void hello__spares_free(struct spares *spares);

#endif
