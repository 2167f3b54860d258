/* SPDX-License-Identifier: MIT */
#include "../../lib/head.h"
#include "suite.h"

#include <string.h>

struct field {
    const char *name, *value;
};

/* libmicrohttpd checks names, and how often Host and the framing fields occur, before: see
 * answers@table. */
static const struct {
    const char *method;
    bool is_1_0;
    struct field fields[4];
    unsigned refusal;
    bool has_body;
} heads[] = {
    {"GET", false, {{"Host", "h"}}, 0, false},
    {"GET", true, {{0}}, 0, false},
    {"PATCH", false, {{"host", ""}}, 0, false},
    {"M-SEARCH_Z", false, {{"Host", "h"}}, 0, false},
    /* methods and values */
    {"G@T", false, {{"Host", "h"}}, 400, false},
    {"get", false, {{"Host", "h"}}, 400, false},
    {"helloGET", false, {{"Host", "h"}}, 400, false},
    {"GET1", false, {{"Host", "h"}}, 400, false},
    {"G\xc3\xa9T", false, {{"Host", "h"}}, 400, false},
    {"GET", false, {{"Host", "h"}, {"a", "\x01"}}, 400, false},
    {"GET", false, {{"Host", "h"}, {"a", "b\x7f"}}, 400, false},
    {"GET", false, {{"Host", "h"}, {"a", "b\tc \xff"}}, 0, false},
    {"GET", false, {{"Host", "h"}, {"a", ""}}, 0, false},
    /* framing */
    {"POST", false, {{"Host", "h"}, {"Content-Length", "3"}}, 0, true},
    {"POST", false, {{"Host", "h"}, {"Content-Length", "0"}}, 0, false},
    {"POST", false, {{"Host", "h"}, {"Content-Length", "00"}}, 0, false},
    {"POST", false, {{"Host", "h"}, {"Content-Length", "9223372036854775808"}}, 400, 0},
    {"POST", false, {{"Host", "h"}, {"Content-Length", "18446744073709551614"}}, 400, 0},
    {"POST", false, {{"Host", "h"}, {"Transfer-Encoding", "CHUNKED"}}, 0, true},
    {"POST", false, {{"Trailer", "a, content-length"}, {"Transfer-Encoding", "chunked"}}, 400, 0},
    {"POST", false, {{"Transfer-Encoding", "chunked"}, {"Trailer", "a"}}, 0, true},
    {"POST", false, {{"Host", "h"}, {"Trailer", "Transfer-Encoding"}}, 0, false},
    /* Expect */
    {"POST", false, {{"Host", "h"}, {"Expect", "100-Continue"}}, 0, false},
    {"POST", false, {{"Host", "h"}, {"Expect", ""}}, 0, false},
    {"POST", false, {{"Host", "h"}, {"Expect", "tea"}}, 417, false},
    {"POST", false, {{"Host", "h"}, {"Expect", "tea, 100-continue"}}, 0, false},
    {"POST", false, {{"Host", "h"}, {"Expect", "100-continued"}}, 417, false},
    {"POST", false, {{"Host", "h"}, {"Expect", "100-continue"}, {"Expect", "tea"}}, 0, false},
    {"POST", false, {{"Host", "h"}, {"Expect", "tea"}, {"Expect", "100-continue"}}, 417, false},
    {"POST", false, {{"Host", "a/b"}, {"Expect", "tea"}}, 400, false},
};

START_TEST(judges_as_the_table_says)
{
    struct head head;
    hello__head_start(&head, heads[_i].method);
    for (const struct field *field = heads[_i].fields; field->name; field++)
        hello__head_field(&head, field->name, strlen(field->name), field->value,
                          strlen(field->value));
    unsigned refusal = hello__head_finish(&head, heads[_i].is_1_0);
    ck_assert_msg(refusal == heads[_i].refusal, "case %d, %s: %u, not %u", _i, heads[_i].method,
                  refusal, heads[_i].refusal);
    if (refusal == 0)
        ck_assert_msg((head.is_chunked || head.content_length > 0) == heads[_i].has_body,
                      "case %d: body", _i);
}
END_TEST

