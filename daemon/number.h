/* SPDX-License-Identifier: MIT */
#ifndef HELLOD_NUMBER_H
#define HELLOD_NUMBER_H

#include <stdint.h>

/* Digits only, as far as they go; *end behind them. UINT64_MAX for what is too large. */
uint64_t number_read(const char *text, const char **end);

#endif
