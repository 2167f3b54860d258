/* SPDX-License-Identifier: MIT */
/* The table of options. options.c reads them, help.c and check.c print them. */
#ifndef HELLOD_FLAGS_H
#define HELLOD_FLAGS_H

#include <stddef.h>
#include <stdint.h>

struct kind; /* of value.h */

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

/* NULL if no flag has that name. */
const struct flag *flag_find(const char *name, size_t length);

/* The flag with the most similar name, for a misspelt or cut name. NULL if none is similar. */
const struct flag *flag_nearest(const char *name, size_t length);

#endif
