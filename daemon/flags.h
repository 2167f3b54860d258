/* SPDX-License-Identifier: MIT */
/* What hellod can be told, as data: read by options.c, shown by help.c and check.c. */
#ifndef HELLOD_FLAGS_H
#define HELLOD_FLAGS_H

#include <stddef.h>
#include <stdint.h>

struct kind; /* of value.h */

/* Texts of a flag, behind the NUL of the one before. One pointer for all of them keeps hellod
 * small. */
enum flag_part {
    FLAG_GROUP = 1, /* the heading before it in the help; none: as the flag before */
    FLAG_ARGUMENT,  /* as the help names it; none: a switch, which is on if given */
    FLAG_USUAL,     /* the default, as a user would give it */
    FLAG_WORDS,     /* of a choice, with '|' between two; of a number, the word for 0; of another
                     * value, what is in force without one */
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

/* NULL when there is none of that name. */
const struct flag *flag_find(const char *name, size_t length);

/* That which may have been meant: misspelt, or cut short. NULL when there is none. */
const struct flag *flag_nearest(const char *name, size_t length);

#endif
