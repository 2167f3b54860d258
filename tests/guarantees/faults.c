/* SPDX-License-Identifier: MIT */
/* Each system call fails, or is cut short, in its turn, for as many turns as a server takes to
 * start, to serve, and to drain. It reports what does not work, goes on where the fault has
 * passed, and leaves nothing behind. */
#include "../unit/client.h"
#include "../unit/fixture.h"
#include "../unit/suite.h"
#include "calls.h"
#include "memory.h"
#include "plain.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* More than any of them takes: the end of a test that never gets through. */
enum { TOO_MANY = 500 };

static void start(int *error)
{
    memory_enter();
    *error = hello_server_start(&server, &options);
    memory_leave();
}

static void stop(void)
{
    memory_enter();
    hello_server_stop(server);
    memory_leave();
    server = NULL;
}

/* ---- Start ---- */

static const struct {
    enum call call;
    int error;
} start_faults[] = {
    {CALL_EPOLL_CREATE1, EMFILE}, {CALL_EPOLL_CTL, ENOMEM},      {CALL_EPOLL_CTL, ENOSPC},
    {CALL_EVENTFD, EMFILE},       {CALL_TIMERFD_CREATE, ENFILE}, {CALL_PTHREAD_CREATE, EAGAIN},
};

enum { START_FAULTS = sizeof start_faults / sizeof start_faults[0] };

START_TEST(start_fails_with_the_call)
{
    enum call call = start_faults[_i].call;
    int descriptors = fixture_count_descriptors();
    unsigned lines = fixture_expect_log();
    unsigned n = 1;
    options.threads = 2;
    for (; n < TOO_MANY; n++) {
        int error;
        calls_fail_at(call, n, start_faults[_i].error);
        start(&error);
        if (!calls_have_failed())
            break;
        ck_assert_msg(error == -start_faults[_i].error, "call %u: %s", n, strerror(-error));
        ck_assert_ptr_null(server);
        ck_assert_uint_gt(fixture_expect_log(), lines);
        lines = fixture_expect_log();
        ck_assert_int_eq(memory_live(), 0);
        ck_assert_int_eq(fixture_count_descriptors(), descriptors);
    }
    calls_fail_at(call, 0, 0);
    ck_assert_uint_gt(n, 2); /* each of two shards has one */
    ck_assert_ptr_nonnull(server);
    stop();
    ck_assert_int_eq(memory_live(), 0);
    ck_assert_int_eq(fixture_count_descriptors(), descriptors);
}
END_TEST

/* ---- Life ---- */

#define REST " HTTP/1.1\r\nHost: h\r\n"
#define X100                                                                                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                                           \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define REQUESTS                                                                                   \
    "GET /one" REST "\r\n"                                                                         \
    "GET /" X100 X100 X100 X100 X100 X100 REST "\r\n" /* its body is no part of the head */        \
    "POST /two" REST "Content-Length: 5\r\n\r\nhello"                                              \
    "POST /three" REST "Content-Length: 1000000\r\n\r\nhello" /* answered, then read on */

enum { ANSWERS = 4, TOGETHER = 20 };

/* What a fault may cost. */
enum cost {
    NOTHING,
    A_CONNECTION,      /* it ends, as if its peer had ended it */
    A_REPORTED_ANSWER, /* likewise, and the log says why */
    A_REPORTED_PAUSE,  /* nothing but time, and the log says why */
};

