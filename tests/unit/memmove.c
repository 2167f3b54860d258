/* SPDX-License-Identifier: MIT */
/* The memmove() and memcpy() of the static hellod: every length that one of their ways begins or
 * ends with, at every distance, and no byte beside it. */
#include "suite.h"

#include <stddef.h>
#include <string.h>

/* docker/libc/memmove.c, compiled under these names */
void *hellod_memmove(void *target, const void *source, size_t size);
void *hellod_memcpy(void *restrict target, const void *restrict source, size_t size);

enum { MOST = 100, ROOM = 3 * MOST };

/* No byte twice among 256, so that one that is out of place shows. */
static void fill(unsigned char *bytes)
{
    for (size_t i = 0; i < ROOM; i++)
        bytes[i] = (unsigned char)(i * 151 + i / 256);
}

static void check_move(size_t from, size_t to, size_t size)
{
    unsigned char bytes[ROOM], expected[ROOM];
    fill(bytes);
    fill(expected);
    for (size_t i = 0; i < size; i++)
        expected[to + i] = bytes[from + i];
    ck_assert_ptr_eq(hellod_memmove(bytes + to, bytes + from, size), bytes + to);
    ck_assert_msg(memcmp(bytes, expected, sizeof bytes) == 0, "%zu bytes from %zu to %zu", size,
                  from, to);
}

START_TEST(moves_whatever_overlaps)
{
    for (size_t size = 0; size <= MOST; size++)
        for (size_t to = 0; to <= 2 * MOST; to++)
            check_move(MOST, to, size);
}
END_TEST

START_TEST(copies)
{
    for (size_t size = 0; size <= MOST; size++)
        for (size_t offset = 0; offset < 16; offset++) {
            unsigned char source[ROOM], target[ROOM] = {0}, expected[ROOM] = {0};
            fill(source);
            for (size_t i = 0; i < size; i++)
                expected[offset + i] = source[7 + i];
            ck_assert_ptr_eq(hellod_memcpy(target + offset, source + 7, size), target + offset);
            ck_assert_msg(memcmp(target, expected, sizeof target) == 0, "%zu bytes to %zu", size,
                          offset);
        }
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"moving", NULL, NULL, TESTS(moves_whatever_overlaps, copies), 0},
    };
    return RUN_SUITE("memmove", cases);
}
