/* SPDX-License-Identifier: MIT */
/* The time of day as text. */
#ifndef HELLOD_CLOCK_H
#define HELLOD_CLOCK_H

#include "text.h"

#include <stdbool.h>

/* Put the current time in UTC: as in the Common Log Format, "24/Nov/2026:08:40:07 +0000", or as in
 * RFC 3339, "2026-11-24T08:40:07.546Z". */
void clock_put(struct text *text, bool is_common);

#endif
