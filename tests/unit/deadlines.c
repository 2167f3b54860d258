/* SPDX-License-Identifier: MIT */
#include "../../lib/deadlines.h"
#include "../../lib/counters.h"
#include "../../lib/socket_state.h"
#include "suite.h"

#include <hello/hello.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 4, LIMIT = 1000 };

static struct counters counters;
static struct deadlines deadlines;
static struct deadline deadline[CONNECTIONS];
static int peers[CONNECTIONS];

/* Time stands still but where a test moves it. */
static void setup(void)
{
    const struct hello_options options = {
        .header_timeout_ms = LIMIT,
        .body_timeout_ms = 2 * LIMIT,
        .reply_timeout_ms = 3 * LIMIT,
        .idle_timeout_ms = 4 * LIMIT,
        .min_reply_rate = 100,
    };
    deadlines = (struct deadlines){.now = 5000};
    counters = (struct counters){0};
    hello__deadlines_start(&deadlines, &options, &counters);
    /* Without the checks that a libmicrohttpd needs that misses ends. */
    deadlines.periods[PHASE_HEAD] = deadlines.limits[PHASE_HEAD];
    deadlines.periods[PHASE_BODY] = deadlines.limits[PHASE_BODY];
    for (int i = 0; i < CONNECTIONS; i++) {
        int ends[2];
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        peers[i] = ends[1];
        hello__deadlines_add(&deadlines, &deadline[i], ends[0]);
    }
}

static void teardown(void)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        hello__deadlines_remove(&deadlines, &deadline[i]);
        close(deadline[i].fd);
        close(peers[i]);
    }
    for (int phase = 0; phase < PHASE_DELAY; phase++)
        ck_assert_ptr_eq(deadlines.queues[phase].next, &deadlines.queues[phase]);
    ck_assert_ptr_null(deadlines.delayed);
}

/* Whether the connection has been shut down, seen from the peer. */
static bool is_ended(int i)
{
    struct pollfd fd = {.fd = peers[i], .events = POLLIN | POLLRDHUP};
    ck_assert_int_ge(poll(&fd, 1, 0), 0);
    return fd.revents & (POLLRDHUP | POLLHUP);
}

static void expect_ended(bool first, bool second, bool third, bool fourth)
{
    const bool expected[CONNECTIONS] = {first, second, third, fourth};
    for (int i = 0; i < CONNECTIONS; i++)
        ck_assert_msg(is_ended(i) == expected[i], "connection %d", i);
}

/* Let time pass, as a shard that wakes whenever something is due. */
static void pass_until(uint64_t now)
{
    while (hello__deadlines_next(&deadlines) <= now) {
        deadlines.now = hello__deadlines_next(&deadlines);
        hello__deadlines_expire(&deadlines);
    }
    deadlines.now = now;
}

START_TEST(the_next_deadline_is_the_earliest_of_all_phases)
{
    ck_assert_uint_eq(hello__deadlines_next(&deadlines), 5000 + LIMIT);
    for (int i = 0; i < CONNECTIONS; i++)
        hello__deadlines_enter(&deadlines, &deadline[i], PHASE_BODY);
    ck_assert_uint_eq(hello__deadlines_next(&deadlines), 5000 + 2 * LIMIT);
    hello__deadlines_enter(&deadlines, &deadline[2], PHASE_HEAD);
    ck_assert_uint_eq(hello__deadlines_next(&deadlines), 5000 + LIMIT);
}
END_TEST

/* Connections that a look does not end are looked at several at a time. */
START_TEST(looks_come_in_batches)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        deadlines.now = 5000 + (uint64_t)i;
        hello__deadlines_enter(&deadlines, &deadline[i], i % 2 ? PHASE_IDLE : PHASE_REPLY);
    }
    ck_assert_uint_eq(deadline[0].due, deadline[2].due);
    ck_assert_uint_eq(deadline[1].due, deadline[3].due);
    ck_assert_uint_lt(deadline[1].due, 5000 + LIMIT);
}
END_TEST

/* Idle ones, and new ones of an earlier millisecond. */
START_TEST(connections_that_wait_are_kept)
{
    static const bool kept[PHASE_DELAY] = {
        [PHASE_TAKING] = true,
        [PHASE_IDLE] = true,
    };
    ck_assert(!hello__deadlines_keeps(&deadlines));
    deadlines.now++;
    ck_assert(hello__deadlines_keeps(&deadlines));
    for (int i = 0; i < CONNECTIONS; i++)
        hello__deadlines_enter(&deadlines, &deadline[i], PHASE_BODY);
    for (int phase = 0; phase < PHASE_LAST; phase++) {
        hello__deadlines_enter(&deadlines, &deadline[0], (enum phase)phase);
        ck_assert_msg(hello__deadlines_keeps(&deadlines) == kept[phase], "phase %d", phase);
    }
}
END_TEST

