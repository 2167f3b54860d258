/* SPDX-License-Identifier: MIT */
/* Connections that the server closes behind an answer: which of them are read on, so that a client
 * that is still sending is not reset before it has seen the answer. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HOST "Host: h\r\n"
#define X100                                                                                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                                           \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X1200 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100

static uint32_t delay_ms;
static atomic_int asked;    /* times */
static int sends_more = -1; /* the client's socket, during the request */

/* /404 is answered with that status. */
static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    size_t length;
    const char *path = hello_request_path(request, &length);
    char digits[4] = "";
    (void)data;
    asked++;
    if (sends_more >= 0)
        ck_assert_int_eq(send(sends_more, "More: head\r\n", 12, MSG_NOSIGNAL), 12);
    memcpy(digits, path + 1, length == 4 ? 3 : 0);
    hello_reply_set_delay(reply, delay_ms);
    hello_reply_set_status(reply, digits[0] ? (unsigned)atoi(digits) : 200);
    return hello_reply_set_body(reply, "body", 4);
}

static void setup(void)
{
    fixture_prepare();
    options.responder = respond;
    delay_ms = 0;
    sends_more = -1;
    options.max_head_size = 1024;
    options.max_body_size = 100;
}

/* A client that has sent the first part, and then another one. */
static void ask(struct client *client, const char *first, const char *second, struct answer *answer)
{
    client_open(client, hello_server_port(server));
    client_send_text(client, first);
    client_expect_connections(server, 1);
    client_send_text(client, second);
    client_read(client, answer, false);
}

struct refusal {
    const char *first, *second;
    int status;
    bool is_answered; /* the first, before the second is refused */
};

/* By libhello. */
static const struct refusal own[] = {
    {"GET / HTTP/1.1\r\n", "\r\n", 400, false},
    {"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n", "Content-Length: 9\r\n\r\n", 400, false},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n\r\n", 400,
     false},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n", "Content-Length: 9\r\n\r\n", 400, false},
    {"POST /%q HTTP/1.1\r\n" HOST, "Content-Length: 9\r\n\r\n", 400, false},
    {"POST / HTTP/1.1\r\n" HOST "Expect: tea\r\n", "Content-Length: 9\r\n\r\n", 417, false},
    {"POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n", "Content-Length: 9\r\n\r\n", 200,
     false},
    {"POST / HTTP/1.1\r\n" HOST, "Content-Length: 100\r\n\r\n", 200, false},
#ifdef WITH_PATCHES
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", "70\r\n" X100 "x", 200,
     false},
#endif
};

/* By libmicrohttpd, before and behind the callbacks. */
static const struct refusal microhttpds[] = {
    {"GARB", "AGE\r\n", 400, false},
    {"GET / HT", "TP/2.0\r\n", 505, false},
    {"GET /" X1200, " HTTP/1.1\r\n", 414, false},
    {"GET / HTTP/1.1\r\n" HOST, "bad field\r\n", 400, false},
    {"GET / HTTP/1.1\r\n" HOST, "Long: " X1200 "\r\n", 431, false},
    {"POST / HTTP/1.1\r\n" HOST, "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, false},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", "x\r\n", 400, false},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", "0\r\nbad field\r\n", 400,
     false},
    /* The answer to the request before has the same status, and that one was read to its end. */
    {"GET /400 HTTP/1.1\r\n" HOST "\r\n", "GARBAGE\r\n", 400, true},
    {"GET /414 HTTP/1.1\r\n" HOST "\r\n", "GET /" X1200, 414, true},
    {"GET /505 HTTP/1.1\r\n" HOST "\r\n", "GET / HTTP/2.0\r\n", 505, true},
};

/* By a deadline. */
static const struct refusal late[] = {
    {"GET / HT", "TP", 408, false},
    {"GET / HTTP/1.1\r\n" HOST, "Slow: head", 408, false},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n", "ab", 408, false},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", "40\r\nab", 408, false},
};

/* The client has its answer and the end, and sends on. */
static void expect_read_on(struct client *client)
{
    int error = 0;
    socklen_t length = sizeof error;
    client_expect_end(client);
    ck_assert_uint_eq(hello_server_connections(server), 1);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(send(client->fd, "More: head\r\n", 12, MSG_NOSIGNAL), 12);
    client_finish_sending(client);
    client_expect_connections(server, 0);
    ck_assert_int_eq(getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &length), 0);
    ck_assert_int_eq(error, 0);
}

static void try_refusal(const struct refusal *refusal)
{
    struct client client;
    struct answer answer;
    ask(&client, refusal->first, refusal->second, &answer);
    if (refusal->is_answered)
        client_read(&client, &answer, false);
    ck_assert_msg(answer.status == refusal->status, "sent: %s%s\nreceived: %s", refusal->first,
                  refusal->second, answer.head);
    expect_read_on(&client);
    client_close(&client);
}

