/* SPDX-License-Identifier: MIT */
/* Every allocation of the library's and of libmicrohttpd's fails in its turn, while a server is
 * started and while each kind of request is answered. Nothing crashes, leaks or goes silent. */
#include "../unit/client.h"
#include "../unit/fixture.h"
#include "../unit/suite.h"
#include "memory.h"
#include "plain.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* More than any of them takes: the end of a test that never gets through. */
enum { TOO_MANY = 500 };

static int start(void)
{
    memory_enter();
    int error = hello_server_start(&server, &options);
    memory_leave();
    return error;
}

static void stop(void)
{
    memory_enter();
    hello_server_stop(server);
    memory_leave();
    server = NULL;
}

START_TEST(start_fails_cleanly)
{
    int descriptors = fixture_count_descriptors();
    unsigned n = 1;
    fixture_expect_log();
    options.threads = _i;
    options.max_connections_per_client = 10;
    for (; n < TOO_MANY; n++) {
        memory_fail_at(n);
        unsigned lines = fixture_expect_log();
        int error = start();
        ck_assert_msg(memory_has_failed() == (error != 0), "allocation %u: %s", n,
                      strerror(-error));
        if (!error)
            break;
        ck_assert_int_eq(error, -ENOMEM);
        ck_assert_uint_gt(fixture_expect_log(), lines);
        ck_assert_ptr_null(server);
        ck_assert_int_eq(memory_live(), 0);
        ck_assert_int_eq(fixture_count_descriptors(), descriptors);
    }
    memory_fail_at(0);
    ck_assert_uint_gt(n, 3); /* the server, a shard and a daemon at least */
    stop();
    ck_assert_int_eq(memory_live(), 0);
}
END_TEST

static int respond_with_everything(void *data, const struct hello_request *request,
                                   struct hello_reply *reply)
{
    (void)data;
    (void)request;
    int error = hello_reply_set_content_type(reply, "application/json");
    if (!error)
        error = hello_reply_add_field(reply, "X-One", "1");
    if (!error)
        error = hello_reply_add_field(reply, "X-Two", "2");
    return error ? error : hello_reply_set_body(reply, "{}", 2);
}

static int bodies; /* that have been handed over and not been freed */

static void free_body(void *body)
{
    (void)body;
    bodies--;
}

/* An empty body is handed over as well, and what comes behind it may fail. */
static int respond_later(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    (void)data;
    (void)request;
    bodies++;
    hello_reply_set_delay(reply, 1);
    hello_reply_set_body_nocopy(reply, NULL, 0, free_body, NULL);
    return hello_reply_add_field(reply, "X-One", "1");
}

/* What cannot be completed is cancelled, and reported. */
static int respond_deferred(void *data, const struct hello_request *request,
                            struct hello_reply *reply)
{
    (void)data;
    (void)request;
    struct hello_deferred *deferred = hello_reply_defer(reply);
    if (!deferred)
        return -ENOMEM;
    reply = hello_deferred_reply(deferred);
    bodies++;
    hello_reply_set_body_nocopy(reply, NULL, 0, free_body, NULL);
    int error = hello_reply_add_field(reply, "X-One", "1");
    if (error)
        hello_deferred_cancel(deferred);
    else
        hello_deferred_send(deferred);
    return error;
}

static void note_record(void *data, const struct hello_access_record *record)
{
    (void)record;
    ++*(unsigned *)data;
}

#define ALPHABETS                                                                                  \
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmn" \
    "opqrstuvwxyz"
#define REST "Host: h\r\nConnection: close\r\n"