static const struct {
    enum call call;
    int error;
    enum cost cost;
} faults[] = {
    {CALL_ACCEPT4, EACCES, A_REPORTED_PAUSE},
    {CALL_ACCEPT4, EBADF, A_REPORTED_PAUSE},
    {CALL_ACCEPT4, ECONNABORTED, NOTHING},
    {CALL_ACCEPT4, EHOSTDOWN, NOTHING},
    {CALL_ACCEPT4, EHOSTUNREACH, NOTHING},
    {CALL_ACCEPT4, EINTR, NOTHING},
    {CALL_ACCEPT4, EINVAL, A_REPORTED_PAUSE},
    {CALL_ACCEPT4, EMFILE, A_REPORTED_PAUSE},
    {CALL_ACCEPT4, ENETDOWN, NOTHING},
    {CALL_ACCEPT4, ENETUNREACH, NOTHING},
    {CALL_ACCEPT4, ENFILE, A_REPORTED_PAUSE},
    {CALL_ACCEPT4, ENOBUFS, A_REPORTED_PAUSE},
    {CALL_ACCEPT4, ENOMEM, A_REPORTED_PAUSE},
    {CALL_ACCEPT4, ENONET, NOTHING},
    {CALL_ACCEPT4, ENOPROTOOPT, NOTHING},
    {CALL_ACCEPT4, ENOSYS, A_REPORTED_PAUSE},
    {CALL_ACCEPT4, ENOTSOCK, A_REPORTED_PAUSE},
    {CALL_ACCEPT4, EOPNOTSUPP, NOTHING},
    {CALL_ACCEPT4, EPERM, A_REPORTED_PAUSE},
    {CALL_ACCEPT4, EPROTO, NOTHING},
    {CALL_ACCEPT4, ETIMEDOUT, NOTHING},
    {CALL_EPOLL_CTL, ENOMEM, A_REPORTED_ANSWER},
    {CALL_EPOLL_CTL_DEL, ENOENT, NOTHING},
    {CALL_EPOLL_WAIT, EINTR, NOTHING},
    {CALL_GETSOCKOPT, ENOBUFS, NOTHING},
    {CALL_RECV, ECONNRESET, A_CONNECTION},
    {CALL_RECV, ENOMEM, A_CONNECTION},
    {CALL_RECV, EINTR, NOTHING},
    {CALL_RECV, CALL_SHORT, NOTHING},
    {CALL_SEND, EPIPE, A_CONNECTION},
    {CALL_SEND, EINTR, NOTHING},
    {CALL_SEND, CALL_SHORT, NOTHING},
    {CALL_SENDMSG, ECONNRESET, A_CONNECTION},
    {CALL_SENDMSG, ENOBUFS, A_CONNECTION},
    {CALL_SENDMSG, EINTR, NOTHING},
    {CALL_SENDMSG, CALL_SHORT, NOTHING},
    {CALL_TIMERFD_SETTIME, ENOMEM, NOTHING},
};

static void drain(void)
{
    memory_enter();
    int error = hello_server_drain(server, 10000);
    memory_leave();
    ck_assert_msg(error == 0 || error == -EINPROGRESS, "%s", strerror(-error));
    while (!hello_server_drained(server)) {
        struct pollfd fd = {.fd = hello_server_fd(server), .events = POLLIN};
        ck_assert_msg(poll(&fd, 1, 20000) == 1, "the drain does not end");
        memory_enter();
        ck_assert_int_eq(hello_server_dispatch(server), 0);
        memory_leave();
    }
}

static int ask_one(void)
{
    int answers = plain_ask_all(server, REQUESTS);
    plain_ask_all(server, "GET /slow HT"); /* ends by a deadline */
    return answers;
}

static int ask_many(void)
{
    return plain_ask_together(server, TOGETHER);
}

/* Who asks, for how many answers, and how many of them a fault may cost. */
struct crowd {
    int (*ask)(void);
    int answers;
    int may_miss;
};

static const struct crowd one = {ask_one, ANSWERS, ANSWERS};
static const struct crowd many = {ask_many, TOGETHER, 1};

static void check_cost(int i, const struct crowd *crowd, unsigned n, int answers, unsigned lines)
{
    enum cost cost = faults[i].cost;
    bool reports = cost == A_REPORTED_ANSWER || cost == A_REPORTED_PAUSE;
    bool may_lose = cost == A_CONNECTION || cost == A_REPORTED_ANSWER;
    int missing = crowd->answers - answers;
    ck_assert_msg(missing == 0 || (may_lose && missing <= crowd->may_miss),
                  "fault %d, call %u: %d answers", i, n, answers);
    if (!calls_have_failed())
        return;
    ck_assert_msg(lines > 0 || !reports || (may_lose && missing == 0),
                  "fault %d, call %u: %d answers, and nothing in the log", i, n, answers);
    ck_assert_msg(lines == 0 || cost != NOTHING, "fault %d, call %u: a line in the log", i, n);
}

/* Serve with a call that fails. Returns whether it came to that. */
static bool live_failing(int i, const struct crowd *crowd, unsigned n)
{
    int error;
    unsigned lines = fixture_expect_log();
    start(&error);
    ck_assert_int_eq(error, 0);
    calls_fail_at(faults[i].call, n, faults[i].error);
    int answers = crowd->ask();
    plain_settle(server);
    check_cost(i, crowd, n, answers, fixture_expect_log() - lines);
    if (calls_have_failed())
        ck_assert_int_eq(crowd->ask(), crowd->answers);
    drain();
    calls_fail_at(faults[i].call, 0, 0);
    stop();
    ck_assert_msg(memory_live() == 0, "fault %d, call %u leaks %d blocks", i, n, memory_live());
    return calls_have_failed();
}

