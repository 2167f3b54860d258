/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- Plain ---- */

void text_put(struct text *text, const char *bytes, size_t length)
{
    size_t at = text->end & text->mask;
    size_t whole = text->mask - at; /* bytes before the ring begins again, less 1 */
    text->end += length;
    if (length <= whole && text->end <= text->limit) {
        memcpy(text->bytes + at, bytes, length);
        return;
    }
    for (size_t i = text->end - length; i < text->end && i < text->limit; i++)
        text->bytes[i & text->mask] = *bytes++;
}

void text_put_string(struct text *text, const char *string)
{
    text_put(text, string, strlen(string));
}

void text_put_number(struct text *text, uint64_t number)
{
    char decimal[20];
    char *at = decimal + sizeof decimal;
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    text_put(text, at, (size_t)(decimal + sizeof decimal - at));
}

void text_print(struct text *text, const char *format, ...)
{
    const size_t room = text->end < text->limit ? text->limit - text->end : 0;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->bytes + text->limit - room, room, format, arguments);
    va_end(arguments);
    text->end += length > 0 ? (size_t)length : 0;
}

/* ---- Escaped ---- */

/* Bytes that need no escape: bit i of a row is byte i. */
static const uint32_t plain[][8] = {
    [ESCAPE_FIELD] = {0, ~0U, ~(1U << ('\\' & 31)), ~(1U << 31)},
    [ESCAPE_LOG] = {0, ~(1U << ('"' & 31)), ~(1U << ('\\' & 31)), ~(1U << 31)},
    [ESCAPE_JSON] = {0, ~(1U << ('"' & 31) | 1U << ('<' & 31)), ~(1U << ('\\' & 31)), ~(1U << 31)},
};

/* Decode the first character. Returns its size; 0 for invalid UTF-8 and for U+EF80 to U+EFFF. */
static size_t decode(const unsigned char *bytes, size_t length, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t ones = (size_t)__builtin_clz(~((uint32_t)*bytes << 24)); /* leading bits */
    const size_t size = ones == 0 ? 1 : ones;
    if (ones == 1 || size > 4 || size > length)
        return 0;
    uint32_t code = *bytes & (0x7fU >> ones);
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (bytes[i] & 0x3f);
    }
    bool is_surrogate = code >> 11 == 0xd800 >> 11, is_byte = code >> 7 == 0xef80 >> 7;
    *character = code;
    return code < least[size] || code > 0x10ffff || is_surrogate || is_byte ? 0 : size;
}

/* "\xHH" or "\uHHHH". */
static void put_hex(struct text *text, char kind, uint32_t number)
{
    char escaped[6] = {'\\', kind};
    const size_t size = kind == 'x' ? 4 : 6;
    for (size_t i = size - 1; i > 1; i--, number >>= 4)
        escaped[i] = "0123456789abcdef"[number & 15];
    text_put(text, escaped, size);
}

/* Returns the number of bytes consumed. */
static size_t put_character(struct text *text, const unsigned char *bytes, size_t length)
{
    uint32_t code = 0;
    size_t size = decode(bytes, length, &code);
    if (size == 0)
        put_hex(text, 'u', 0xef00U + *bytes);
    else if (code < 0x10000)
        put_hex(text, 'u', code);
    if (size < 4)
        return size + (size == 0);
    put_hex(text, 'u', 0xd7c0U + (code >> 10)); /* 0xd800 less the bits of 0x10000 */
    put_hex(text, 'u', 0xdc00U + (code & 0x3ff));
    return size;
}

void text_put_escaped(struct text *text, enum escape escape, const char *bytes, size_t length)
{
    if (escape == ESCAPE_NONE) {
        text_put(text, bytes, length);
        return;
    }
    const unsigned char *at = (const unsigned char *)bytes, *end = at + length;
    while (at < end) {
        const unsigned char *first = at;
        while (at < end && plain[escape][*at / 32] >> *at % 32 & 1)
            at++;
        text_put(text, (const char *)first, (size_t)(at - first));
        if (at < end && escape == ESCAPE_JSON)
            at += put_character(text, at, (size_t)(end - at));
        else if (at < end)
            put_hex(text, 'x', *at++);
    }
}
