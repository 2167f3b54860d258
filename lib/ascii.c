/* SPDX-License-Identifier: MIT */
#include "ascii.h"

/* Each class is a bit. The compiler makes the table from these sets. */
enum {
    TEXT_BITS = ASCII_FIELD_VALUE | ASCII_NO_CONTROL,
    PLAIN_BITS = TEXT_BITS | ASCII_PLAIN,
    SUB_DELIM_BITS = PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME | ASCII_ESCAPED_PATH,
    LOCATION_BITS = SUB_DELIM_BITS | ASCII_LOCATION_PATH,
    ALPHANUMERIC_BITS = LOCATION_BITS | ASCII_TOKEN,
    HIGH_BITS = PLAIN_BITS, /* of every byte outside ASCII */
};

#define EIGHT(bits) bits, bits, bits, bits, bits, bits, bits, bits
#define TEN(bits) EIGHT(bits), bits, bits
#define LETTERS TEN(ALPHANUMERIC_BITS), EIGHT(ALPHANUMERIC_BITS), EIGHT(ALPHANUMERIC_BITS)

static const unsigned char classes[256] = {
    ['\t'] = ASCII_FIELD_VALUE,
    [' '] = PLAIN_BITS,
    ['!'] = ASCII_TOKEN | SUB_DELIM_BITS,
    ['"'] = PLAIN_BITS,
    ['#'] = ASCII_TOKEN | PLAIN_BITS,
    ['$'] = ASCII_TOKEN | LOCATION_BITS,
    ['%'] = ASCII_TOKEN | TEXT_BITS | ASCII_USERINFO | ASCII_REG_NAME | ASCII_ESCAPED_PATH,
    ['&'] = ASCII_TOKEN | LOCATION_BITS,
    ['\''] = ASCII_TOKEN | SUB_DELIM_BITS,
    ['('] = SUB_DELIM_BITS,
    [')'] = SUB_DELIM_BITS,
    ['*'] = ASCII_TOKEN | SUB_DELIM_BITS,
    ['+'] = ASCII_TOKEN | LOCATION_BITS,
    [','] = LOCATION_BITS,
    ['-'] = ASCII_TOKEN | LOCATION_BITS,
    ['.'] = ASCII_TOKEN | LOCATION_BITS,
    ['/'] = PLAIN_BITS | ASCII_ESCAPED_PATH | ASCII_LOCATION_PATH,
    ['0'] = TEN(ALPHANUMERIC_BITS),
    [':'] = PLAIN_BITS | ASCII_USERINFO | ASCII_ESCAPED_PATH | ASCII_LOCATION_PATH,
    [';'] = LOCATION_BITS,
    ['<'] = PLAIN_BITS,
    ['='] = LOCATION_BITS,
    ['>'] = PLAIN_BITS,
    ['?'] = TEXT_BITS,
    ['@'] = PLAIN_BITS | ASCII_USERINFO | ASCII_ESCAPED_PATH | ASCII_LOCATION_PATH,
    ['A'] = LETTERS,
    ['['] = PLAIN_BITS | ASCII_ESCAPED_PATH,
    ['\\'] = PLAIN_BITS,
    [']'] = PLAIN_BITS | ASCII_ESCAPED_PATH,
    ['^'] = ASCII_TOKEN | PLAIN_BITS,
    ['_'] = ASCII_TOKEN | LOCATION_BITS,
    ['`'] = ASCII_TOKEN | PLAIN_BITS,
    ['a'] = LETTERS,
    ['{'] = PLAIN_BITS,
    ['|'] = ASCII_TOKEN | PLAIN_BITS,
    ['}'] = PLAIN_BITS,
    ['~'] = ASCII_TOKEN | LOCATION_BITS,
    [128] = EIGHT(EIGHT(HIGH_BITS)),
    EIGHT(EIGHT(HIGH_BITS)),
};

unsigned hello__all_bytes(const char *text, size_t length, unsigned common)
{
    for (const char *end = text + length; text < end; text++)
        common &= classes[(unsigned char)*text];
    return common;
}
