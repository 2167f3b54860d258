/* SPDX-License-Identifier: MIT */
#ifndef HELLOD_NUMBER_H
#define HELLOD_NUMBER_H

#include <stdint.h>

/* Read decimal digits. *end: after the last digit. UINT64_MAX if the number is too large. */
uint64_t number_read(const char *text, const char **end);

#endif
