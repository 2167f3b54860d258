/* SPDX-License-Identifier: MIT */
/* The heap of delays, compared with a list. */
#include "../../lib/deadlines.h"
#include "suite.h"

enum { DELAYED = 500, STEPS = 20000 };

static struct deadline delayed[DELAYED];
static bool is_in[DELAYED];

/* A sequence that is the same in each run; see POSIX, rand(). */
static unsigned random_below(unsigned limit)
{
    static uint32_t state = 1;
    state = state * 1103515245 + 12345;
    return (state >> 16) % limit;
}

static uint64_t earliest(void)
{
    uint64_t due = NEVER_DUE;
    for (int i = 0; i < DELAYED; i++)
        if (is_in[i] && delayed[i].due < due)
            due = delayed[i].due;
    return due;
}

/* Each is a child of one that is due earlier. */
static void check_heap(void)
{
    for (int i = 0; i < DELAYED; i++) {
        const struct deadline *node = &delayed[i];
        if (!is_in[i])
            continue;
        if (node->parent) {
            ck_assert(node->parent->left == node || node->parent->right == node);
            ck_assert_uint_le(node->parent->due, node->due);
        }
    }
}

static void change(struct deadline **first, int i)
{
    if (is_in[i]) {
        hello__delays_remove(first, &delayed[i]);
    } else {
        delayed[i].due = random_below(DELAYED);
        hello__delays_insert(first, &delayed[i]);
    }
    is_in[i] = !is_in[i];
}

/* Random connections begin a delay, or are closed while they are delayed; then it empties. */
START_TEST(delays_are_as_in_a_list)
{
    struct deadline *first = NULL;
    for (int step = 0; step < STEPS; step++) {
        change(&first, (int)random_below(DELAYED));
        ck_assert_uint_eq(first ? first->due : NEVER_DUE, earliest());
        if (step % 100 == 0)
            check_heap();
    }
    while (first) {
        ck_assert_uint_eq(first->due, earliest());
        change(&first, (int)(first - delayed));
        check_heap();
    }
    ck_assert_uint_eq(earliest(), NEVER_DUE);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"model", NULL, NULL, TESTS(delays_are_as_in_a_list), 0},
    };
    return RUN_SUITE("delay_heap", cases);
}
