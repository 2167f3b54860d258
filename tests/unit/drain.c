/* SPDX-License-Identifier: MIT */
/* When a drain ends, and what ends it: its deadlines alone, then with a server. */
#include "../../lib/drain.h"
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- Deadlines ---- */

static struct drain drain;

static void start_drain(void)
{
    hello__drain_start(&drain);
}

START_TEST(nothing_is_due_before_it_begins)
{
    ck_assert(!hello__drain_begins(&drain, 5000));
    ck_assert_uint_eq(hello__drain_next_deadline(&drain), UINT64_MAX);
    ck_assert(!hello__drain_has_come(&drain.grace_end, UINT64_MAX - 1));
    ck_assert(!hello__drain_has_come(&drain.deadline, UINT64_MAX - 1));
}
END_TEST

START_TEST(each_end_comes_once)
{
    hello__drain_ask(&drain, 9000);
    ck_assert(hello__drain_begins(&drain, 5000));
    ck_assert(!hello__drain_begins(&drain, 5000));
    ck_assert_uint_eq(hello__drain_next_deadline(&drain), 5000 + DRAIN_GRACE_MS);
    ck_assert(!hello__drain_has_come(&drain.grace_end, 5000 + DRAIN_GRACE_MS - 1));
    ck_assert(hello__drain_has_come(&drain.grace_end, 5000 + DRAIN_GRACE_MS));
    ck_assert(!hello__drain_has_come(&drain.grace_end, 9000));
    ck_assert_uint_eq(hello__drain_next_deadline(&drain), 9000);
    ck_assert(!hello__drain_has_come(&drain.deadline, 8999));
    ck_assert(hello__drain_has_come(&drain.deadline, 9000));
    ck_assert(!hello__drain_has_come(&drain.deadline, 9001));
    ck_assert_uint_eq(hello__drain_next_deadline(&drain), UINT64_MAX);
}
END_TEST

static const struct {
    uint64_t first, second, deadline;
} calls[] = {{9000, 7000, 7000}, {7000, 9000, 7000}, {7000, 7000, 7000}};

/* The second call comes before the shard has taken note of the first, and after. */
START_TEST(the_earliest_deadline_holds)
{
    for (int noted = 0; noted < 2; noted++) {
        hello__drain_start(&drain);
        hello__drain_ask(&drain, calls[_i].first);
        if (noted)
            ck_assert(hello__drain_begins(&drain, 5000));
        hello__drain_ask(&drain, calls[_i].second);
        ck_assert(hello__drain_begins(&drain, 5500) == !noted);
        ck_assert(!hello__drain_has_come(&drain.deadline, calls[_i].deadline - 1));
        ck_assert(hello__drain_has_come(&drain.deadline, calls[_i].deadline));
        ck_assert(!hello__drain_has_come(&drain.deadline, 9000));
    }
}
END_TEST

START_TEST(nothing_is_due_behind_its_end)
{
    hello__drain_ask(&drain, 9000);
    ck_assert(hello__drain_begins(&drain, 5000));
    hello__drain_finish(&drain);
    ck_assert_uint_eq(hello__drain_next_deadline(&drain), UINT64_MAX);
    hello__drain_ask(&drain, 5000);
    ck_assert(!hello__drain_begins(&drain, 5000));
    ck_assert_uint_eq(hello__drain_next_deadline(&drain), UINT64_MAX);
}
END_TEST

/* ---- With a server ---- */

enum { LARGE = 16 << 20 };

static int respond_large(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    (void)request;
    hello_reply_set_body_nocopy(reply, data, LARGE, free, data);
    return 0;
}

static size_t read_to_end(struct client *client)
{
    char dropped[65536];
    size_t size = 0;
    ssize_t got;
    while ((got = recv(client->fd, dropped, sizeof dropped, 0)) > 0)
        size += (size_t)got;
    ck_assert_int_eq(got, 0);
    return size;
}

/* It was queued without "Connection: close", and has been sent only when the idle have been ended;
 * then nothing is in flight. */
START_TEST(an_answer_from_before_does_not_hold_it_up)
{
    static const char ask[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    struct client slow, idle;
    char first;
    char *body = calloc(1, LARGE);
    ck_assert_ptr_nonnull(body);
    options.responder = respond_large;
    options.responder_data = body;
    fixture_start(_i + 1);
    client_open(&idle, hello_server_port(server));
    client_open(&slow, hello_server_port(server));
    client_send_text(&slow, ask);
    ck_assert_int_eq(recv(slow.fd, &first, 1, 0), 1);
    client_expect_connections(server, 2);
    fixture_begin_drain(_i + 1, 600000);
    client_expect_end(&idle); /* a second later */
    ck_assert_uint_gt(read_to_end(&slow), LARGE);
    ck_assert_int_eq(fixture_end_drain(_i + 1), 0);
    client_close(&slow);
    client_close(&idle);
}
END_TEST

static void open_half_request(struct client *client)
{
    client_open(client, hello_server_port(server));
    client_send_text(client, "GET /abc HTTP/1.1\r\nHo");
    client_expect_connections(server, 1);
}

/* In any order. */
START_TEST(the_earliest_of_two_calls_ends_it)
{
    static const unsigned times[][2] = {{600000, 100}, {100, 600000}};
    struct client client;
    for (int i = 0; i < 2; i++) {
        fixture_start(_i);
        open_half_request(&client);
        fixture_begin_drain(_i, times[i][0]);
        hello_server_begin_drain(server, times[i][1]);
        client_expect_end(&client);
        ck_assert_int_eq(fixture_end_drain(_i), -ETIMEDOUT);
        client_close(&client);
        fixture_stop();
    }
}
END_TEST

START_TEST(it_can_be_begun_alone)
{
    struct client client;
    fixture_start(_i);
    open_half_request(&client);
    hello_server_begin_drain(server, 600000);
    ck_assert(!hello_server_drained(server));
    client_send_text(&client, "st: h\r\n\r\n");
    struct answer answer;
    client_read(&client, &answer, false);
    ck_assert_int_eq(answer.status, 200);
    if (_i == 0) /* a thread may send the answer before it sees the call */
        ck_assert_str_eq(answer_field(&answer, "Connection"), "close");
    client_expect_end(&client);
    client_expect_connections(server, 0);
    ck_assert_int_eq(hello_server_drain(server, 600000), 0);
    ck_assert(hello_server_drained(server));
    client_close(&client);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"deadlines", start_drain, NULL,
         TESTS(nothing_is_due_before_it_begins, each_end_comes_once, nothing_is_due_behind_its_end),
         0},
        {"earliest", start_drain, NULL, TESTS(the_earliest_deadline_holds),
         (int)(sizeof calls / sizeof calls[0])},
        {"slow", fixture_prepare, fixture_stop, TESTS(an_answer_from_before_does_not_hold_it_up),
         MODES - 1},
        {"calls", fixture_prepare, fixture_stop,
         TESTS(the_earliest_of_two_calls_ends_it, it_can_be_begun_alone), MODES},
    };
    return RUN_SUITE("drain", cases);
}
