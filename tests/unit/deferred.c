/* SPDX-License-Identifier: MIT */
/* Replies that a responder has deferred, and a thread completes. */
#include "deferral.h"
#include "fixture.h"
#include "suite.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Sending ---- */

START_TEST(a_reply_is_sent_by_any_thread)
{
    struct client client;
    fixture_start(_i);
    ck_assert_int_eq(hello_deferred_send(open_and_ask(&client, REQUEST("GET", "/1"))), 0);
    expect(&client, 200, "/1");
    client_send_text(&client, REQUEST("GET", "/2"));
    struct hello_deferred *deferred = take();
    ck_assert(!hello_deferred_is_abandoned(deferred));
    ck_assert_int_eq(send_from_other_thread(deferred), 0);
    expect(&client, 200, "/2");
    expect_another(&client);
}
END_TEST

START_TEST(a_reply_makes_the_descriptor_readable)
{
    struct client client;
    fixture_start(0);
    struct hello_deferred *deferred = open_and_ask(&client, REQUEST("GET", "/1"));
    struct pollfd fd = {.fd = hello_server_fd(server), .events = POLLIN};
    while (poll(&fd, 1, 0) == 1)
        ck_assert_int_eq(hello_server_dispatch(server), 0);
    ck_assert_int_eq(send_from_other_thread(deferred), 0);
    ck_assert_int_eq(poll(&fd, 1, 0), 1);
    expect(&client, 200, "/1");
    client_close(&client);
}
END_TEST

static int (*const senders[])(struct hello_deferred *) = {hello_deferred_send,
                                                          send_from_other_thread};
static unsigned sender;

static int respond_early(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    int *result = data; /* of the responder */
    struct hello_deferred *deferred = hello_reply_defer(reply);
    ck_assert_ptr_nonnull(deferred);
    fill(hello_deferred_reply(deferred), request);
    ck_assert_int_eq(senders[sender](deferred), 0);
    return *result;
}

START_TEST(a_reply_may_be_sent_before_the_responder_returns)
{
    struct client client;
    int result = 0;
    options.responder = respond_early;
    options.responder_data = &result;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    for (sender = 0; sender < sizeof senders / sizeof senders[0]; sender++) {
        client_send_text(&client, REQUEST("GET", "/early"));
        expect(&client, 200, "/early");
    }
    client_close(&client);
}
END_TEST

START_TEST(the_responder_may_fail_afterwards)
{
    struct client client;
    int result = -EIO;
    options.responder = respond_early;
    options.responder_data = &result;
    fixture_expect_log();
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    for (sender = 0; sender < sizeof senders / sizeof senders[0]; sender++) {
        client_send_text(&client, REQUEST("GET", "/early"));
        expect(&client, 500, "500 Internal Server Error\n");
    }
    client_close(&client);
}
END_TEST

static int respond_failing(void *data, const struct hello_request *request,
                           struct hello_reply *reply)
{
    respond(data, request, reply);
    return -EIO;
}

START_TEST(a_responder_that_fails_abandons_its_handle)
{
    struct client client;
    options.responder = respond_failing;
    fixture_expect_log();
    fixture_start(_i);
    struct hello_deferred *deferred = open_and_ask(&client, REQUEST("GET", "/1"));
    expect(&client, 500, "500 Internal Server Error\n");
    ck_assert(hello_deferred_is_abandoned(deferred));
    ck_assert_int_eq(hello_deferred_send(deferred), -ECANCELED);
    client_close(&client);
}
END_TEST

/* ---- The reply ---- */

/* Some of it before, some of it later, and what is set in the wrong place is lost. */
static int respond_in_parts(void *data, const struct hello_request *request,
                            struct hello_reply *reply)
{
    (void)data;
    ck_assert_int_eq(hello_reply_set_status(reply, 201), 0);
    ck_assert_int_eq(hello_reply_set_body(reply, "before", 6), 0);
    if (strchr(hello_request_target(request, NULL), '?'))
        ck_assert_int_eq(hello_reply_add_field(reply, "X-One", "before"), 0);
    struct hello_deferred *deferred = hello_reply_defer(reply);
    ck_assert_ptr_nonnull(deferred);
    ck_assert_ptr_null(hello_reply_defer(reply));
    ck_assert_ptr_null(hello_reply_defer(hello_deferred_reply(deferred)));
    ck_assert_int_eq(hello_reply_add_field(reply, "X-Lost", "lost"), -ENOSPC);
    fill(reply, request);
    hello_reply_set_delay(reply, 0);
    put(deferred);
    return 0;
}

