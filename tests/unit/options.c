/* SPDX-License-Identifier: MIT */
/* The limits that complete options come to. */
#include "../../lib/options.h"
#include "../../lib/linger.h"
#include "suite.h"

#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>

/* The most connections under a limit of open files. */
static uint32_t most_connections(const struct hello_options *given)
{
    struct hello_options options;
    enum { FILES = 4000 };
    const struct rlimit files = {FILES, FILES};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    ck_assert_int_eq(hello__options_complete(&options, given), 0);
    ck_assert_uint_eq(hello__options_files(&options), FILES);
    return options.max_connections;
}

static const struct {
    int threads;
    uint32_t flags;
    uint32_t per_client;
    unsigned shards_that_refuse;
} reserves[] = {
    {0, 0, 0, 0},  {0, HELLO_REFUSE_WHEN_FULL, 0, 1}, {0, 0, 8, 1}, {4, 0, 0, 0},
    {4, 0, 10, 4}, {4, HELLO_REFUSE_WHEN_FULL, 0, 4},
};

START_TEST(files_of_the_refused_are_kept_back)
{
    struct hello_options given = HELLO_OPTIONS_INIT;
    given.threads = reserves[_i].threads;
    uint32_t without = most_connections(&given);
    given.flags = reserves[_i].flags;
    given.max_connections_per_client = reserves[_i].per_client;
    ck_assert_uint_eq(
        most_connections(&given) + reserves[_i].shards_that_refuse * LINGER_MOST_REFUSED, without);
}
END_TEST

/* The values that a server uses; and no byte behind the struct of an older program. */
START_TEST(defaults_are_resolved)
{
    struct hello_options complete, options = HELLO_OPTIONS_INIT;
    options.threads = HELLO_THREADS_AUTO;
    ck_assert_int_eq(hello__options_complete(&complete, &options), 0);
    ck_assert_int_eq(hello_options_resolve(&options), 0);
    ck_assert_int_ge(options.threads, 1);
    ck_assert_int_eq(options.threads, complete.threads);
    ck_assert_uint_eq(options.max_connections, complete.max_connections);
    ck_assert_uint_eq(options.deferred_timeout_ms, 60000);
    ck_assert_uint_eq(options.size, sizeof options);
    options.size = offsetof(struct hello_options, deferred_timeout_ms);
    options.deferred_timeout_ms = 1;
    ck_assert_int_eq(hello_options_resolve(&options), 0);
    ck_assert_uint_eq(options.deferred_timeout_ms, 1);
    options.threads = -2;
    ck_assert_int_eq(hello_options_resolve(&options), -EINVAL);
    ck_assert_int_eq(options.threads, -2);
}
END_TEST

static const struct {
    int threads;
    uint32_t connections;
} shares[] = {{0, 1}, {0, 7}, {1, 7}, {2, 2}, {2, 5}, {4, 5}, {3, 100}, {64, 65}, {64, 127}};

START_TEST(shares_are_equal_and_make_the_whole)
{
    struct hello_options options, given = HELLO_OPTIONS_INIT;
    given.threads = shares[_i].threads;
    given.max_connections = shares[_i].connections;
    ck_assert_int_eq(hello__options_complete(&options, &given), 0);
    unsigned shards = hello__options_shards(&options);
    uint32_t sum = 0;
    for (unsigned i = 0; i < shards; i++) {
        uint32_t share = hello__options_share(&options, i);
        ck_assert_uint_ge(share, given.max_connections / shards);
        ck_assert_uint_le(share, given.max_connections / shards + 1);
        sum += share;
    }
    ck_assert_uint_eq(sum, given.max_connections);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"files", NULL, NULL, TESTS(files_of_the_refused_are_kept_back),
         sizeof reserves / sizeof reserves[0]},
        {"defaults", NULL, NULL, TESTS(defaults_are_resolved), 0},
        {"shares", NULL, NULL, TESTS(shares_are_equal_and_make_the_whole),
         sizeof shares / sizeof shares[0]},
    };
    return RUN_SUITE("options", cases);
}
