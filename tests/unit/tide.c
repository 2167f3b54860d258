/* SPDX-License-Identifier: MIT */
#include "../../lib/tide.h"
#include "suite.h"

START_TEST(a_crowd_ebbs_once)
{
    struct tide tide = {0};
    for (uint32_t open = 0; open <= 8000; open++)
        ck_assert(!hello__tide_ebbs(&tide, open));
    for (uint32_t open = 8000; open > 1000; open--)
        ck_assert(!hello__tide_ebbs(&tide, open));
    ck_assert(hello__tide_ebbs(&tide, 1000));
    ck_assert(!hello__tide_ebbs(&tide, 1000));
    ck_assert(!hello__tide_ebbs(&tide, 999));
}
END_TEST

START_TEST(what_is_left_of_it_ebbs_again)
{
    struct tide tide = {.high = 8000};
    ck_assert(hello__tide_ebbs(&tide, 1000));
    ck_assert(hello__tide_ebbs(&tide, 125));
    ck_assert(!hello__tide_ebbs(&tide, 0));
}
END_TEST

START_TEST(few_are_no_crowd)
{
    struct tide tide = {0};
    ck_assert(!hello__tide_ebbs(&tide, 511));
    ck_assert(!hello__tide_ebbs(&tide, 0));
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"ebb", NULL, NULL,
         TESTS(a_crowd_ebbs_once, what_is_left_of_it_ebbs_again, few_are_no_crowd), 0},
    };
    return RUN_SUITE("tide", cases);
}
