/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <stdio.h>
#include <time.h>

/* The latest formatted second: many requests end in the same second. */
struct second {
    time_t second;
    char text[80]; /* any int would fit */
};

static _Thread_local struct second seconds[2]; /* by is_common */

static void format(struct second *to, const struct tm *utc, bool is_common)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (is_common)
        snprintf(to->text, sizeof to->text, "%02d/%.3s/%d:%02d:%02d:%02d +0000", utc->tm_mday,
                 months + 3 * (size_t)utc->tm_mon, 1900 + utc->tm_year, utc->tm_hour, utc->tm_min,
                 utc->tm_sec);
    else
        snprintf(to->text, sizeof to->text, "%d-%02d-%02dT%02d:%02d:%02d.", 1900 + utc->tm_year,
                 utc->tm_mon + 1, utc->tm_mday, utc->tm_hour, utc->tm_min, utc->tm_sec);
}

void clock_put(struct text *text, bool is_common)
{
    struct second *last = &seconds[is_common];
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != last->second && gmtime_r(&now.tv_sec, &utc)) {
        last->second = now.tv_sec;
        format(last, &utc, is_common);
    }
    text_put_string(text, last->text);
    if (is_common)
        return;
    unsigned milliseconds = (unsigned)(now.tv_nsec / 1000000);
    const char rest[] = {(char)('0' + milliseconds / 100), (char)('0' + milliseconds / 10 % 10),
                         (char)('0' + milliseconds % 10), 'Z'};
    text_put(text, rest, sizeof rest);
}