START_TEST(a_refused_client_may_send_on)
{
    fixture_start(_i);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        try_refusal(&own[i]);
}
END_TEST

START_TEST(a_client_that_libmicrohttpd_refuses_may_send_on)
{
    fixture_start(_i);
    for (size_t i = 0; i < sizeof microhttpds / sizeof microhttpds[0]; i++)
        try_refusal(&microhttpds[i]);
}
END_TEST

START_TEST(a_client_that_is_too_slow_may_send_on)
{
    options.header_timeout_ms = options.body_timeout_ms = 500;
    fixture_start(_i);
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++)
        try_refusal(&late[i]);
}
END_TEST

/* Reading on takes system calls, so a request that was read to its end does without. A thread would
 * close the connection only after the client has seen the end. */
static const struct refusal ordinary[] = {
    {"GET / HTTP/1.1\r\n" HOST, "Connection: close\r\n\r\n", 200, false},
    {"GET /404 HTTP/1.1\r\n" HOST, "Connection: close\r\n\r\n", 404, false},
    {"GET /503 HTTP/1.1\r\n" HOST, "Connection: close\r\n\r\n", 503, false},
    {"GET / HTTP/1.0\r\n", "\r\n", 200, false},
    {"POST / HTTP/1.0\r\n", "Content-Length: 3\r\n\r\nabc", 200, false},
    {"POST / HTTP/1.1\r\n" HOST "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
     "0\r\n\r\n", 200, false},
};

START_TEST(a_whole_request_is_not_read_on)
{
    fixture_start(0);
    for (size_t i = 0; i < sizeof ordinary / sizeof ordinary[0]; i++) {
        struct client client;
        struct answer answer;
        ask(&client, ordinary[i].first, ordinary[i].second, &answer);
        ck_assert_int_eq(answer.status, ordinary[i].status);
        client_expect_end(&client);
        ck_assert_msg(hello_server_connections(server) == 0, "sent: %s%s", ordinary[i].first,
                      ordinary[i].second);
        client_close(&client);
    }
}
END_TEST

static void expect_answer_and_read_on(struct client *client)
{
    struct answer answer;
    client_read(client, &answer, false);
    ck_assert_int_eq(answer.status, 200);
    expect_read_on(client);
    client_close(client);
}

/* A thread would close the connection before the rest has arrived. */
START_TEST(a_whole_request_before_unread_bytes_is_read_on)
{
    static const char request[] = "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
    struct client client;
    fixture_start(0);
    client_open(&client, hello_server_port(server));
    client_send_text(&client, request);
    client_send_text(&client, X1200 X1200); /* more than libmicrohttpd reads at a time */
    expect_answer_and_read_on(&client);

    delay_ms = 10;
    client_open(&client, hello_server_port(server));
    client_send_text(&client, request);
    for (int before = asked; asked == before;)
        client_let_server_work();
    client_send_text(&client, "More: head\r\n");
    expect_answer_and_read_on(&client);
}
END_TEST

/* The client cannot know that no answer will follow. */
START_TEST(a_last_request_before_unread_bytes_is_read_on)
{
    struct client client;
    options.max_requests = 1;
    fixture_start(0);
    client_open(&client, hello_server_port(server));
    sends_more = client.fd;
    client_send_text(&client, "GET / HTTP/1.1\r\n" HOST "\r\n");
    expect_answer_and_read_on(&client);
}
END_TEST

/* A connection that is read on has been answered: at its end, a drain cuts nothing off. */
START_TEST(a_drain_does_not_wait_for_what_is_read_on)
{
    struct client client;
    struct answer answer;
    fixture_start(_i);
    ask(&client, own[1].first, own[1].second, &answer);
    client_expect_end(&client);
    ck_assert_uint_eq(hello_server_connections(server), 1);
    fixture_begin_drain(_i, 1);
    ck_assert_int_eq(fixture_end_drain(_i), 0);
    ck_assert_uint_eq(hello_server_connections(server), 0);
    client_close(&client);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"own", setup, fixture_stop,
         TESTS(a_refused_client_may_send_on, a_drain_does_not_wait_for_what_is_read_on), MODES},
        {"late", setup, fixture_stop, TESTS(a_client_that_is_too_slow_may_send_on), MODES},
        {"ordinary", setup, fixture_stop,
         TESTS(a_whole_request_is_not_read_on, a_whole_request_before_unread_bytes_is_read_on,
               a_last_request_before_unread_bytes_is_read_on),
         0},
        {"libmicrohttpd", setup, fixture_stop,
         TESTS(a_client_that_libmicrohttpd_refuses_may_send_on), MODES},
    };
    return RUN_SUITE("refusals", cases);
}
