/* SPDX-License-Identifier: MIT */
/* What every test program ends with: the cases of one module, run one by one. */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#include <stddef.h>

struct test_case {
    const char *name;          /* what CK_RUN_CASE selects, and meson.build lists */
    void (*setup)(void);       /* runs in the test's own process; may be NULL */
    void (*teardown)(void);    /* likewise */
    const TTest *const *tests; /* NULL-terminated */
    int loops;                 /* how often each runs, with _i counting; 0 = once */
};

/* The number of cases that meson.build lists; 0 = not every build runs every case. */
#ifndef LISTED_CASES
#define LISTED_CASES 0
#endif

/* Returns what main() should. A run without a test fails: a name has been misspelt. A case that
 * meson.build does not list fails each run: no test would run that case. */
int run_suite(const char *module, const struct test_case *cases, size_t count, size_t listed);

#define RUN_SUITE(module, cases)                                                                   \
    run_suite(module, cases, sizeof(cases) / sizeof((cases)[0]), LISTED_CASES)

#define TESTS(...) ((const TTest *const[]){__VA_ARGS__, NULL})

/* What a table expects of the bundled libmicrohttpd, and of the system's, which has no patches. */
#ifdef WITH_PATCHES
#define PATCHED(with, without) (with)
#else
#define PATCHED(with, without) (without)
#endif

/* In the place of a status: the connection ends without an answer. */
enum { SILENCE = -1 };

#endif
