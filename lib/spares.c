/* SPDX-License-Identifier: MIT */
#include "spares.h"

#include <stdbool.h>
#include <stdlib.h>

/* AddressSanitizer is to see who uses a block that he has left. */
#ifdef FREES_SPARES
enum { KEEPS = false };
#else
enum { KEEPS = true };
#endif

void *hello__spares_take(struct spares *spares, size_t size)
{
    return spares->count > 0 ? spares->blocks[--spares->count] : malloc(size);
}

void hello__spares_leave(struct spares *spares, void *block)
{
    if (KEEPS && spares->count < MOST_SPARES)
        spares->blocks[spares->count++] = block;
    else
        free(block);
}

void hello__spares_free(struct spares *spares)
{
    while (spares->count > 0)
        free(spares->blocks[--spares->count]);
}
