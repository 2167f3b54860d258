/* SPDX-License-Identifier: MIT */
#include "../../daemon/ring.h"
#include "suite.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ring *ring;
static char long_text[RING_SIZE + 1];

static void setup(void)
{
    ring = calloc(1, sizeof *ring);
    ck_assert_ptr_nonnull(ring);
}

static void teardown(void)
{
    free(ring);
}

/* A line of so many bytes, its line feed included. */
static void put_line(size_t length, char byte)
{
    struct text line = ring_begin_line(ring);
    memset(long_text, byte, length - 1);
    long_text[length - 1] = '\n';
    text_put(&line, long_text, length);
    ring_end_line(ring, &line);
}

static void check_look(const char *expected, size_t room)
{
    char bytes[64];
    size_t size = ring_look(ring, bytes, room);
    ck_assert_msg(size == strlen(expected) && memcmp(bytes, expected, size) == 0,
                  "'%.*s' instead of '%s'", (int)size, bytes, expected);
}

START_TEST(gives_whole_lines)
{
    check_look("", 64);
    put_line(3, 'a');
    put_line(4, 'b');
    struct text line = ring_begin_line(ring);
    text_put(&line, "c", 1); /* not complete yet */
    check_look("aa\nbbb\n", 64);
    check_look("aa\n", 6);
    ring_take(ring, 3);
    check_look("bbb\n", 64);
    check_look("bb", 2); /* longer than the buffer */
    ring_take(ring, 4);
    check_look("", 64);
}
END_TEST

START_TEST(drops_what_does_not_fit)
{
    put_line(RING_SIZE - 4, 'a');
    put_line(5, 'b');
    ck_assert_uint_eq(ring->dropped, 1);
    put_line(4, 'c');
    put_line(1, 'd');
    ck_assert_uint_eq(ring->dropped, 2);
    ring_take(ring, RING_SIZE - 4);
    check_look("ccc\n", 64);
    put_line(5, 'e'); /* around the end of the bytes */
    check_look("ccc\neeee\n", 64);
    put_line(RING_SIZE + 1, 'f');
    ck_assert_uint_eq(ring->dropped, 3);
    check_look("ccc\neeee\n", 64);
}
END_TEST

enum { LINES = 200000 };

/* Lines that say which they are, of different lengths. */
static void *put_lines(void *data)
{
    (void)data;
    for (unsigned i = 0; i < LINES; i++) {
        char text[64];
        int length = snprintf(text, sizeof text, "%u %.*s\n", i, (int)(i % 40),
                              "........................................");
        struct text line = ring_begin_line(ring);
        text_put(&line, text, (size_t)length / 2); /* in two pieces */
        text_put_string(&line, text + length / 2);
        ring_end_line(ring, &line);
    }
    return NULL;
}

START_TEST(goes_from_thread_to_thread)
{
    pthread_t thread;
    char bytes[4096 + 1];
    unsigned seen = 0;
    long last = -1;
    ck_assert_int_eq(pthread_create(&thread, NULL, put_lines, NULL), 0);
    while (last < LINES - 1 && seen + ring->dropped < LINES) {
        size_t size = ring_look(ring, bytes, sizeof bytes - 1);
        bytes[size] = '\0';
        for (char *line = bytes; *line; line = strchr(line, '\n') + 1) {
            long number = strtol(line, NULL, 10);
            ck_assert_int_gt(number, last);
            ck_assert_uint_eq(strcspn(strchr(line, ' ') + 1, "\n"), (size_t)number % 40);
            last = number;
            seen++;
        }
        ring_take(ring, size);
    }
    pthread_join(thread, NULL);
    ck_assert_uint_eq(seen + ring->dropped, LINES);
}
END_TEST

/* After 4 GiB on a 32-bit machine. */
START_TEST(positions_may_wrap)
{
    ring->put = ring->taken = SIZE_MAX - 1;
    for (int i = 0; i < 2; i++) {
        put_line(4, 'a');
        check_look("aaa\n", 64);
        ring_take(ring, 4);
    }
    ck_assert_uint_eq(ring->dropped, 0);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"lines", setup, teardown,
         TESTS(gives_whole_lines, drops_what_does_not_fit, positions_may_wrap), 0},
        {"threads", setup, teardown, TESTS(goes_from_thread_to_thread), 0},
    };
    return RUN_SUITE("daemon_ring", cases);
}
