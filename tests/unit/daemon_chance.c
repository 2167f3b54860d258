/* SPDX-License-Identifier: MIT */
#include "../../daemon/answer.h"
#include "suite.h"

/* Of SplitMix64 as its authors have published it. */
static const struct {
    uint32_t seed;
    uint64_t draws[3];
} sequences[] = {
    {0, {UINT64_C(0xe220a8397b1dcdaf), UINT64_C(0x6e789e6aa1b965f4), UINT64_C(0x06c45d188009454f)}},
    {1234567,
     {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423)}},
};

START_TEST(a_seed_makes_a_sequence)
{
    struct chance chance = {.seed = sequences[_i].seed};
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(chance_draw(&chance), sequences[_i].draws[i]);
}
END_TEST

/* Draws, and how many of them must be below a bound: within three standard deviations. */
static const struct {
    uint32_t seed, part, whole;
} shares[] = {{1, 10, 100}, {2, 50, 100}, {3, 250, 100000}, {4, 99, 100}};

START_TEST(shares_are_as_asked_for)
{
    enum { DRAWS = 20000 };
    struct chance chance = {.seed = shares[_i].seed};
    const double share = (double)shares[_i].part / shares[_i].whole;
    int count = 0;
    for (int i = 0; i < DRAWS; i++)
        count += chance_below((uint32_t)(chance_draw(&chance) >> 32), shares[_i].whole) <
                 shares[_i].part;
    const double off = count - DRAWS * share;
    ck_assert_msg(off * off <= 9 * DRAWS * share * (1 - share), "%d of %d", count, DRAWS);
}
END_TEST

START_TEST(bounds_are_kept)
{
    ck_assert_uint_eq(chance_below(0, 100000), 0);
    ck_assert_uint_eq(chance_below(UINT32_MAX, 100000), 99999);
    ck_assert_uint_eq(chance_below(UINT32_MAX, 1), 0);
    ck_assert_uint_eq(chance_below(UINT32_MAX, UINT64_C(1) << 32), UINT32_MAX);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    const struct test_case cases[] = {
        {"sequence", NULL, NULL, TESTS(a_seed_makes_a_sequence), COUNT(sequences)},
        {"shares", NULL, NULL, TESTS(shares_are_as_asked_for, bounds_are_kept), COUNT(shares)},
    };
    return RUN_SUITE("daemon_chance", cases);
}
