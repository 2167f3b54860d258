/* SPDX-License-Identifier: MIT */
#include "tide.h"

#include <stdlib.h> /* says whose C library it is */
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Fewer leave behind no more than five megabytes, and to look through a large heap takes time. */
enum { CROWD = 512 };

bool hello__tide_ebbs(struct tide *tide, uint32_t open)
{
    if (open > tide->high)
        tide->high = open;
    if (tide->high < CROWD || open > tide->high / 8)
        return false;
    tide->high = open;
    return true;
}

void hello__tide_give_back(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