START_TEST(each_phase_has_its_limit)
{
    hello__deadlines_enter(&deadlines, &deadline[1], PHASE_BODY);
    hello__deadlines_enter(&deadlines, &deadline[2], PHASE_REPLY);
    hello__deadlines_enter(&deadlines, &deadline[3], PHASE_IDLE);
    const uint64_t late = LIMIT / 3; /* a period and its batch */
    pass_until(5000 + LIMIT - 1);
    expect_ended(false, false, false, false);
    pass_until(5000 + LIMIT);
    expect_ended(true, false, false, false);
    pass_until(5000 + 2 * LIMIT);
    expect_ended(true, true, false, false);
    pass_until(5000 + 3 * LIMIT - 1);
    expect_ended(true, true, false, false);
    pass_until(5000 + 3 * LIMIT + late);
    expect_ended(true, true, true, false);
    pass_until(5000 + 4 * LIMIT - 1);
    expect_ended(true, true, true, false);
    pass_until(5000 + 4 * LIMIT + late);
    expect_ended(true, true, true, true);
}
END_TEST

START_TEST(entering_a_phase_again_starts_its_time_again)
{
    deadlines.now = 5000 + LIMIT / 2;
    hello__deadlines_enter(&deadlines, &deadline[0], PHASE_HEAD);
    deadlines.now = 5000 + LIMIT;
    hello__deadlines_expire(&deadlines);
    expect_ended(false, true, true, true);
}
END_TEST

START_TEST(no_limit_is_no_deadline)
{
    for (int i = 0; i < CONNECTIONS; i++)
        hello__deadlines_enter(&deadlines, &deadline[i], PHASE_IDLE);
    deadlines.limits[PHASE_HEAD] = deadlines.periods[PHASE_HEAD] = UINT32_MAX;
    hello__deadlines_enter(&deadlines, &deadline[0], PHASE_HEAD);
    pass_until(5000 + 100 * LIMIT);
    expect_ended(false, true, true, true);
}
END_TEST

START_TEST(a_slow_body_is_told_408)
{
    char answer[256] = "";
    hello__deadlines_enter(&deadlines, &deadline[0], PHASE_BODY);
    deadlines.now += 2 * LIMIT;
    hello__deadlines_expire(&deadlines);
    ck_assert_int_gt(read(peers[0], answer, sizeof answer - 1), 0);
    ck_assert_msg(strncmp(answer, "HTTP/1.1 408 Request Timeout\r\n", 30) == 0, "%s", answer);
    ck_assert_ptr_nonnull(strstr(answer, "Connection: close\r\n"));
}
END_TEST

START_TEST(who_says_nothing_is_told_nothing)
{
    char byte;
    deadlines.now += LIMIT;
    hello__deadlines_expire(&deadlines);
    ck_assert_int_eq(read(peers[0], &byte, 1), 0);
}
END_TEST

START_TEST(an_idle_peer_that_begins_in_time_gets_the_time_for_a_head)
{
    hello__deadlines_enter(&deadlines, &deadline[0], PHASE_IDLE);
    ck_assert_int_eq(write(peers[0], "G", 1), 1);
    pass_until(deadline[0].due);
    ck_assert(!is_ended(0));
    ck_assert_int_eq(deadline[0].phase, PHASE_HEAD);
    pass_until(deadlines.now + LIMIT);
    ck_assert(is_ended(0));
}
END_TEST

/* A unix socket does not tell how much its peer has taken. */
START_TEST(what_an_idle_peer_has_not_taken_is_dropped_in_time)
{
    hello__deadlines_enter(&deadlines, &deadline[0], PHASE_IDLE);
    ck_assert_int_eq(write(deadline[0].fd, "HTTP", 4), 4);
    pass_until(5000 + 3 * LIMIT - 1);
    ck_assert(!is_ended(0));
    ck_assert_int_eq(deadline[0].phase, PHASE_TAKING);
    pass_until(5000 + 3 * LIMIT + LIMIT / 3);
    ck_assert(is_ended(0));
    ck_assert_uint_eq(hello__counted(&counters, COUNTER(reply_timeouts)), 1);
}
END_TEST

