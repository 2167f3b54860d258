/* SPDX-License-Identifier: MIT */
#include "greeting.h"

#include <stdint.h>
#include <string.h>

size_t hello__greeting_format(char *greeting, size_t size, const char *path, size_t length)
{
    static const char salutation[] = "Hello, you've requested: ";
    const size_t prefix = sizeof salutation - 1;
    if (length > SIZE_MAX - prefix - 1)
        return SIZE_MAX;
    const size_t whole = prefix + length + 1;
    if (whole <= size) {
        memcpy(greeting, salutation, prefix);
        if (length > 0)
            memcpy(greeting + prefix, path, length);
        greeting[whole - 1] = '\n';
    }
    return whole;
}
