/* SPDX-License-Identifier: MIT */
/* Connections in the order of arbitrary times: a leftist heap.
 *
 * Each function takes O(log n) steps and allocates nothing. A connection may be removed from any
 * place. */
#ifndef HELLO_LIB_DELAYS_H
#define HELLO_LIB_DELAYS_H

struct deadline;

struct delays {
    struct deadline *first; /* the root, which is due first; NULL = the heap is empty */
};

/* Insert a connection by its `due`, which must not change while the connection is in the heap. */
void hello__delays_insert(struct delays *delays, struct deadline *deadline);

void hello__delays_remove(struct delays *delays, struct deadline *deadline);

#endif