START_TEST(who_has_taken_all_is_idle_again)
{
    char bytes[4];
    hello__deadlines_enter(&deadlines, &deadline[0], PHASE_IDLE);
    ck_assert_int_eq(write(deadline[0].fd, "HTTP", 4), 4);
    pass_until(5000 + 2 * LIMIT);
    ck_assert_int_eq(deadline[0].phase, PHASE_TAKING);
    ck_assert_int_eq(read(peers[0], bytes, 4), 4);
    pass_until(5000 + 6 * LIMIT);
    ck_assert_int_eq(deadline[0].phase, PHASE_IDLE);
    pass_until(5000 + 7 * LIMIT);
    ck_assert(is_ended(0));
    ck_assert_uint_eq(hello__counted(&counters, COUNTER(idle_timeouts)), 1);
}
END_TEST

START_TEST(each_answer_over_a_unix_socket_has_its_time)
{
    for (int i = 1; i <= 4; i++) {
        hello__deadlines_enter(&deadlines, &deadline[0], PHASE_REPLY);
        pass_until(5000 + (uint64_t)i * 2 * LIMIT);
        ck_assert(!is_ended(0));
    }
    pass_until(deadlines.now + 2 * LIMIT);
    ck_assert(is_ended(0));
}
END_TEST

/* ---- Readers over TCP ---- */

/* The server's end and the client's end of a connection. */
static void connect_tcp(int *server_end, int *client_end)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    *client_end = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, length), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    ck_assert_int_eq(connect(*client_end, (struct sockaddr *)&address, length), 0);
    *server_end = accept(listener, NULL, NULL);
    ck_assert_int_ge(*server_end, 0);
    close(listener);
}

/* Send bytes that the client takes, and wait until its kernel has acknowledged them. */
static void send_taken(int server_end, int client_end, uint32_t size)
{
    char bytes[4096] = "";
    struct socket_state state;
    hello__socket_read(&state, server_end);
    uint64_t taken = state.taken;
    for (uint32_t sent = 0; sent < size; sent += sizeof bytes) {
        ck_assert_int_eq(send(server_end, bytes, sizeof bytes, 0), sizeof bytes);
        ck_assert_int_eq(recv(client_end, bytes, sizeof bytes, MSG_WAITALL), sizeof bytes);
    }
    while (state.taken < taken + size)
        hello__socket_read(&state, server_end);
}

/* What a client acknowledges in each half of the limit, and in the second half besides, in bytes;
 * and for how many limits it stays. The rate is 100 bytes per second, and the limit 3 seconds. */
static const struct {
    uint32_t each_time, once;
    int limits;
} readers[] = {
    {0, 0, 1},
    {0, 4096, 2},
    {0, 1 << 20, 2}, /* much at once is no credit for later */
    {4096, 0, 10},
};

START_TEST(a_reader_has_a_limit_from_what_it_has_taken)
{
    enum { REPLY_LIMIT = 3 * LIMIT, MOST_LIMITS = 10 };
    int client, half = 0;
    struct deadline reader;
    int fd;
    connect_tcp(&fd, &client);
    hello__deadlines_add(&deadlines, &reader, fd);
    hello__deadlines_enter(&deadlines, &reader, PHASE_REPLY);
    for (; half < 2 * MOST_LIMITS && reader.phase != PHASE_LAST; half++) {
        send_taken(fd, client, readers[_i].each_time + (half == 1 ? readers[_i].once : 0));
        pass_until(5000 + (uint64_t)(half + 1) * REPLY_LIMIT / 2 + REPLY_LIMIT / 4);
    }
    ck_assert_int_ge(half, 2 * readers[_i].limits - 1);
    ck_assert_int_le(half, 2 * readers[_i].limits + 1);
    hello__deadlines_remove(&deadlines, &reader);
    close(client);
    close(fd);
}
END_TEST

/* An edge in the epoll set, as libmicrohttpd waits for it, tells of an end that it has missed: with
 * a libmicrohttpd that misses some, in each phase that waits for bytes. */
