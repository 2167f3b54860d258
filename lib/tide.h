/* SPDX-License-Identifier: MIT */
/* When a crowd of connections has gone, and its memory should go back to the system: the C
 * library keeps freed memory for later, and a crowd may never come again. */
#ifndef HELLO_LIB_TIDE_H
#define HELLO_LIB_TIDE_H

#include <stdbool.h>
#include <stdint.h>

struct tide {
    uint32_t high; /* the most connections since the memory went back last */
};

/* Take note of how many connections are open. Returns whether it is time to give memory back:
 * when no more than an eighth of a crowd is left. */
bool hello__tide_ebbs(struct tide *tide, uint32_t open);

/* Give what is free back to the system; for all threads. */
void hello__tide_give_back(void);

#endif
