/* SPDX-License-Identifier: MIT */
/* The vsnprintf() of the static hellod against the C library's, conversion by conversion. */
#include "suite.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* docker/libc/vsnprintf.c, compiled under this name */
int hellod_vsnprintf(char *restrict text, size_t size, const char *restrict format,
                     va_list arguments);

/* In the whole of a buffer, in none, and in one that is too small by a few bytes or by most. */
static void check_in(size_t size, const char *format, va_list arguments)
{
    char ours[1024], theirs[sizeof ours];
    va_list again;
    memset(ours, '~', sizeof ours);
    memset(theirs, '~', sizeof theirs);
    va_copy(again, arguments);
    int our_length = hellod_vsnprintf(size > 0 ? ours : NULL, size, format, arguments);
    int their_length = vsnprintf(size > 0 ? theirs : NULL, size, format, again);
    va_end(again);
    ck_assert_msg(our_length == their_length && memcmp(ours, theirs, sizeof ours) == 0,
                  "'%s' in %zu bytes: %d '%.*s' instead of %d '%.*s'", format, size, our_length,
                  (int)size, ours, their_length, (int)size, theirs);
}

static void check(const char *format, ...)
{
    static const size_t sizes[] = {1024, 0, 1, 2, 5, 8, 100};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        va_list arguments;
        va_start(arguments, format);
        check_in(sizes[i], format, arguments);
        va_end(arguments);
    }
}
START_TEST(numbers)
{
    static const char *const flags[] = {"",    "-",    "0",    "+",  " ",   "-+", "0+",
                                        "8",   "-8",   "08",   "+8", " 08", ".0", ".5",
                                        "9.5", "-9.5", "09.5", "#",  "#08", "1"};
    static const long long values[] = {0,       1,       -1,        42,       -12345,
                                       INT_MAX, INT_MIN, LLONG_MAX, LLONG_MIN};
    static const char *const lengths[] = {"hh", "h", "", "l", "ll", "j", "z", "t"};
    for (size_t f = 0; f < sizeof flags / sizeof flags[0]; f++)
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
            for (const char *kind = "diuxXo"; *kind; kind++)
                for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
                    char format[32];
                    snprintf(format, sizeof format, "<%%%s%s%c>", flags[f], lengths[l], *kind);
                    if (l < 3)
                        check(format, (int)values[v]);
                    else
                        check(format, values[v]);
                }
}
END_TEST

START_TEST(texts)
{
    char long_text[700];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    check("");
    check("plain");
    check("100%%");
    check("%s", long_text);
    check("%s|%s", "", "a");
    check("[%8s][%-8s][%.2s][%8.2s][%-8.2s]", "abc", "abc", "abc", "abc", "abc");
    check("%.*s|%*s|%-*s|%*s", 2, "abc", 5, "a", 5, "b", -5, "c");
    check("%c%5c%-5c|", 'a', 'b', 'c');
    check("%d%s%u%c%lu", -1, "two", 3U, '4', 5UL);
    check("%p", (void *)(uintptr_t)0x12ab);
}
END_TEST

static void refuses(const char *format, ...)
{
    char text[16];
    va_list arguments;
    va_start(arguments, format);
    errno = 0;
    ck_assert_int_eq(hellod_vsnprintf(text, sizeof text, format, arguments), -1);
    va_end(arguments);
    ck_assert_int_eq(errno, EINVAL);
}

START_TEST(what_is_left_out)
{
    const char *const unfinished = "%";
    refuses("%f", 1.0);
    refuses("%g", 1.0);
    refuses("%ls", L"wide");
    refuses(unfinished);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"numbers", NULL, NULL, TESTS(numbers), 0},
        {"texts", NULL, NULL, TESTS(texts), 0},
        {"left-out", NULL, NULL, TESTS(what_is_left_out), 0},
    };
    return RUN_SUITE("vsnprintf", cases);
}