START_TEST(who_has_ended_is_noticed_again)
{
    const enum phase phases[CONNECTIONS] = {PHASE_HEAD, PHASE_BODY, PHASE_REPLY, PHASE_IDLE};
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET};
    bool noticed[CONNECTIONS] = {false};
    int set = epoll_create1(0);
    deadlines.periods[PHASE_HEAD] = deadlines.periods[PHASE_BODY] = LIMIT / 16;
    for (int i = 0; i < CONNECTIONS; i++) {
        event.data.fd = i;
        ck_assert_int_eq(epoll_ctl(set, EPOLL_CTL_ADD, deadline[i].fd, &event), 0);
        hello__deadlines_enter(&deadlines, &deadline[i], phases[i]);
        ck_assert_int_eq(shutdown(peers[i], SHUT_WR), 0);
    }
    while (epoll_wait(set, &event, 1, 0) == 1)
        ;
    pass_until(5000 + LIMIT / 2);
    while (epoll_wait(set, &event, 1, 0) == 1)
        noticed[event.data.fd] = true;
    for (int i = 0; i < CONNECTIONS; i++)
        ck_assert_msg(noticed[i] == (phases[i] != PHASE_REPLY), "connection %d", i);
    expect_ended(false, false, false, false);
    pass_until(5000 + LIMIT + LIMIT / 10);
    expect_ended(true, false, false, false);
    close(set);
}
END_TEST

START_TEST(not_all_are_looked_at_in_one_dispatch)
{
    enum { CROWD = 100 };
    static struct deadline crowd[CROWD];
    uint64_t due = deadlines.now + LIMIT;
    for (int i = 0; i < CROWD; i++)
        hello__deadlines_add(&deadlines, &crowd[i], -1);
    deadlines.now = due;
    hello__deadlines_expire(&deadlines);
    expect_ended(true, true, true, true);
    ck_assert_uint_eq(hello__deadlines_next(&deadlines), due);
    hello__deadlines_expire(&deadlines);
    ck_assert_uint_gt(hello__deadlines_next(&deadlines), due);
    for (int i = 0; i < CROWD; i++)
        hello__deadlines_remove(&deadlines, &crowd[i]);
}
END_TEST

START_TEST(ending_the_idle_spares_those_at_work)
{
    hello__deadlines_enter(&deadlines, &deadline[1], PHASE_BODY);
    hello__deadlines_enter(&deadlines, &deadline[2], PHASE_REPLY);
    hello__deadlines_enter(&deadlines, &deadline[3], PHASE_IDLE);
    hello__deadlines_end_idle(&deadlines, LIMIT);
    expect_ended(true, false, false, true);
}
END_TEST

/* Also those that have left the last answer untaken so far. */
START_TEST(ending_the_idle_ends_those_that_take)
{
    hello__deadlines_enter(&deadlines, &deadline[1], PHASE_TAKING);
    hello__deadlines_enter(&deadlines, &deadline[2], PHASE_REPLY);
    hello__deadlines_enter(&deadlines, &deadline[3], PHASE_BODY);
    hello__deadlines_end_idle(&deadlines, LIMIT);
    expect_ended(true, true, false, false);
}
END_TEST

/* Those that become idle later have a time of their own, and no limit of the options ends them. */
START_TEST(ending_the_idle_goes_on)
{
    const uint32_t time = LIMIT / 2;
    for (int i = 0; i < CONNECTIONS; i++)
        hello__deadlines_enter(&deadlines, &deadline[i], PHASE_REPLY);
    hello__deadlines_end_idle(&deadlines, time);
    hello__deadlines_enter(&deadlines, &deadline[1], PHASE_IDLE);
    pass_until(5000 + time - 1);
    expect_ended(false, false, false, false);
    hello__deadlines_enter(&deadlines, &deadline[2], PHASE_IDLE);
    pass_until(5000 + time + time / 4);
    expect_ended(false, true, false, false);
    pass_until(5000 + 2 * time + time / 4);
    expect_ended(false, true, true, false);
    ck_assert_uint_eq(hello__counted(&counters, COUNTER(idle_timeouts)), 0);
}
END_TEST

START_TEST(ending_the_idle_spares_who_has_begun)
{
    hello__deadlines_enter(&deadlines, &deadline[3], PHASE_IDLE);
    ck_assert_int_eq(write(peers[0], "G", 1), 1);
    ck_assert_int_eq(write(peers[3], "G", 1), 1);
    hello__deadlines_end_idle(&deadlines, LIMIT);
    expect_ended(false, true, true, false);
}
END_TEST

START_TEST(ending_all_spares_nobody)
{
    hello__deadlines_enter(&deadlines, &deadline[1], PHASE_BODY);
    hello__deadlines_enter(&deadlines, &deadline[2], PHASE_REPLY);
    hello__deadlines_enter(&deadlines, &deadline[3], PHASE_IDLE);
    hello__deadlines_end_all(&deadlines);
    expect_ended(true, true, true, true);
}
END_TEST