static const struct {
    const char *request;
    hello_responder *responder;
    int status;
} requests[] = {
    {"GET /abc HTTP/1.1\r\n" REST "\r\n", NULL, 200},
    {"HEAD /abc HTTP/1.1\r\n" REST "\r\n", NULL, 200},
    {"GET /a//b?c HTTP/1.1\r\n" REST "\r\n", NULL, 307},
    {"GET /%q HTTP/1.1\r\n" REST "\r\n", NULL, 400},
    {"OPTIONS * HTTP/1.1\r\n" REST "\r\n", NULL, 200},
    {"CONNECT / HTTP/1.1\r\n" REST "\r\n", NULL, 405},
    {"POST /abc HTTP/1.1\r\n" REST "Content-Length: 5\r\n\r\nhello", NULL, 200},
    {"POST /abc HTTP/1.1\r\n" REST "Transfer-Encoding: chunked\r\n\r\nzz\r\n", NULL, 400},
    {"garbage\r\n\r\n", NULL, 400},
    {"GET /abc HTTP/1.1\r\n" REST "\r\n", respond_with_everything, 200},
    {"GET /abc HTTP/1.1\r\n" REST "\r\n", respond_later, 200},
    {"GET /abc HTTP/1.1\r\n" REST "\r\n", respond_deferred, 200},
    /* A target that is longer than most, and than what is on the stack for it. */
    {"GET /" ALPHABETS ALPHABETS ALPHABETS " HTTP/1.1\r\n" REST "\r\n", NULL, 200},
};

enum { REQUESTS = sizeof requests / sizeof requests[0] };

/* libmicrohttpd has no way to tell that it could not answer by itself. */
static bool is_answered_by_libmicrohttpd(int i)
{
    return strstr(requests[i].request, "chunked") || strstr(requests[i].request, "garbage");
}

static void check_answer(int i, unsigned n, int status, unsigned log_lines)
{
    const char *request = requests[i].request;
    if (status == requests[i].status)
        return;
    ck_assert_msg(status == 500 || status == 0, "allocation %u: status %d to\n%s", n, status,
                  request);
    ck_assert_msg(log_lines > 0 || is_answered_by_libmicrohttpd(i),
                  "allocation %u: status %d and no line in the log to\n%s", n, status, request);
}

/* Ask a server whose nth allocation from now on fails, then once more: all is well again, and
 * nothing is left over in the end. Returns whether it came to that allocation. */
static bool ask_failing(int i, unsigned n)
{
    ck_assert_int_eq(start(), 0);
    unsigned lines = fixture_expect_log();
    memory_fail_at(n);
    int status = plain_ask(server, requests[i].request);
    plain_settle(server);
    memory_fail_at(0);
    check_answer(i, n, status, fixture_expect_log() - lines);
    ck_assert_int_eq(plain_ask(server, requests[i].request), requests[i].status);
    plain_settle(server);
    stop();
    ck_assert_msg(memory_live() == 0, "allocation %u leaks %d blocks", n, memory_live());
    ck_assert_msg(bodies == 0, "allocation %u leaves %d bodies", n, bodies);
    return memory_has_failed();
}

START_TEST(a_request_is_answered_or_the_log_says_why)
{
    unsigned records = 0;
    unsigned n = 1;
    options.responder = requests[_i].responder;
    options.access = note_record;
    options.access_data = &records;
    while (n < TOO_MANY && ask_failing(_i, n))
        n++;
    ck_assert_uint_ge(n, 3); /* the connection, libmicrohttpd's and ours, at least */
    ck_assert_uint_lt(n, TOO_MANY);
}
END_TEST

enum {
    BLOCKS_OF_CONNECTION = 2, /* libmicrohttpd's struct, and ours */
    BLOCKS_OF_MEMORY = 2,     /* of a request's: its struct, and itself */
    CONNECTIONS_KEPT = 64,    /* for the next clients */
    MEMORY_KEPT = 16,         /* for the next requests */
    CLIENTS = 80,
};

static void begin(void)
{
    ck_assert_int_eq(start(), 0);
    client_drives(server);
}

static void ask(struct client *client, const char *request)
{
    struct answer answer;
    client_open(client, hello_server_port(server)); /* it has memory of its own */
    memory_enter();
    client_ask(client, request, &answer);
    memory_leave();
    ck_assert_msg(answer.status == 200, "%s", answer.head);
}

static void end(void)
{
    stop();
    ck_assert_int_eq(memory_live(), 0);
}

/* Nothing is left to be read of them. */
static const char *const finished[] = {
    "GET /abc HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello\r\n", /* an old client */
};

