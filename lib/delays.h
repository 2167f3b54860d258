/* SPDX-License-Identifier: MIT */
/* Connections in the order of times that have nothing in common: a leftist heap.
 *
 * Each of its functions takes O(log n) steps, allocates nothing, and takes a connection from the
 * middle as well. */
#ifndef HELLO_LIB_DELAYS_H
#define HELLO_LIB_DELAYS_H

struct deadline;

struct delays {
    struct deadline *first; /* the root: the one that is due first; NULL when there is none */
};

/* Insert a connection by the time when it is due, which stays the same while it is in the heap. */
void hello__delays_insert(struct delays *delays, struct deadline *deadline);

/* Remove a connection that is in the heap. */
void hello__delays_remove(struct delays *delays, struct deadline *deadline);

#endif
