/* SPDX-License-Identifier: MIT */
/* What a fuzzer holds against the code: a property, in its own words. */
#ifndef HELLO_FUZZ_PROPERTY_H
#define HELLO_FUZZ_PROPERTY_H

#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(property)                                                                          \
    do {                                                                                           \
        if (!(property)) {                                                                         \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #property);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