/* ---- Delays ---- */

/* The clock of delays is real: the times in it are from hello__clock_ms() on. */
START_TEST(delays_are_over_in_order)
{
    const uint32_t delays[CONNECTIONS] = {3000, 1000, 2000, 2500};
    const int order[CONNECTIONS] = {1, 2, 3, 0};
    uint64_t begin = hello__clock_ms();
    for (int i = 0; i < CONNECTIONS; i++)
        hello__deadlines_delay(&deadlines, &deadline[i], delays[i]);
    deadlines.now = begin;
    ck_assert_ptr_null(hello__deadlines_delayed(&deadlines, begin + 1000));
    ck_assert_uint_gt(hello__deadlines_next(&deadlines), begin + 1000);
    ck_assert_uint_lt(hello__deadlines_next(&deadlines), begin + 2000);
    for (int i = 0; i < CONNECTIONS; i++) {
        ck_assert_ptr_eq(hello__deadlines_delayed(&deadlines, UINT64_MAX), &deadline[order[i]]);
        hello__deadlines_enter(&deadlines, &deadline[order[i]], PHASE_REPLY);
    }
    ck_assert_ptr_null(hello__deadlines_delayed(&deadlines, UINT64_MAX));
    pass_until(begin + 3 * LIMIT + LIMIT);
    expect_ended(true, true, true, true);
}
END_TEST

START_TEST(a_delay_may_have_no_end)
{
    uint64_t begin = hello__clock_ms();
    hello__deadlines_delay(&deadlines, &deadline[0], HELLO_NO_TIMEOUT);
    hello__deadlines_delay(&deadlines, &deadline[1], HELLO_NO_TIMEOUT - 1);
    ck_assert_ptr_eq(hello__deadlines_delayed(&deadlines, begin + 2 * (uint64_t)UINT32_MAX),
                     &deadline[1]);
    hello__deadlines_enter(&deadlines, &deadline[1], PHASE_REPLY);
    ck_assert_ptr_null(hello__deadlines_delayed(&deadlines, NEVER_DUE - 1));
    ck_assert_ptr_eq(hello__deadlines_delayed(&deadlines, NEVER_DUE), &deadline[0]);
    hello__deadlines_enter(&deadlines, &deadline[0], PHASE_REPLY);
}
END_TEST

START_TEST(no_deadline_ends_a_delay)
{
    for (int i = 0; i < CONNECTIONS; i++)
        hello__deadlines_delay(&deadlines, &deadline[i], 100 * LIMIT);
    hello__deadlines_remove(&deadlines, &deadline[2]);
    hello__deadlines_add(&deadlines, &deadline[2], deadline[2].fd);
    deadlines.now = hello__clock_ms() + 99 * LIMIT;
    hello__deadlines_enter(&deadlines, &deadline[2], PHASE_IDLE);
    hello__deadlines_expire(&deadlines);
    hello__deadlines_end_idle(&deadlines, LIMIT);
    expect_ended(false, false, true, false);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"delays", setup, teardown,
         TESTS(delays_are_over_in_order, a_delay_may_have_no_end, no_deadline_ends_a_delay), 0},
        {"deadlines", setup, teardown,
         TESTS(the_next_deadline_is_the_earliest_of_all_phases, looks_come_in_batches,
               connections_that_wait_are_kept, each_phase_has_its_limit,
               entering_a_phase_again_starts_its_time_again, no_limit_is_no_deadline),
         0},
        {"expiry", setup, teardown,
         TESTS(a_slow_body_is_told_408, who_says_nothing_is_told_nothing,
               not_all_are_looked_at_in_one_dispatch,
               an_idle_peer_that_begins_in_time_gets_the_time_for_a_head),
         0},
        {"readers", setup, teardown,
         TESTS(what_an_idle_peer_has_not_taken_is_dropped_in_time, who_has_taken_all_is_idle_again,
               each_answer_over_a_unix_socket_has_its_time),
         0},
        {"tcp-readers", setup, teardown, TESTS(a_reader_has_a_limit_from_what_it_has_taken),
         sizeof readers / sizeof readers[0]},
        {"hang-up", setup, teardown, TESTS(who_has_ended_is_noticed_again), 0},
        {"drain", setup, teardown,
         TESTS(ending_the_idle_spares_those_at_work, ending_the_idle_ends_those_that_take,
               ending_the_idle_goes_on, ending_the_idle_spares_who_has_begun,
               ending_all_spares_nobody),
         0},
    };
    return RUN_SUITE("deadlines", cases);
}
