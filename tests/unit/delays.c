/* SPDX-License-Identifier: MIT */
/* Answers that a responder has sent later, by one thread that does not wait for them. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* Long beside what the tests do meanwhile. */
#define LONG_MS 60000

static atomic_int bodies; /* that have been handed over and not been freed */

static void free_body(void *body)
{
    bodies--;
    free(body);
}

/* /250 is answered after 250 ms, with itself. */
static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    size_t length;
    const char *path = hello_request_path(request, &length);
    (void)data;
    char *body = malloc(length);
    ck_assert_ptr_nonnull(body);
    bodies++;
    hello_reply_set_delay(reply, (uint32_t)strtoul(path + 1, NULL, 10));
    memcpy(body, path, length);
    hello_reply_set_body_nocopy(reply, body, length, free_body, body);
    return hello_reply_add_field(reply, "X-Path", "there");
}

/* Every body of up to 256 bytes is in the reply itself. */
static int respond_small(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    hello_reply_set_delay(reply, 100);
    return hello_respond_greeting(data, request, reply);
}

static void setup(void)
{
    fixture_prepare();
    bodies = 0;
    options.responder = respond;
}

static void teardown(void)
{
    fixture_stop();
    ck_assert_int_eq(bodies, 0);
}

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void open_and_ask(struct client *client, const char *path)
{
    char request[128];
    client_open(client, hello_server_port(server));
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
    client_send_text(client, request);
}

static void expect_path(struct client *client, const char *path)
{
    struct answer answer;
    client_read(client, &answer, false);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer.body, path);
}

static int respond_large(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    static const char body[8000] = "large";
    (void)data;
    (void)request;
    hello_reply_set_delay(reply, 1);
    hello_reply_set_body_nocopy(reply, body, sizeof body, NULL, NULL);
    return 0;
}

/* ---- Answers ---- */

