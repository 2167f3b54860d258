/* SPDX-License-Identifier: MIT */
/* What memmove() and memset() take at once: so many bytes, of any type, wherever they lie. */
#ifndef HELLOD_LIBC_UNITS_H
#define HELLOD_LIBC_UNITS_H

#include <stdint.h>

typedef uint16_t two __attribute__((may_alias, aligned(1)));
typedef uint32_t four __attribute__((may_alias, aligned(1)));
typedef uint64_t eight __attribute__((may_alias, aligned(1)));
typedef uint64_t pair __attribute__((vector_size(16)));
typedef pair sixteen __attribute__((may_alias, aligned(1)));

#endif
