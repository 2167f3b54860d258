/* SPDX-License-Identifier: MIT */
/* A skew heap. Each merge swaps the children on its path, so that long paths become rare. */
#include "deadlines.h"

#include <stddef.h>

/* Merge two heaps, either of which may be NULL, along their paths of right children. */
static struct deadline *merge(struct deadline *one, struct deadline *other)
{
    struct deadline *first = NULL;
    struct deadline *parent = NULL;
    struct deadline **link = &first;
    while (one && other) {
        struct deadline **earlier = other->due < one->due ? &other : &one;
        struct deadline *node = *link = *earlier;
        *earlier = node->right;
        node->right = node->left;
        node->parent = parent;
        parent = node;
        link = &node->left;
    }
    *link = one ? one : other;
    if (*link)
        (*link)->parent = parent;
    return first;
}

void hello__delays_insert(struct deadline **first, struct deadline *deadline)
{
    deadline->left = deadline->right = NULL;
    *first = merge(*first, deadline);
}

void hello__delays_remove(struct deadline **first, struct deadline *deadline)
{
    struct deadline *parent = deadline->parent;
    struct deadline *rest = merge(deadline->left, deadline->right);
    if (rest)
        rest->parent = parent;
    if (!parent)
        *first = rest;
    else
        *(parent->left == deadline ? &parent->left : &parent->right) = rest;
}
