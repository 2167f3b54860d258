/* SPDX-License-Identifier: MIT */
#include "ascii.h"

/* Each class is a bit; the tables are made by the compiler from the sets below. */
enum class {
    ALPHA = 1 << 0,
    DIGIT = 1 << 1,
    HEX = 1 << 2,
    TOKEN = 1 << 3,
    SCHEME_TAIL = 1 << 4,
    USERINFO = 1 << 5,
    HOST = 1 << 6,
    HOST_FIELD = 1 << 7,
    LOCATION_PATH = 1 << 8,
};

enum {
    LETTER_BITS = ALPHA | TOKEN | SCHEME_TAIL | USERINFO | HOST | HOST_FIELD | LOCATION_PATH,
    HEX_LETTER_BITS = LETTER_BITS | HEX,
    DIGIT_BITS = (LETTER_BITS & ~ALPHA) | DIGIT | HEX,
};

static const unsigned short classes[128] = {
    ['!'] = TOKEN | USERINFO | HOST | HOST_FIELD,
    ['"'] = HOST,
    ['#'] = TOKEN,
    ['$'] = TOKEN | USERINFO | HOST | HOST_FIELD | LOCATION_PATH,
    ['%'] = TOKEN | USERINFO | HOST_FIELD,
    ['&'] = TOKEN | USERINFO | HOST | HOST_FIELD | LOCATION_PATH,
    ['\''] = TOKEN | USERINFO | HOST | HOST_FIELD,
    ['('] = USERINFO | HOST | HOST_FIELD,
    [')'] = USERINFO | HOST | HOST_FIELD,
    ['*'] = TOKEN | USERINFO | HOST | HOST_FIELD,
    ['+'] = TOKEN | SCHEME_TAIL | USERINFO | HOST | HOST_FIELD | LOCATION_PATH,
    [','] = USERINFO | HOST | HOST_FIELD | LOCATION_PATH,
    ['-'] = TOKEN | SCHEME_TAIL | USERINFO | HOST | HOST_FIELD | LOCATION_PATH,
    ['.'] = TOKEN | SCHEME_TAIL | USERINFO | HOST | HOST_FIELD | LOCATION_PATH,
    ['/'] = LOCATION_PATH,
    ['0'] = DIGIT_BITS,
    DIGIT_BITS,
    DIGIT_BITS,
    DIGIT_BITS,
    DIGIT_BITS,
    ['5'] = DIGIT_BITS,
    DIGIT_BITS,
    DIGIT_BITS,
    DIGIT_BITS,
    DIGIT_BITS,
    [':'] = USERINFO | HOST | HOST_FIELD | LOCATION_PATH,
    [';'] = USERINFO | HOST | HOST_FIELD | LOCATION_PATH,
    ['<'] = HOST,
    ['='] = USERINFO | HOST | HOST_FIELD | LOCATION_PATH,
    ['>'] = HOST,
    ['@'] = USERINFO | LOCATION_PATH,
    ['A'] = HEX_LETTER_BITS,
    HEX_LETTER_BITS,
    HEX_LETTER_BITS,
    ['D'] = HEX_LETTER_BITS,
    HEX_LETTER_BITS,
    HEX_LETTER_BITS,
    ['G'] = LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    ['L'] = LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    ['Q'] = LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    ['V'] = LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    ['['] = HOST | HOST_FIELD,
    [']'] = HOST | HOST_FIELD,
    ['^'] = TOKEN,
    ['_'] = TOKEN | USERINFO | HOST | HOST_FIELD | LOCATION_PATH,
    ['`'] = TOKEN,
    ['a'] = HEX_LETTER_BITS,
    HEX_LETTER_BITS,
    HEX_LETTER_BITS,
    ['d'] = HEX_LETTER_BITS,
    HEX_LETTER_BITS,
    HEX_LETTER_BITS,
    ['g'] = LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    ['l'] = LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    ['q'] = LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    ['v'] = LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    LETTER_BITS,
    ['|'] = TOKEN,
    ['~'] = TOKEN | USERINFO | HOST | HOST_FIELD | LOCATION_PATH,
};

static bool is_in(char c, enum class class)
{
    unsigned char byte = (unsigned char)c;
    return byte < 128 && (classes[byte] & class) != 0;
}

bool hello__all_bytes(const char *text, size_t length, bool (*is_allowed)(char))
{
    for (size_t i = 0; i < length; i++)
        if (!is_allowed(text[i]))
            return false;
    return true;
}

bool hello__is_control(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte < 0x20 || byte == 0x7F;
}

bool hello__is_ascii(char c)
{
    return (unsigned char)c < 0x80;
}

bool hello__is_alpha(char c)
{
    return is_in(c, ALPHA);
}

bool hello__is_digit(char c)
{
    return is_in(c, DIGIT);
}

bool hello__is_hex(char c)
{
    return is_in(c, HEX);
}

unsigned hello__hex_value(char c)
{
    unsigned byte = (unsigned char)c;
    return hello__is_digit(c) ? byte - '0' : (byte | 0x20) - 'a' + 10;
}

bool hello__is_token(char c)
{
    return is_in(c, TOKEN);
}

bool hello__is_field_value(char c)
{
    return c == '\t' || !hello__is_control(c);
}

bool hello__is_scheme_tail(char c)
{
    return is_in(c, SCHEME_TAIL);
}

bool hello__is_userinfo(char c)
{
    return is_in(c, USERINFO);
}

bool hello__is_host(char c)
{
    return is_in(c, HOST) || !hello__is_ascii(c);
}

bool hello__is_host_field(char c)
{
    return is_in(c, HOST_FIELD);
}

bool hello__is_location_path(char c)
{
    return is_in(c, LOCATION_PATH);
}
