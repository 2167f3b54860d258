/* SPDX-License-Identifier: MIT */
/* Output of text into a buffer or a ring. Text without room is only counted. */
#ifndef HELLOD_TEXT_H
#define HELLOD_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Positions count bytes from the beginning of the buffer or ring. */
struct text {
    char *bytes;  /* not owned */
    size_t mask;  /* of a position in bytes: the size of a ring less 1; SIZE_MAX in a buffer */
    size_t end;   /* of the text */
    size_t limit; /* of the room */
};

/* Escapes for bytes of a request, so that no byte ends the surrounding field or line. */
enum escape {
    ESCAPE_NONE,
    ESCAPE_FIELD, /* for a field of an answer: all but printable ASCII, and '\', are \xHH */
    ESCAPE_LOG,   /* likewise, and '"' */
    ESCAPE_JSON   /* in a string of JSON, see text_put_escaped() */
};

void text_put(struct text *text, const char *bytes, size_t length);
void text_put_string(struct text *text, const char *string);
void text_put_number(struct text *text, uint64_t number);

/* Into a buffer only. */
__attribute__((format(printf, 2, 3))) void text_print(struct text *text, const char *format, ...);

/* In JSON, the output is ASCII. UTF-8 is decoded: characters outside printable ASCII, '"', '\' and
 * '<' are \uHHHH. A byte HH that is not part of valid UTF-8 is \uefHH. The bytes of U+EF80 to
 * U+EFFF are encoded in the same way, so that a reader can restore all bytes. */
void text_put_escaped(struct text *text, enum escape escape, const char *bytes, size_t length);

#endif
