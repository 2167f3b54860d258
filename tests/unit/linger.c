/* SPDX-License-Identifier: MIT */
#include "../../lib/linger.h"
#include "suite.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 128 };

static struct lingering lingering;
static int client, served; /* the two ends of a connection */

static void setup(void)
{
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    client = ends[0];
    served = ends[1];
    lingering = (struct lingering){0};
    ck_assert_int_eq(hello__linger_start(&lingering), 0);
}

static void teardown(void)
{
    hello__linger_finish(&lingering);
    close(client);
    close(served);
}

static bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1;
}

/* As the shard does, whose descriptor of the connection is closed then. */
static void take(void)
{
    ck_assert(hello__linger_take(&lingering, served, 0));
    close(served);
    served = -1;
}

static bool can_send(void)
{
    return send(client, "x", 1, MSG_NOSIGNAL) == 1;
}

START_TEST(drops_what_comes_until_the_client_is_done)
{
    char byte;
    take();
    ck_assert_int_eq(recv(client, &byte, 1, 0), 0); /* the end of what is sent to the client */
    for (int i = 0; i < 3; i++) {
        ck_assert(!is_readable(lingering.epoll));
        ck_assert(can_send());
        ck_assert(is_readable(lingering.epoll));
        ck_assert_uint_eq(hello__linger_run(&lingering, 0), 0);
    }
    ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
    ck_assert_uint_eq(hello__linger_run(&lingering, 0), 1);
    ck_assert_uint_eq(lingering.count, 0);
}
END_TEST

START_TEST(ends_when_its_time_is_up)
{
    take();
    ck_assert_uint_eq(hello__linger_next_deadline(&lingering), LINGER_MS);
    ck_assert_uint_eq(hello__linger_run(&lingering, LINGER_MS - 1), 0);
    ck_assert(can_send());
    ck_assert_uint_eq(hello__linger_run(&lingering, LINGER_MS), 1);
    ck_assert(!can_send());
    ck_assert_uint_eq(hello__linger_next_deadline(&lingering), UINT64_MAX);
}
END_TEST

START_TEST(takes_so_many_and_no_more)
{
    for (int i = 0; i < MOST; i++)
        ck_assert(hello__linger_take(&lingering, served, 0));
    ck_assert(!hello__linger_take(&lingering, served, 0));
    hello__linger_refuse(&lingering, dup(served), 0);
    ck_assert_uint_eq(lingering.refused, 1);
    ck_assert_uint_eq(hello__linger_run(&lingering, UINT64_MAX), MOST);
    ck_assert(hello__linger_take(&lingering, served, 0));
}
END_TEST

/* As after a fork(): somebody else has the same socket open, so the kernel keeps it in the set. */
START_TEST(leaves_the_set_although_the_socket_stays_open)
{
    ck_assert(hello__linger_take(&lingering, served, 0));
    close(client);
    client = -1;
    ck_assert_uint_eq(hello__linger_run(&lingering, 0), 1);
    ck_assert(!is_readable(lingering.epoll));
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"reading", setup, teardown, TESTS(drops_what_comes_until_the_client_is_done), 0},
        {"ends", setup, teardown, TESTS(ends_when_its_time_is_up, takes_so_many_and_no_more), 0},
        {"shared", setup, teardown, TESTS(leaves_the_set_although_the_socket_stays_open), 0},
    };
    return RUN_SUITE("linger", cases);
}
