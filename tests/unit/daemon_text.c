/* SPDX-License-Identifier: MIT */
#include "../../daemon/text.h"
#include "suite.h"

#include <stdint.h>
#include <string.h>

static char buffer[64];

static struct text make(size_t room)
{
    memset(buffer, '#', sizeof buffer);
    return (struct text){buffer, SIZE_MAX, 0, room};
}

static void check(const struct text *text, const char *expected)
{
    ck_assert_msg(text->end == strlen(expected) && memcmp(buffer, expected, text->end) == 0,
                  "'%.*s' instead of '%s'", (int)text->end, buffer, expected);
}

/* ---- JSON ---- */

static const struct {
    const char *bytes;
    size_t length;
    const char *expected;
} strings[] = {
#define STRING(bytes, expected)                                                                    \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, expected                                                         \
    }
    STRING("", ""),
    STRING("/a b~", "/a b~"),
    STRING("\"\\</script>", "\\u0022\\u005c\\u003c/script>"),
    STRING("\0\n\x1b\x7f", "\\u0000\\u000a\\u001b\\u007f"),
    STRING("\xc2\x80\xdf\xbf", "\\u0080\\u07ff"),
    STRING("\xe0\xa0\x80\xef\xbf\xbf", "\\u0800\\uffff"),
    STRING("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\\ud800\\udc00\\udbff\\udfff"),
    /* Not UTF-8: alone, too long, cut short, surrogates, beyond the last character. */
    STRING("\x80\xff", "\\uef80\\uefff"),
    STRING("\xc0\xaf", "\\uefc0\\uefaf"),
    STRING("\xe0\x9f\xbf", "\\uefe0\\uef9f\\uefbf"),
    STRING("\xf0\x8f\xbf\xbf", "\\ueff0\\uef8f\\uefbf\\uefbf"),
    STRING("\xe4\xbd", "\\uefe4\\uefbd"),
    STRING("\xe4"
           "a",
           "\\uefe4a"),
    STRING("\xed\xa0\x80", "\\uefed\\uefa0\\uef80"),
    STRING("\xf4\x90\x80\x80", "\\ueff4\\uef90\\uef80\\uef80"),
    STRING("\xf8\x88\x80\x80\x80", "\\ueff8\\uef88\\uef80\\uef80\\uef80"),
    /* What bytes are written as is taken for bytes itself; its neighbours are not. */
    STRING("\xee\xbe\x80", "\\uefee\\uefbe\\uef80"),
    STRING("\xee\xbf\xbf", "\\uefee\\uefbf\\uefbf"),
    STRING("\xee\xbd\xbf\xef\x80\x80", "\\uef7f\\uf000"),
};

START_TEST(writes_json)
{
    struct text text = make(sizeof buffer);
    text_put_escaped(&text, ESCAPE_JSON, strings[_i].bytes, strings[_i].length);
    check(&text, strings[_i].expected);
}
END_TEST

/* ---- Others ---- */

static const struct {
    enum escape escape;
    const char *expected;
} escapes[] = {
    {ESCAPE_NONE, "a \"\\<\t\xc3\xa9\x7f"},
    {ESCAPE_FIELD, "a \"\\x5c<\\x09\\xc3\\xa9\\x7f"},
    {ESCAPE_LOG, "a \\x22\\x5c<\\x09\\xc3\\xa9\\x7f"},
};

START_TEST(writes_other_escapes)
{
    static const char bytes[] = "a \"\\<\t\xc3\xa9\x7f";
    struct text text = make(sizeof buffer);
    text_put_escaped(&text, escapes[_i].escape, bytes, sizeof bytes - 1);
    check(&text, escapes[_i].expected);
}
END_TEST

START_TEST(counts_what_has_no_room)
{
    struct text text = make(4);
    text_put_string(&text, "abc");
    text_put_number(&text, UINT64_MAX);
    ck_assert_uint_eq(text.end, 3 + 20);
    ck_assert_int_eq(memcmp(buffer, "abc1#", 5), 0);
    text_put_number(&text, 0);
    ck_assert_uint_eq(text.end, 3 + 20 + 1);
}
END_TEST

START_TEST(goes_around_a_ring)
{
    struct text text = make(0);
    text.mask = 7;
    text.end = 22; /* of which 6 are in the third round */
    text.limit = 22 + 5;
    text_put_string(&text, "abcdefg");
    ck_assert_uint_eq(text.end, 22 + 7);
    ck_assert_int_eq(memcmp(buffer, "cde###ab#", 9), 0);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    const struct test_case cases[] = {
        {"json", NULL, NULL, TESTS(writes_json), COUNT(strings)},
        {"plain", NULL, NULL, TESTS(writes_other_escapes, counts_what_has_no_room), COUNT(escapes)},
        {"ring", NULL, NULL, TESTS(goes_around_a_ring), 0},
    };
    return RUN_SUITE("daemon_text", cases);
}