START_TEST(an_answer_comes_after_its_delay)
{
    struct client client;
    fixture_start(_i);
    int64_t begin = milliseconds();
    open_and_ask(&client, "/200");
    expect_path(&client, "/200");
    ck_assert_int_ge(milliseconds() - begin, 200);
    client_send_text(&client,
                     "GET /100 HTTP/1.1\r\nHost: h\r\n\r\nGET /0 HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_path(&client, "/100");
    expect_path(&client, "/0");
    ck_assert_int_ge(milliseconds() - begin, 300);
    client_close(&client);
}
END_TEST

START_TEST(the_default_responder_may_be_delayed)
{
    struct client client;
    options.responder = respond_small;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_expect_greeting(&client);
    client_expect_greeting(&client);
    client_close(&client);
}
END_TEST

/* They would take 40 s if each held its thread. */
START_TEST(no_thread_waits)
{
    enum { CLIENTS = 200 };
    static struct client clients[CLIENTS];
    struct client quick;
    fixture_start(_i);
    int64_t begin = milliseconds();
    for (int i = 0; i < CLIENTS; i++)
        open_and_ask(&clients[i], "/200");
    open_and_ask(&quick, "/0");
    expect_path(&quick, "/0");
    client_close(&quick);
    for (int i = 0; i < CLIENTS; i++) {
        expect_path(&clients[i], "/200");
        client_close(&clients[i]);
    }
    ck_assert_int_lt(milliseconds() - begin, 10000);
}
END_TEST

START_TEST(a_shorter_delay_is_over_earlier)
{
    struct client slow, quick;
    options.reply_timeout_ms = options.idle_timeout_ms = 300;
    fixture_start(_i);
    open_and_ask(&slow, "/2000");
    client_expect_connections(server, 1);
    open_and_ask(&quick, "/50");
    expect_path(&quick, "/50");
    client_close(&quick);
    client_expect_connections(server, 1);
    expect_path(&slow, "/2000"); /* and no deadline has come before */
    client_close(&slow);
}
END_TEST

/* ---- Requests of all kinds ---- */

static const struct {
    const char *request;
    bool without_body, is_last;
} requests[] = {
    {"HEAD /50 HTTP/1.1\r\nHost: h\r\n\r\n", true, false},
    {"GET /50 HTTP/1.0\r\n\r\n", false, true},
    {"GET /50 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false, true},
    {"POST /50 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd", false, false},
    {"POST /50 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
     false, false},
    /* Answered before the body: */
    {"POST /50 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", false,
     true},
    {"POST /50 HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\nabc", false, true},
/* ... and in its middle: */
#ifdef WITH_PATCHES
    {"POST /50 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n"
     "0123456789abcdef0123456789abcdef\r\n",
     false, true},
#endif
};

START_TEST(whatever_asks_is_answered)
{
    struct client client;
    struct answer answer;
    options.max_body_size = 20;
    for (int mode = 0; mode < MODES; mode++) {
        fixture_start(mode);
        client_open(&client, hello_server_port(server));
        client_send_text(&client, requests[_i].request);
        client_read(&client, &answer, requests[_i].without_body);
        ck_assert_int_eq(answer.status, 200);
        if (requests[_i].is_last)
            client_expect_end(&client);
        else
            client_ask(&client, "GET /0 HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
        client_close(&client);
        fixture_stop();
    }
}
END_TEST

/* ---- Ends ---- */

START_TEST(a_drain_waits_for_it)
{
    struct client client;
    struct answer answer;
    fixture_start(_i);
    open_and_ask(&client, "/1500"); /* more than the idle have */
    while (bodies == 0)
        client_let_server_work();
    client_expect_connections(server, 1);
    fixture_begin_drain(_i, LONG_MS);
    client_read(&client, &answer, false);
    ck_assert_str_eq(answer.body, "/1500");
    ck_assert_str_eq(answer_field(&answer, "Connection"), "close");
    client_expect_end(&client);
    ck_assert_int_eq(fixture_end_drain(_i), 0);
    client_close(&client);
}
END_TEST

static void open_and_wait(struct client *client)
{
    open_and_ask(client, "/60000");
    while (bodies == 0)
        client_let_server_work();
}

START_TEST(a_drain_that_ends_cuts_it_off)
{
    struct client client;
    fixture_start(_i);
    open_and_wait(&client);
    fixture_begin_drain(_i, 200);
    client_expect_end(&client);
    ck_assert_int_eq(fixture_end_drain(_i), -ETIMEDOUT);
    client_close(&client);
}
END_TEST

/* Requests whose bodies have come, but have not been read: they would be answered too late. */
START_TEST(a_drain_that_ends_asks_for_no_more)
{
    enum { CLIENTS = 10 };
    static char body[20000];
    struct client clients[CLIENTS];
    options.max_head_size = 1024; /* as many bytes are read at a time, at most */
    fixture_start(_i);
    for (int i = 0; i < CLIENTS; i++) {
        client_open(&clients[i], hello_server_port(server));
        client_expect_connections(server, (unsigned)i + 1);
        client_send_text(&clients[i],
                         "POST /60000 HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n");
        ck_assert_int_eq(send(clients[i].fd, body, sizeof body, MSG_NOSIGNAL), sizeof body);
    }
    fixture_begin_drain(_i, 0);
    ck_assert_int_eq(fixture_end_drain(_i), -ETIMEDOUT);
    for (int i = 0; i < CLIENTS; i++)
        client_close(&clients[i]);
}
END_TEST

START_TEST(a_stop_cuts_it_off)
{
    struct client client;
    fixture_start(_i);
    open_and_wait(&client);
    fixture_stop();
    client_expect_end(&client);
    client_close(&client);
}
END_TEST

START_TEST(one_who_has_gone_is_let_go)
{
    struct client client;
    fixture_start(_i);
    open_and_ask(&client, "/300");
    client_expect_connections(server, 1);
    client_close(&client);
    client_expect_connections(server, 0);
}
END_TEST

static void expect_answer_behind_the_end(void)
{
    struct client client;
    open_and_ask(&client, "/200");
    client_finish_sending(&client);
    expect_path(&client, "/200");
    client_expect_end(&client);
    client_close(&client);
}

START_TEST(one_who_has_only_finished_sending_is_answered)
{
    fixture_start(_i);
    expect_answer_behind_the_end();
}
END_TEST

/* More than the buffers of both ends take. The other client's answers take as long as these. */
static void let_answers_pile_up(struct client *slow, struct client *other)
{
    enum { REQUESTS = 40 };
    static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    struct answer answer;
    for (int i = 0; i < REQUESTS; i++)
        client_send_text(slow, request);
    for (int i = 0; i < REQUESTS; i++)
        client_ask(other, request, &answer);
    for (int i = 0; i < REQUESTS; i++) {
        client_read(slow, &answer, false);
        ck_assert_uint_eq(answer.body_length, 8000);
    }
}

START_TEST(a_client_that_stops_reading_twice_gets_its_answers)
{
    const int small = 4096;
    struct client slow, other;
    options.responder = respond_large;
    options.send_buffer_size = 4096;
    fixture_start(_i);
    client_open(&slow, hello_server_port(server));
    client_open(&other, hello_server_port(server));
    setsockopt(slow.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    let_answers_pile_up(&slow, &other);
    let_answers_pile_up(&slow, &other);
    client_close(&slow);
    client_close(&other);
}
END_TEST

/* Another connection has libmicrohttpd look at the one whose time has come in another way. */
START_TEST(one_who_has_only_finished_sending_is_answered_beside_another)
{
    struct client other;
    fixture_start(_i);
    client_open(&other, hello_server_port(server));
    client_expect_connections(server, 1);
    expect_answer_behind_the_end();
    client_close(&other);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"answers", setup, teardown,
         TESTS(an_answer_comes_after_its_delay, the_default_responder_may_be_delayed,
               no_thread_waits, a_shorter_delay_is_over_earlier),
         MODES},
        {"requests", setup, teardown, TESTS(whatever_asks_is_answered),
         (int)(sizeof requests / sizeof requests[0])},
        {"ends", setup, teardown,
         TESTS(a_drain_waits_for_it, a_drain_that_ends_cuts_it_off,
               a_drain_that_ends_asks_for_no_more, a_stop_cuts_it_off, one_who_has_gone_is_let_go,
               one_who_has_only_finished_sending_is_answered),
         MODES},
        {"not-reading", setup, teardown, TESTS(a_client_that_stops_reading_twice_gets_its_answers),
         MODES},
        {"half-close", setup, teardown,
         TESTS(one_who_has_only_finished_sending_is_answered_beside_another), MODES},
    };
    return RUN_SUITE("delays", cases);
}
