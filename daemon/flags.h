/* SPDX-License-Identifier: MIT */
/* The table of options. options.c reads them, show.c prints them. */
#ifndef HELLOD_FLAGS_H
#define HELLOD_FLAGS_H

#include <stddef.h>
#include <stdint.h>

struct flag;
struct settings;

enum { VALUE_SIZE = 64 };

/* A kind of values, in value.c. The text that write() returns is valid for read(). */
struct kind {
    /* Set the member, or add to it. text: lives as long as the settings. Returns NULL, or the
     * mistake and the accepted form; in settings->reason, or static. */
    const char *(*read)(struct settings *settings, const struct flag *flag, const char *text);
    /* The value, or the value at an index of a list; the buffer may hold it. NULL = no value. */
    const char *(*write)(const struct settings *settings, const struct flag *flag, uint32_t index,
                         char buffer[VALUE_SIZE]);
    /* The separators of a list in a variable and in an argument; 0 = a single value. */
    char in_variable, in_argument;
    /* Of a text: NULL, or the mistake; static. */
    const char *(*fault)(const char *text);
};

extern const struct kind value_number, value_mode, value_duration, value_span, value_choice,
    value_text, value_greeting, value_status, value_texts, value_fields, value_names, value_members;

/* Texts of a flag, in one string with a NUL after each: fewer pointers keep hellod small. */
enum flag_part {
    FLAG_GROUP = 1, /* the heading in the help; none: the same as of the previous flag */
    FLAG_ARGUMENT,  /* the name of the value in the help; none: a switch */
    FLAG_USUAL,     /* the default, in the form of an argument */
    FLAG_WORDS,     /* of a choice: the words, separated by '|'; of a number: the word for 0; of
                     * another value: the value in force without the option */
    FLAG_HELP,      /* phrases, without the default */
};

struct flag {
    const char *name; /* without "--"; the other texts follow it */
    const struct kind *kind;
    uint32_t offset;      /* of the member of struct settings */
    uint32_t least, most; /* of a number; most: of a list's values, too */
};

/* NULL when there is none. */
const char *flag_part(const struct flag *flag, enum flag_part part);

extern const struct flag flags[];
extern const size_t flag_count;

/* Names of a flag: "max-connections", "max_connections" and "MAX_CONNECTIONS". NULL if no flag has
 * that name. */
const struct flag *flag_find(const char *name, size_t length);

/* The flag with the most similar name, for a misspelt or cut name. NULL if none is similar. */
const struct flag *flag_nearest(const char *name, size_t length);

/* Read digits. *end: after the last digit. base: up to 10. UINT64_MAX for a number too large. */
uint64_t value_digits(const char *text, const char **end, unsigned base);

#endif
