/* SPDX-License-Identifier: MIT */
#include "delays.h"

#include "deadlines.h"

#include <stddef.h>

/* The rank is the length of the path of right children. A right child's rank is at most the left
 * child's, so the rank is at most the binary logarithm of the size. */
static unsigned rank(const struct deadline *deadline)
{
    return deadline ? deadline->rank : 0;
}

/* Restore the order of the children's ranks. Returns whether the rank has changed. */
static bool settle(struct deadline *deadline)
{
    if (rank(deadline->left) < rank(deadline->right)) {
        struct deadline *left = deadline->left;
        deadline->left = deadline->right;
        deadline->right = left;
    }
    unsigned before = deadline->rank;
    deadline->rank = (uint8_t)(rank(deadline->right) + 1);
    return deadline->rank != before;
}

/* Merge two heaps, either of which may be NULL, along their paths of right children. */
static struct deadline *merge(struct deadline *one, struct deadline *other)
{
    struct deadline *first = NULL;
    struct deadline *last = NULL;
    struct deadline **link = &first;
    while (one && other) {
        struct deadline **earlier = other->due < one->due ? &other : &one;
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

void hello__delays_insert(struct delays *delays, struct deadline *deadline)
{
    deadline->left = deadline->right = NULL;
    deadline->rank = 1;
    delays->first = merge(delays->first, deadline);
}

void hello__delays_remove(struct delays *delays, struct deadline *deadline)
{
    struct deadline *parent = deadline->parent;
    struct deadline *rest = merge(deadline->left, deadline->right);
    if (rest)
        rest->parent = parent;
    if (!parent)
        delays->first = rest;
    else
        *(parent->left == deadline ? &parent->left : &parent->right) = rest;
    while (parent && settle(parent))
        parent = parent->parent;
}