static const struct {
    const char *value;
    bool is_valid;
} hosts[] = {
    {"", true},
    {"example.org", true},
    {"EXAMPLE.org:80", true},
    {"example.org:", true},
    {":80", true},
    {"127.0.0.1:65536", true}, /* any digits, by the grammar */
    {"a_b-c~!$&'()*+,;=", true},
    {"h%C3%a9", true},
    {"h%41%7f", true},
    {"[::1]", true},
    {"[::1]:80", true},
    {"[::ffff:127.0.0.1]:", true},
    {"[fe80::1%25eth0]:80", true},
    {"a:80:90", false},
    {"a:b", false},
    {"a:+80", false},
    {"a:80 ", false},
    {"a b", false},
    {"a/b", false},
    {"a?b", false},
    {"a#b", false},
    {"user@h", false},
    {"a\tb", false},
    {"h\xc3\xa9", false},
    {"%zz", false},
    {"a%4", false},
    {"::1", false},
    {"[::1", false},
    {"[", false},
    {"]", false},
    {"[]", false},
    {"[::1]80", false},
    {"[::1]:8x", false},
    {"[[::1]]", false},
    {"x[::1]", false},
    {"[127.0.0.1]", false},
    {"[::1::]", false},
    {"[12345::]", false},
    {"[v1.a]", false},
    {"[fe80::1%eth0]", false},
    {"[fe80::1%25]", false},
    {"[fe80::1%25e/h]", false},
    {"[1111:2222:3333:4444:5555:6666:7777:8888:9999:0000]", false},
};

START_TEST(host_follows_the_grammar)
{
    struct head head;
    hello__head_start(&head, "GET");
    hello__head_field(&head, "Host", 4, hosts[_i].value, strlen(hosts[_i].value));
    ck_assert_msg(hello__head_finish(&head, false) == (hosts[_i].is_valid ? 0 : 400), "Host: %s",
                  hosts[_i].value);
}
END_TEST

static const struct {
    struct field field;
    bool is_valid;
} trailers[] = {
    {{"X-Checksum", "a b\xff"}, true}, {{"x", ""}, true},
    {{"X-Checksum", "a\x01"}, false},  {{"x", "\x7f"}, false},
    {{"content-LENGTH", "0"}, false},  {{"Transfer-Encoding", "chunked"}, false},
    {{"Trailer", "x"}, false},
};

START_TEST(trailers_are_checked)
{
    const struct field *field = &trailers[_i].field;
    struct head head;
    hello__head_start(&head, "POST");
    hello__head_trailer(&head, field->name, field->value, strlen(field->value));
    ck_assert_msg(head.refusal == (trailers[_i].is_valid ? 0 : 400), "%s: %s", field->name,
                  field->value);
}
END_TEST

START_TEST(takes_nul_for_a_bad_byte)
{
    struct head head;
    hello__head_start(&head, "GET");
    hello__head_field(&head, "Host", 4, "a\0b", 3);
    ck_assert_uint_eq(hello__head_finish(&head, false), 400);
}
END_TEST

START_TEST(takes_a_content_length_of_63_bits)
{
    struct head head;
    hello__head_start(&head, "GET");
    hello__head_field(&head, "Content-Length", 14, "9223372036854775807", 19);
    ck_assert_uint_eq(head.content_length, INT64_MAX);
    ck_assert_uint_eq(head.refusal, 0);
}
END_TEST

START_TEST(sees_who_waits_for_100)
{
    struct head head;
    hello__head_start(&head, "GET");
    ck_assert(!head.expects_continue);
    hello__head_field(&head, "expect", 6, "100-continue", 12);
    ck_assert(head.expects_continue);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"fields", NULL, NULL, TESTS(judges_as_the_table_says),
         (int)(sizeof heads / sizeof heads[0])},
        {"hosts", NULL, NULL, TESTS(host_follows_the_grammar),
         (int)(sizeof hosts / sizeof hosts[0])},
        {"trailers", NULL, NULL, TESTS(trailers_are_checked),
         (int)(sizeof trailers / sizeof trailers[0])},
        {"limits", NULL, NULL,
         TESTS(takes_nul_for_a_bad_byte, takes_a_content_length_of_63_bits, sees_who_waits_for_100),
         0},
    };
    return RUN_SUITE("head", cases);
}