START_TEST(who_has_been_answered_keeps_no_memory_of_it)
{
    struct client clients[CLIENTS];
    begin();
    ask(&clients[0], finished[_i]);
    int with_one = memory_live(); /* with what a shard keeps for the next requests */
    for (int i = 1; i < CLIENTS; i++)
        ask(&clients[i], finished[_i]);
    ck_assert_int_eq(memory_live(), with_one + (CLIENTS - 1) * BLOCKS_OF_CONNECTION);
    for (int i = 0; i < CLIENTS; i++)
        client_close(&clients[i]);
    end();
}
END_TEST

static void reset_and_close(struct client *client)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client_close(client);
}

static void (*const leave[])(struct client *client) = {client_close, reset_and_close};

/* A server that takes a hang-up for a request allocates memory to read it. */
START_TEST(to_hang_up_takes_no_memory)
{
    struct client clients[CLIENTS];
    begin();
    for (int i = 0; i < CLIENTS; i++)
        ask(&clients[i], finished[0]);
    memory_fail_at(1);
    for (int i = 0; i < CLIENTS; i++)
        leave[_i](&clients[i]);
    plain_settle(server);
    ck_assert(!memory_has_failed());
    memory_fail_at(0);
    end();
}
END_TEST

START_TEST(who_comes_takes_the_memory_of_who_has_gone)
{
    begin();
    for (int i = 0; i < CLIENTS; i++) {
        ck_assert_int_eq(plain_ask(server, requests[0].request), 200);
        plain_settle(server);
        if (i == 0)
            memory_fail_at(1);
    }
    ck_assert(!memory_has_failed());
    memory_fail_at(0);
    end();
}
END_TEST

/* What there is to do, until so much is in use. */
static void serve_until(int live)
{
    struct pollfd fd = {.fd = hello_server_fd(server), .events = POLLIN};
    while (poll(&fd, 1, memory_live() < live ? 20000 : 0) == 1) {
        memory_enter();
        int error = hello_server_dispatch(server);
        memory_leave();
        ck_assert_int_eq(error, 0);
    }
    ck_assert_int_ge(memory_live(), live);
}

/* A part has come of all of them when the rest of the first comes. */
static void ask_slowly(struct client *clients, int live)
{
    struct answer answer;
    for (int i = 0; i < CLIENTS; i++)
        client_send_text(&clients[i], "GET /abc HT");
    serve_until(live);
    for (int i = 0; i < CLIENTS; i++) {
        client_send_text(&clients[i], "TP/1.1\r\nHost: h\r\n\r\n");
        serve_until(0);
        client_read(&clients[i], &answer, false);
        ck_assert_msg(answer.status == 200, "%s", answer.head);
    }
}

START_TEST(who_is_slow_takes_the_memory_of_who_was)
{
    struct client clients[CLIENTS];
    begin();
    for (int i = 0; i < CLIENTS; i++)
        client_open(&clients[i], hello_server_port(server));
    ask_slowly(clients, memory_live() + CLIENTS * (BLOCKS_OF_CONNECTION + BLOCKS_OF_MEMORY));
    memory_fail_at(1);
    ask_slowly(clients, 0);
    ck_assert(!memory_has_failed());
    memory_fail_at(0);
    int with_all = memory_live();
    for (int i = 0; i < CLIENTS; i++)
        client_close(&clients[i]);
    plain_settle(server);
    ck_assert_int_le(memory_live(), with_all - (CLIENTS - CONNECTIONS_KEPT) * BLOCKS_OF_CONNECTION -
                                        (CLIENTS - MEMORY_KEPT) * BLOCKS_OF_MEMORY);
    end();
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"start", fixture_prepare, fixture_stop, TESTS(start_fails_cleanly), MODES},
        {"request", fixture_prepare, fixture_stop, TESTS(a_request_is_answered_or_the_log_says_why),
         REQUESTS},
        {"idle", fixture_prepare, fixture_stop, TESTS(who_has_been_answered_keeps_no_memory_of_it),
         sizeof finished / sizeof finished[0]},
        {"gone", fixture_prepare, fixture_stop, TESTS(to_hang_up_takes_no_memory),
         sizeof leave / sizeof leave[0]},
        {"next", fixture_prepare, fixture_stop,
         TESTS(who_comes_takes_the_memory_of_who_has_gone, who_is_slow_takes_the_memory_of_who_was),
         0},
    };
    return RUN_SUITE("allocation", cases);
}
