/* SPDX-License-Identifier: MIT */
/* Kinds of values. The text that write() returns is valid for read(). */
#ifndef HELLOD_VALUE_H
#define HELLOD_VALUE_H

#include <stdint.h>

enum { VALUE_SIZE = 64 };

struct flag;
struct settings;

struct kind {
    /* Set the member, or add to it. text: lives as long as the settings. Returns NULL, or the
     * mistake and the accepted form; in settings->reason, or static. */
    const char *(*read)(struct settings *settings, const struct flag *flag, const char *text);
    /* The value, or the value at an index of a list; the buffer may hold it. NULL = no value. */
    const char *(*write)(const struct settings *settings, const struct flag *flag, uint32_t index,
                         char buffer[VALUE_SIZE]);
    /* The separators of a list in a variable and in an argument; 0 = a single value. */
    char in_variable, in_argument;
};

/* Of a uint32_t, of two in milliseconds, and of a string. */
extern const struct kind value_number, value_mode, value_duration, value_choice;
extern const struct kind value_span;
extern const struct kind value_text, value_greeting;
/* Lists. */
extern const struct kind value_status, value_texts, value_fields, value_names, value_members;

#endif