/* Returns how many calls there were to fail. */
static unsigned fail_in_turn(int i, const struct crowd *crowd)
{
    int descriptors = fixture_count_descriptors();
    unsigned n = 1;
    fixture_expect_log();
    options.header_timeout_ms = 50;
    while (n < TOO_MANY && live_failing(i, crowd, n)) {
        ck_assert_int_eq(fixture_count_descriptors(), descriptors);
        n++;
    }
    ck_assert_uint_lt(n, TOO_MANY);
    return n - 1;
}

START_TEST(what_fails_is_reported_and_passes)
{
    ck_assert_msg(fail_in_turn(_i, &one) > 0, "fault %d: the call is never made", _i);
}
END_TEST

START_TEST(of_many_only_one_is_lost)
{
    fail_in_turn(_i, &many); /* not each of the calls is made here */
}
END_TEST

/* ---- Waiting for events ---- */

static int dispatch_failing(void)
{
    memory_enter();
    calls_fail_at(CALL_EPOLL_WAIT, 1, EBADF);
    int error = hello_server_dispatch(server);
    memory_leave();
    ck_assert(calls_have_failed());
    return error;
}

START_TEST(a_program_learns_that_waiting_fails)
{
    int error;
    unsigned lines = fixture_expect_log();
    start(&error);
    ck_assert_int_eq(error, 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(dispatch_failing(), -EIO);
        ck_assert_uint_eq(fixture_expect_log(), lines + 1);
    }
    ck_assert_int_eq(plain_ask_all(server, REQUESTS), ANSWERS); /* it has passed */
    drain();
    stop();
}
END_TEST

static unsigned waits; /* of a thread, from a request to /fail on, until one fails */

static int fail_later(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    size_t length;
    const char *path = hello_request_path(request, &length);
    if (length == 5 && memcmp(path, "/fail", 5) == 0) {
        memory_enter(); /* this thread, for good */
        calls_fail_at(CALL_EPOLL_WAIT, waits, EBADF);
    }
    return hello_respond_greeting(data, request, reply);
}

/* Whether a client that asks is answered; else its connection has ended. */
static bool is_answered(struct client *client, const char *request)
{
    char byte;
    client_send_text(client, request);
    if (recv(client->fd, &byte, 1, MSG_PEEK) <= 0)
        return false;
    struct answer answer;
    client_read(client, &answer, false);
    return true;
}

/* The client of the other thread is answered, and then the server has ended, and says why. */
static void expect_end_of_all(struct client *other)
{
    struct answer answer;
    client_send_text(other, "st: h\r\n\r\n");
    client_read(other, &answer, false);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer_field(&answer, "Connection"), "close");
    client_expect_end(other);
    ck_assert_int_eq(hello_server_drain(server, 600000), -EIO);
    ck_assert(hello_server_drained(server));
    ck_assert_uint_eq(hello_server_connections(server), 0);
    ck_assert_uint_eq(fixture_expect_log(), 1);
    client_expect_refused(hello_server_port(server));
}

/* Waiting in libmicrohttpd may fail as well: that passes. */
START_TEST(a_thread_that_cannot_wait_ends_the_server)
{
    bool ends = false;
    options.responder = fail_later;
    options.max_connections = 2; /* one for each thread */
    for (waits = 1; !ends && waits < TOO_MANY; waits++) {
        struct client client, other;
        fixture_expect_log();
        fixture_start(2);
        client_open(&client, hello_server_port(server));
        client_open(&other, hello_server_port(server));
        client_send_text(&other, "GET / HTTP/1.1\r\nHo");
        client_expect_connections(server, 2);
        ck_assert(is_answered(&client, "GET /fail HTTP/1.1\r\nHost: h\r\n\r\n"));
        ends = !is_answered(&client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        if (ends)
            expect_end_of_all(&other);
        client_close(&client);
        client_close(&other);
        fixture_stop();
    }
    ck_assert_msg(ends, "no wait of a thread has failed");
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"start", fixture_prepare, fixture_stop, TESTS(start_fails_with_the_call), START_FAULTS},
        {"life", fixture_prepare, fixture_stop, TESTS(what_fails_is_reported_and_passes),
         sizeof faults / sizeof faults[0]},
        {"together", fixture_prepare, fixture_stop, TESTS(of_many_only_one_is_lost),
         sizeof faults / sizeof faults[0]},
        {"wait", fixture_prepare, fixture_stop,
         TESTS(a_program_learns_that_waiting_fails, a_thread_that_cannot_wait_ends_the_server), 0},
    };
    return RUN_SUITE("faults", cases);
}
