/* SPDX-License-Identifier: MIT */
#include "ascii.h"

#include <string.h>

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

/* Upper and lower case differ in one bit, which is set in lowercase letters and in digits. */
static unsigned lower_case(char c)
{
    return (unsigned char)c | 0x20U;
}

bool hello__is_alpha(char c)
{
    return lower_case(c) - 'a' < 26;
}

bool hello__is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

static bool is_hex(char c)
{
    return hello__is_digit(c) || lower_case(c) - 'a' < 6;
}

static unsigned hex_value(char c)
{
    return hello__is_digit(c) ? lower_case(c) - '0' : lower_case(c) - 'a' + 10;
}

unsigned hello__escaped_byte(const char *escape)
{
    return hex_value(escape[1]) << 4 | hex_value(escape[2]);
}

bool hello__escapes_are_valid(const char *text, size_t length, unsigned least)
{
    const char *end = text + length;
    while (text < end && (text = memchr(text, '%', (size_t)(end - text)))) {
        if (end - text < 3 || !is_hex(text[1]) || !is_hex(text[2]) ||
            hello__escaped_byte(text) < least)
            return false;
        text += 3;
    }
    return true;
}
