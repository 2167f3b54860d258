/* SPDX-License-Identifier: MIT */
/* vsnprintf() for the static hellod: all of C's conversions except floating point, %n and wide
 * characters, which fail with EINVAL.
 *
 * musl's snprintf() and vasprintf() call vsnprintf(), so the linker takes this function. musl's own
 * function stays in libc.a, with vfprintf() and the streams. Their unused support for long double
 * takes 6 kB on amd64, and 19 kB on arm64, whose hardware has no such type. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The output. Bytes that have no room are only counted. */
struct sink {
    char *text;
    size_t size;
    size_t total; /* bytes of the text, without the NUL */
};

/* A parsed conversion, such as "%-08.3lu". */
struct conversion {
    bool left, zero, plus, space, alternate;
    int width;
    int precision; /* negative = none */
    char length;   /* 'h', 'H' for "hh", 'l', 'L' for "ll", or 0; j, z, t become 'l' or 'L' */
    char kind;     /* 0 = the format has ended */
};

/* ---- Output ---- */

static void put(struct sink *sink, const char *bytes, size_t length)
{
    if (sink->total < sink->size) {
        size_t room = sink->size - sink->total;
        memcpy(sink->text + sink->total, bytes, length < room ? length : room);
    }
    sink->total += length;
}

static void pad(struct sink *sink, char with, long count)
{
    for (; count > 0; count--)
        put(sink, &with, 1);
}

/* ---- Parsing ---- */

/* Read "12", or "*" for an argument. */
static int read_count(const char **format, va_list *arguments)
{
    int count = 0;
    if (**format == '*') {
        ++*format;
        return va_arg(*arguments, int);
    }
    for (; **format >= '0' && **format <= '9'; ++*format)
        count = count < INT_MAX / 16 ? count * 10 + (**format - '0') : count;
    return count;
}

static bool set_flag(struct conversion *conversion, char flag)
{
    switch (flag) {
    case '-': return conversion->left = true;
    case '0': return conversion->zero = true;
    case '+': return conversion->plus = true;
    case ' ': return conversion->space = true;
    case '#': return conversion->alternate = true;
    default: return false;
    }
}

static char read_length(const char **format)
{
    const char length = **format;
    if (!length || !strchr("hljzt", length))
        return 0;
    ++*format;
    if ((length == 'h' || length == 'l') && **format == length) {
        ++*format;
        return length == 'h' ? 'H' : 'L';
    }
    _Static_assert(sizeof(intmax_t) == sizeof(long long) && sizeof(size_t) == sizeof(long), "LP64");
    return length == 'j' ? 'L' : length == 'h' ? 'h' : 'l';
}

static struct conversion read_conversion(const char **format, va_list *arguments)
{
    struct conversion conversion = {.precision = -1};
    while (set_flag(&conversion, **format))
        ++*format;
    conversion.width = read_count(format, arguments);
    if (conversion.width < 0 && conversion.width > INT_MIN) {
        conversion.left = true;
        conversion.width = -conversion.width;
    }
    if (**format == '.') {
        ++*format;
        conversion.precision = read_count(format, arguments);
    }
    conversion.length = read_length(format);
    conversion.kind = **format;
    *format += **format != '\0';
    return conversion;
}

/* ---- Conversions ---- */

static intmax_t signed_argument(char length, va_list *arguments)
{
    switch (length) {
    case 'L': return va_arg(*arguments, long long);
    case 'l': return va_arg(*arguments, long);
    case 'h': return (short)va_arg(*arguments, int);
    case 'H': return (signed char)va_arg(*arguments, int);
    default: return va_arg(*arguments, int);
    }
}

static uintmax_t unsigned_argument(char length, va_list *arguments)
{
    switch (length) {
    case 'L': return va_arg(*arguments, unsigned long long);
    case 'l': return va_arg(*arguments, unsigned long);
    case 'h': return (unsigned short)va_arg(*arguments, unsigned);
    case 'H': return (unsigned char)va_arg(*arguments, unsigned);
    default: return va_arg(*arguments, unsigned);
    }
}

