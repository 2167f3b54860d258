/* SPDX-License-Identifier: MIT */
#include "../../lib/greeting.h"
#include "suite.h"

#include <stdint.h>
#include <string.h>

START_TEST(greets_a_path)
{
    char greeting[64];
    const char expected[] = "Hello, you've requested: /abc\n";
    size_t length = hello__greeting_format(greeting, sizeof greeting, "/abc", 4);
    ck_assert_uint_eq(length, sizeof expected - 1);
    ck_assert_mem_eq(greeting, expected, length);
}
END_TEST

START_TEST(keeps_nul_and_takes_nothing)
{
    char greeting[64];
    ck_assert_uint_eq(hello__greeting_format(greeting, sizeof greeting, "/\0x", 3), 29);
    ck_assert_mem_eq(greeting + 25, "/\0x\n", 4);
    ck_assert_uint_eq(hello__greeting_format(greeting, sizeof greeting, NULL, 0), 26);
}
END_TEST

START_TEST(writes_all_or_nothing)
{
    char greeting[64];
    memset(greeting, 'x', sizeof greeting);
    ck_assert_uint_eq(hello__greeting_format(greeting, 29, "/abc", 4), 30);
    ck_assert_int_eq(greeting[0], 'x');
    ck_assert_uint_eq(hello__greeting_format(greeting, 30, "/abc", 4), 30);
    ck_assert_int_eq(greeting[29], '\n');
    ck_assert_int_eq(greeting[30], 'x');
    ck_assert_uint_eq(hello__greeting_format(NULL, 0, "/abc", 4), 30);
}
END_TEST

START_TEST(does_not_overflow)
{
    ck_assert_uint_eq(hello__greeting_format(NULL, 0, "/", SIZE_MAX - 4), SIZE_MAX);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"text", NULL, NULL, TESTS(greets_a_path, keeps_nul_and_takes_nothing), 0},
        {"room", NULL, NULL, TESTS(writes_all_or_nothing, does_not_overflow), 0},
    };
    return RUN_SUITE("greeting", cases);
}
