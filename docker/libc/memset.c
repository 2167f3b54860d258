/* SPDX-License-Identifier: MIT */
/* memset() for the static hellod on x86-64, for the reason that it has a memmove(). */
#include "units.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static void set_up_to_3(char *target, char byte, size_t size)
{
    if (size > 0)
        target[0] = target[size / 2] = target[size - 1] = byte;
}

void *memset(void *target, int byte, size_t size)
{
    char *at = target;
    const eight word = UINT64_C(0x0101010101010101) * (unsigned char)byte;
    const sixteen unit = {word, word};
    if (size >= sizeof unit) {
        const size_t end = size - sizeof unit;
        for (size_t i = 0; i < end; i += sizeof unit)
            *(sixteen *)(at + i) = unit;
        *(sixteen *)(at + end) = unit;
    } else if (size >= sizeof(eight)) {
        *(eight *)at = *(eight *)(at + size - sizeof(eight)) = word;
    } else if (size >= sizeof(four)) {
        *(four *)at = *(four *)(at + size - sizeof(four)) = (uint32_t)word;
    } else {
        set_up_to_3(at, (char)byte, size);
    }
    return target;
}