/* Write sign or "0x", zeros and digits, in the order and with the padding of the flags. */
static void put_number(struct sink *sink, const struct conversion *c, const char *prefix,
                       uintmax_t value, unsigned base)
{
    const char *digits = c->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[sizeof value * CHAR_BIT / 3 + 1];
    char *first = text + sizeof text;
    for (; value; value /= base)
        *--first = digits[value % base];
    long length = text + sizeof text - first;
    long prefix_length = (long)strlen(prefix);
    long zeros = (c->precision < 0 ? 1 : c->precision) - length;
    if (c->kind == 'o' && c->alternate && zeros <= 0)
        zeros = 1;
    if (c->zero && !c->left && c->precision < 0)
        zeros =
            c->width - prefix_length - length > zeros ? c->width - prefix_length - length : zeros;
    long blanks = c->width - prefix_length - (zeros > 0 ? zeros : 0) - length;
    pad(sink, ' ', c->left ? 0 : blanks);
    put(sink, prefix, (size_t)prefix_length);
    pad(sink, '0', zeros);
    put(sink, first, (size_t)length);
    pad(sink, ' ', c->left ? blanks : 0);
}

static void put_signed(struct sink *sink, const struct conversion *c, intmax_t value)
{
    const char *sign = value < 0 ? "-" : c->plus ? "+" : c->space ? " " : "";
    put_number(sink, c, sign, value < 0 ? -(uintmax_t)value : (uintmax_t)value, 10);
}

static void put_hexadecimal(struct sink *sink, const struct conversion *c, uintmax_t value)
{
    const char *prefix = !c->alternate || value == 0 ? "" : c->kind == 'X' ? "0X" : "0x";
    put_number(sink, c, prefix, value, 16);
}

static void put_text(struct sink *sink, const struct conversion *c, const char *text)
{
    if (!text)
        text = "(null)";
    size_t length = c->precision < 0 ? strlen(text) : strnlen(text, (size_t)c->precision);
    long blanks = length < (size_t)c->width ? c->width - (long)length : 0;
    pad(sink, ' ', c->left ? 0 : blanks);
    put(sink, text, length);
    pad(sink, ' ', c->left ? blanks : 0);
}

static void put_byte(struct sink *sink, const struct conversion *c, char byte)
{
    pad(sink, ' ', c->left ? 0 : c->width - 1L);
    put(sink, &byte, 1);
    pad(sink, ' ', c->left ? c->width - 1L : 0);
}

static bool convert(struct sink *sink, struct conversion c, va_list *arguments)
{
    switch (c.kind) {
    case '%': put(sink, "%", 1); return true;
    case 'd':
    case 'i': put_signed(sink, &c, signed_argument(c.length, arguments)); return true;
    case 'u': put_number(sink, &c, "", unsigned_argument(c.length, arguments), 10); return true;
    case 'o': put_number(sink, &c, "", unsigned_argument(c.length, arguments), 8); return true;
    case 'x':
    case 'X': put_hexadecimal(sink, &c, unsigned_argument(c.length, arguments)); return true;
    case 'p':
        c.alternate = true;
        put_hexadecimal(sink, &c, (uintptr_t)va_arg(*arguments, void *));
        return true;
    case 'c':
        if (!c.length)
            put_byte(sink, &c, (char)va_arg(*arguments, int));
        return !c.length;
    case 's':
        if (!c.length)
            put_text(sink, &c, va_arg(*arguments, const char *));
        return !c.length;
    default: return false;
    }
}

int vsnprintf(char *restrict text, size_t size, const char *restrict format, va_list given)
{
    struct sink sink = {.text = text, .size = size};
    const char *at = format;
    bool known = true;
    va_list arguments; /* given may be an array type, passed as a pointer */
    va_copy(arguments, given);
    while (*at && known) {
        size_t plain = strcspn(at, "%");
        put(&sink, at, plain);
        at += plain;
        if (*at++)
            known = convert(&sink, read_conversion(&at, &arguments), &arguments);
        else
            break;
    }
    va_end(arguments);
    if (size > 0)
        text[sink.total < size ? sink.total : size - 1] = '\0';
    if (!known)
        errno = EINVAL;
    else if (sink.total > INT_MAX)
        errno = EOVERFLOW;
    return known && sink.total <= INT_MAX ? (int)sink.total : -1;
}
