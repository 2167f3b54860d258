/* SPDX-License-Identifier: MIT */
#include "ascii.h"

#include <string.h>

/* The classes are bits; the table is made by the compiler from the sets below. */
enum {
    TEXT_BITS = ASCII_FIELD_VALUE | ASCII_NO_CONTROL,
    PLAIN_BITS = TEXT_BITS | ASCII_PLAIN,
    LETTER_BITS = PLAIN_BITS | ASCII_TOKEN | ASCII_USERINFO | ASCII_REG_NAME | ASCII_LOCATION_PATH,
    DIGIT_BITS = LETTER_BITS | ASCII_DIGIT,
    HIGH_BITS = PLAIN_BITS, /* of every byte outside ASCII */
};

#define EIGHT(bits) bits, bits, bits, bits, bits, bits, bits, bits
#define TEN(bits) EIGHT(bits), bits, bits
#define LETTERS TEN(LETTER_BITS), EIGHT(LETTER_BITS), EIGHT(LETTER_BITS)

static const unsigned char classes[256] = {
    ['\t'] = ASCII_FIELD_VALUE,
    [' '] = PLAIN_BITS,
    ['!'] = ASCII_TOKEN | PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME,
    ['"'] = PLAIN_BITS,
    ['#'] = ASCII_TOKEN | PLAIN_BITS,
    ['$'] = ASCII_TOKEN | PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME | ASCII_LOCATION_PATH,
    ['%'] = ASCII_TOKEN | TEXT_BITS | ASCII_USERINFO | ASCII_REG_NAME,
    ['&'] = ASCII_TOKEN | PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME | ASCII_LOCATION_PATH,
    ['\''] = ASCII_TOKEN | PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME,
    ['('] = PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME,
    [')'] = PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME,
    ['*'] = ASCII_TOKEN | PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME,
    ['+'] = ASCII_TOKEN | PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME | ASCII_LOCATION_PATH,
    [','] = PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME | ASCII_LOCATION_PATH,
    ['-'] = ASCII_TOKEN | PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME | ASCII_LOCATION_PATH,
    ['.'] = ASCII_TOKEN | PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME | ASCII_LOCATION_PATH,
    ['/'] = PLAIN_BITS | ASCII_LOCATION_PATH,
    ['0'] = TEN(DIGIT_BITS),
    [':'] = PLAIN_BITS | ASCII_USERINFO | ASCII_LOCATION_PATH,
    [';'] = PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME | ASCII_LOCATION_PATH,
    ['<'] = PLAIN_BITS,
    ['='] = PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME | ASCII_LOCATION_PATH,
    ['>'] = PLAIN_BITS,
    ['?'] = TEXT_BITS,
    ['@'] = PLAIN_BITS | ASCII_USERINFO | ASCII_LOCATION_PATH,
    ['A'] = LETTERS,
    ['['] = PLAIN_BITS,
    ['\\'] = PLAIN_BITS,
    [']'] = PLAIN_BITS,
    ['^'] = ASCII_TOKEN | PLAIN_BITS,
    ['_'] = ASCII_TOKEN | PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME | ASCII_LOCATION_PATH,
    ['`'] = ASCII_TOKEN | PLAIN_BITS,
    ['a'] = LETTERS,
    ['{'] = PLAIN_BITS,
    ['|'] = ASCII_TOKEN | PLAIN_BITS,
    ['}'] = PLAIN_BITS,
    ['~'] = ASCII_TOKEN | PLAIN_BITS | ASCII_USERINFO | ASCII_REG_NAME | ASCII_LOCATION_PATH,
    [128] = EIGHT(EIGHT(HIGH_BITS)),
    EIGHT(EIGHT(HIGH_BITS)),
};

static bool is_in(char c, enum ascii_class class)
{
    return (classes[(unsigned char)c] & class) != 0;
}

bool hello__all_bytes(const char *text, size_t length, enum ascii_class class)
{
    unsigned common = class;
    for (const char *end = text + length; text < end; text++)
        common &= classes[(unsigned char)*text];
    return common != 0;
}

bool hello__is_ascii(char c)
{
    return (unsigned char)c < 0x80;
}

/* Letters of both cases differ in one bit, which digits have as small letters do. */
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
    return is_in(c, ASCII_DIGIT);
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

bool hello__is_location_path(char c)
{
    return is_in(c, ASCII_LOCATION_PATH);
}
