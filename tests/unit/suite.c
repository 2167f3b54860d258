/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static TCase *make_case(const struct test_case *given)
{
    TCase *tcase = tcase_create(given->name);
    tcase_set_timeout(tcase, 60);
    if (given->setup)
        tcase_add_checked_fixture(tcase, given->setup, given->teardown);
    for (const TTest *const *test = given->tests; *test; test++) {
        if (given->loops > 0)
            tcase_add_loop_test(tcase, *test, 0, given->loops);
        else
            tcase_add_test(tcase, *test);
    }
    return tcase;
}

int run_suite(const char *module, const struct test_case *cases, size_t count, size_t listed)
{
    Suite *suite = suite_create(module);
    for (size_t i = 0; i < count; i++)
        suite_add_tcase(suite, make_case(&cases[i]));
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int run = srunner_ntests_run(runner);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (run == 0)
        fprintf(stderr, "%s: no test ran\n", module);
    const bool is_listed = listed == 0 || listed == count;
    if (!is_listed)
        fprintf(stderr, "%s: %zu cases, but meson.build lists %zu\n", module, count, listed);
    return run > 0 && failed == 0 && is_listed ? EXIT_SUCCESS : EXIT_FAILURE;
}
