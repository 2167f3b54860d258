/* SPDX-License-Identifier: MIT */
#include "../../lib/head.h"
#include "suite.h"

#include <string.h>

struct field {
    const char *name, *value;
};

static const struct {
    const char *method, *version;
    struct field fields[4];
    unsigned refusal;
    bool has_body;
} heads[] = {
    {"GET", "HTTP/1.1", {{"Host", "h"}}, 0, false},
    {"GET", "HTTP/1.0", {{0}}, 0, false},
    {"get", "HTTP/1.1", {{"host", ""}}, 0, false},
    {"!#$%&'*+-.^_`|~09", "HTTP/1.1", {{"Host", "h"}}, 0, false},
    /* names and values */
    {"G@T", "HTTP/1.1", {{"Host", "h"}}, 400, false},
    {"G\xc3\xa9T", "HTTP/1.1", {{"Host", "h"}}, 400, false},
    {"GET", "HTTP/1.1", {{"Host", "h"}, {"a b", "c"}}, 400, false},
    {"GET", "HTTP/1.1", {{"Host", "h"}, {"a@", "c"}}, 400, false},
    {"GET", "HTTP/1.1", {{"Host", "h"}, {"a", "\x01"}}, 400, false},
    {"GET", "HTTP/1.1", {{"Host", "h"}, {"a", "b\x7f"}}, 400, false},
    {"GET", "HTTP/1.1", {{"Host", "h"}, {"a", "b\tc \xff"}}, 0, false},
    {"GET", "HTTP/1.1", {{"Host", "h"}, {"a", ""}}, 0, false},
    /* Host */
    {"GET", "HTTP/1.1", {{0}}, 400, false},
    {"GET", "HTTP/1.1", {{"Host", "a"}, {"host", "a"}}, 400, false},
    {"GET", "HTTP/1.0", {{"Host", "a"}, {"Host", "a"}}, 400, false},
    {"GET", "HTTP/1.1", {{"Host", "a/b"}}, 400, false},
    {"GET", "HTTP/1.1", {{"Host", "a b"}}, 400, false},
    {"GET", "HTTP/1.1", {{"Host", "[::1]:80"}}, 0, false},
    {"GET", "HTTP/1.1", {{"Host", "h\xc3\xa9"}}, 400, false},
    {"GET", "HTTP/1.1", {{"Host", "user@h"}}, 400, false},
    {"CONNECT", "HTTP/1.1", {{0}}, 0, false},
    /* framing */
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Content-Length", "3"}}, 0, true},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Content-Length", "0"}}, 0, false},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Content-Length", "00"}}, 0, false},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Content-Length", "3"}, {"content-length", "3"}}, 400, 0},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Content-Length", "3"}, {"Content-Length", "4"}}, 400, 0},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Content-Length", "+3"}}, 400, 0},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Content-Length", "3, 3"}}, 400, 0},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Content-Length", ""}}, 400, 0},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Content-Length", "9223372036854775808"}}, 400, 0},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Content-Length", "18446744073709551616"}}, 400, 0},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Transfer-Encoding", "chunked"}}, 0, true},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Transfer-Encoding", "CHUNKED"}}, 0, true},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Transfer-Encoding", "gzip"}}, 501, 0},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Transfer-Encoding", "gzip, chunked"}}, 501, 0},
    {"POST",
     "HTTP/1.1",
     {{"Host", "h"}, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
     501,
     0},
    {"POST",
     "HTTP/1.1",
     {{"Host", "h"}, {"Transfer-Encoding", "chunked"}, {"Content-Length", "3"}},
     400,
     0},
    {"POST", "HTTP/1.0", {{"Transfer-Encoding", "chunked"}}, 400, 0},
    {"POST",
     "HTTP/1.1",
     {{"Host", "h"}, {"Trailer", "a, content-length"}, {"Transfer-Encoding", "chunked"}},
     400,
     0},
    {"POST",
     "HTTP/1.1",
     {{"Host", "h"}, {"Transfer-Encoding", "chunked"}, {"Trailer", "a"}},
     0,
     true},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Trailer", "Transfer-Encoding"}}, 0, false},
    /* Expect */
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Expect", "100-Continue"}}, 0, false},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Expect", ""}}, 0, false},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Expect", "tea"}}, 417, false},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Expect", "tea, 100-continue"}}, 0, false},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Expect", "100-continued"}}, 417, false},
    {"POST", "HTTP/1.1", {{"Host", "h"}, {"Expect", "100-continue"}, {"Expect", "tea"}}, 0, false},
    {"POST",
     "HTTP/1.1",
     {{"Host", "h"}, {"Expect", "tea"}, {"Expect", "100-continue"}},
     417,
     false},
    {"POST", "HTTP/1.1", {{"Expect", "tea"}}, 400, false},
};

START_TEST(judges_as_the_table_says)
{
    struct head head;
    hello__head_start(&head, heads[_i].method);
    for (const struct field *field = heads[_i].fields; field->name; field++)
        hello__head_field(&head, field->name, strlen(field->name), field->value,
                          strlen(field->value));
    unsigned refusal = hello__head_finish(&head, heads[_i].method, heads[_i].version);
    ck_assert_msg(refusal == heads[_i].refusal, "case %d, %s: %u, not %u", _i, heads[_i].method,
                  refusal, heads[_i].refusal);
    if (refusal == 0)
        ck_assert_msg(hello__head_has_body(&head) == heads[_i].has_body, "case %d: body", _i);
}
END_TEST

START_TEST(takes_nul_for_a_bad_byte)
{
    struct head head;
    hello__head_start(&head, "GET");
    hello__head_field(&head, "Host", 4, "a\0b", 3);
    ck_assert_uint_eq(hello__head_finish(&head, "GET", "HTTP/1.1"), 400);
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
        {"limits", NULL, NULL,
         TESTS(takes_nul_for_a_bad_byte, takes_a_content_length_of_63_bits, sees_who_waits_for_100),
         0},
    };
    return RUN_SUITE("head", cases);
}