static const struct {
    const char *request, *one;
} parts[] = {
    {REQUEST("GET", "/"), NULL},
    {REQUEST("GET", "/?"), "before"},
};

START_TEST(what_is_set_before_goes_along)
{
    struct client client;
    struct answer answer;
    options.responder = respond_in_parts;
    fixture_start(1);
    struct hello_deferred *deferred = open_and_ask(&client, parts[_i].request);
    struct hello_reply *reply = hello_deferred_reply(deferred);
    ck_assert_int_eq(hello_reply_set_content_type(reply, "text/html"), 0);
    ck_assert_int_eq(hello_reply_add_field(reply, "X-Two", "later"), 0);
    hello_reply_set_delay(reply, LONG_MS);
    ck_assert_int_eq(hello_deferred_send(deferred), 0);
    client_read(&client, &answer, false);
    ck_assert_int_eq(answer.status, 201);
    ck_assert_str_eq(answer.body, "before");
    ck_assert_pstr_eq(answer_field(&answer, "X-One"), parts[_i].one);
    ck_assert_str_eq(answer_field(&answer, "X-Two"), "later");
    ck_assert_str_eq(answer_field(&answer, "Content-Type"), "text/html");
    client_close(&client);
}
END_TEST

/* Whatever a field has room for is sent. */
START_TEST(fields_have_the_room_of_the_request)
{
    struct client client;
    struct answer answer;
    unsigned count = 0;
    options.max_head_size = 2048;
    fixture_start(1);
    struct hello_deferred *deferred = open_and_ask(&client, REQUEST("GET", "/1"));
    while (hello_reply_add_field(hello_deferred_reply(deferred), "X", "0123456789") == 0)
        count++;
    ck_assert_uint_gt(count, 10);
    ck_assert_int_eq(hello_deferred_send(deferred), 0);
    client_read(&client, &answer, false);
    ck_assert_int_eq(answer.status, 200);
    client_close(&client);
}
END_TEST

/* ---- Requests of all kinds ---- */

static const struct {
    const char *request;
    bool without_body, is_last;
} requests[] = {
    {REQUEST("HEAD", "/1"), true, false},
    {"GET /1 HTTP/1.0\r\n\r\n", false, true},
    {"GET /1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false, true},
    {"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd", false, false},
    {"POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
     false, false},
    /* Answered before the body: */
    {"POST /1 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", false,
     true},
    {"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\nabc", false, true},
/* ... and in its middle: */
#ifdef WITH_PATCHES
    {"POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n"
     "0123456789abcdef0123456789abcdef\r\n",
     false, true},
    {"POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n2000\r\n"
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
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
        struct hello_deferred *deferred = open_and_ask(&client, requests[_i].request);
        ck_assert_int_eq(hello_deferred_send(deferred), 0);
        client_read(&client, &answer, requests[_i].without_body);
        ck_assert_int_eq(answer.status, 200);
        ck_assert_str_eq(answer_field(&answer, "Content-Length"), "2");
        if (requests[_i].is_last)
            client_expect_end(&client);
        else
            expect_another(&client);
        client_close(&client);
        fixture_stop();
    }
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
    struct client client;
    fixture_start(_i);
    struct hello_deferred *first =
        open_and_ask(&client, REQUEST("GET", "/1") REQUEST("POST", "/2") REQUEST("GET", "/3"));
    ck_assert_int_ne(sem_trywait(&handles.there), 0); /* the others are not read yet */
    ck_assert(!hello_deferred_is_abandoned(first));   /* although their bytes are there */
    ck_assert_int_eq(send_from_other_thread(first), 0);
    ck_assert_int_eq(hello_deferred_send(take()), 0);
    hello_deferred_cancel(take());
    expect(&client, 200, "/1");
    expect(&client, 200, "/2");
    expect(&client, 500, "500 Internal Server Error\n");
    client_close(&client);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"sending", setup, teardown,
         TESTS(a_reply_is_sent_by_any_thread, a_reply_may_be_sent_before_the_responder_returns,
               the_responder_may_fail_afterwards, a_responder_that_fails_abandons_its_handle,
               pipelined_requests_are_answered_in_order),
         MODES},
        {"loop", setup, teardown,
         TESTS(a_reply_makes_the_descriptor_readable, fields_have_the_room_of_the_request), 0},
        {"parts", setup, teardown, TESTS(what_is_set_before_goes_along),
         (int)(sizeof parts / sizeof parts[0])},
        {"requests", setup, teardown, TESTS(whatever_asks_is_answered),
         (int)(sizeof requests / sizeof requests[0])},
    };
    return RUN_SUITE("deferred", cases);
}
