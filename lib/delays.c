/* SPDX-License-Identifier: MIT */
#include "delays.h"

#include "guard.h"

#include <stddef.h>

/* The rank is the length of the way to the right. It is never longer on the right than on the left,
 * so it is at most the binary logarithm of the number below. */
static unsigned rank(const struct guarded *guarded)
{
    return guarded ? guarded->rank : 0;
}

/* Restore the order of the children's ranks. Returns whether the rank has changed. */
static bool settle(struct guarded *guarded)
{
    if (rank(guarded->left) < rank(guarded->right)) {
        struct guarded *left = guarded->left;
        guarded->left = guarded->right;
        guarded->right = left;
    }
    unsigned before = guarded->rank;
    guarded->rank = (uint8_t)(rank(guarded->right) + 1);
    return guarded->rank != before;
}

/* Make one heap of two, either of which may be NULL, along their ways to the right. */
static struct guarded *merge(struct guarded *one, struct guarded *other)
{
    struct guarded *first = NULL;
    struct guarded *last = NULL;
    struct guarded **link = &first;
    while (one && other) {
        struct guarded **earlier = other->due < one->due ? &other : &one;
        *link = *earlier;
        (*link)->parent = last;
        last = *link;
        link = &last->right;
        *earlier = last->right;
    }
    *link = one ? one : other;
    if (*link)
        (*link)->parent = last;
    for (; last; last = last->parent)
        settle(last);
    return first;
}

void hello__delays_insert(struct delays *delays, struct guarded *guarded)
{
    guarded->left = guarded->right = NULL;
    guarded->rank = 1;
    delays->first = merge(delays->first, guarded);
}

void hello__delays_remove(struct delays *delays, struct guarded *guarded)
{
    struct guarded *parent = guarded->parent;
    struct guarded *rest = merge(guarded->left, guarded->right);
    if (rest)
        rest->parent = parent;
    if (!parent)
        delays->first = rest;
    else
        *(parent->left == guarded ? &parent->left : &parent->right) = rest;
    while (parent && settle(parent))
        parent = parent->parent;
}
