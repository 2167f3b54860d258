/* SPDX-License-Identifier: MIT */
/* How many connections a server has, how many each client, and how many requests each of them. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST "GET /abc HTTP/1.1\r\nHost: h\r\n\r\n"

static void expect_refusal(struct client *client)
{
    struct answer answer;
    client_ask(client, REQUEST, &answer);
    ck_assert_msg(answer.status == 503, "%s", answer.head);
    ck_assert_str_eq(answer_field(&answer, "Connection"), "close");
    client_expect_end(client);
}

static uint64_t refused(void)
{
    struct hello_stats stats;
    ck_assert_int_eq(hello_server_stats(server, &stats, sizeof stats), 0);
    ck_assert_uint_eq(stats.connections_open, hello_server_connections(server));
    return stats.connections_refused;
}

/* ---- Per client ---- */

START_TEST(a_client_over_its_limit_is_refused)
{
    enum { MOST = 2 };
    struct client clients[MOST], more, other;
    options.max_connections_per_client = MOST;
    fixture_start(_i);
    int port = hello_server_port(server);
    for (int i = 0; i < MOST; i++) {
        client_open(&clients[i], port);
        client_expect_greeting(&clients[i]);
    }
    client_open(&more, port);
    expect_refusal(&more);
    client_close(&more);
    ck_assert_uint_eq(refused(), 1);
    client_open_from(&other, port, 2);
    client_expect_greeting(&other);
    client_close(&other);
    /* ... and those it has are served, and make room. */
    client_expect_greeting(&clients[1]);
    client_close(&clients[0]);
    client_expect_connections(server, 1);
    client_open(&clients[0], port);
    client_expect_greeting(&clients[0]);
    for (int i = 0; i < MOST; i++)
        client_close(&clients[i]);
}
END_TEST

START_TEST(unix_peers_have_no_limit)
{
    char path[64], address[80];
    struct client clients[3];
    snprintf(path, sizeof path, "/tmp/test-limits-%d.sock", (int)getpid());
    snprintf(address, sizeof address, "unix:%s", path);
    options.listen = address;
    options.max_connections_per_client = 1;
    fixture_start(_i);
    for (int i = 0; i < 3; i++) {
        client_open_unix(&clients[i], path);
        client_expect_greeting(&clients[i]);
    }
    for (int i = 0; i < 3; i++)
        client_close(&clients[i]);
}
END_TEST

START_TEST(a_client_that_comes_and_goes_leaves_nothing)
{
    struct client client;
    options.max_connections_per_client = 1;
    fixture_start(_i);
    for (int i = 0; i < 50; i++) {
        client_open(&client, hello_server_port(server));
        client_expect_greeting(&client);
        client_close(&client);
        client_expect_connections(server, 0);
    }
    ck_assert_uint_eq(refused(), 0);
}
END_TEST

/* ---- Requests ---- */

START_TEST(the_last_request_closes_the_connection)
{
    enum { MOST = 3 };
    struct client client;
    struct answer answer;
    options.max_requests = MOST;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    for (int i = 1; i <= MOST; i++)
        client_send_text(&client, REQUEST);
    client_send_text(&client, REQUEST); /* one too many */
    for (int i = 1; i <= MOST; i++) {
        client_read(&client, &answer, false);
        ck_assert_int_eq(answer.status, 200);
        ck_assert_msg(!answer_field(&answer, "Connection") == (i < MOST), "%d: %s", i, answer.head);
    }
    client_expect_end(&client);
    client_close(&client);
}
END_TEST

/* ---- Full ---- */

START_TEST(a_full_server_refuses_if_it_is_to)
{
    enum { LIMIT = 4, MORE = 40 };
    struct client clients[LIMIT], more;
    options.flags = HELLO_REFUSE_WHEN_FULL;
    options.max_connections = LIMIT;
    fixture_start(_i);
    int port = hello_server_port(server);
    for (int i = 0; i < LIMIT; i++) {
        client_open(&clients[i], port);
        client_expect_greeting(&clients[i]);
    }
    for (int i = 0; i < MORE; i++) {
        client_open(&more, port);
        expect_refusal(&more);
        client_close(&more);
    }
    ck_assert_uint_eq(refused(), MORE);
    for (int i = 0; i < LIMIT; i++)
        client_expect_greeting(&clients[i]);
    /* A free place is used at once. */
    client_close(&clients[0]);
    client_expect_connections(server, LIMIT - 1);
    client_open(&clients[0], port);
    client_expect_greeting(&clients[0]);
    for (int i = 0; i < LIMIT; i++)
        client_close(&clients[i]);
}
END_TEST

/* Where the number of threads does not divide the limit. */
static const struct {
    int threads;
    uint32_t limit;
} uneven[] = {{2, 5}, {3, 4}, {4, 5}, {4, 7}, {64, 65}};

START_TEST(the_limit_is_exact)
{
    enum { MOST = 65 };
    struct client clients[MOST], more;
    uint32_t limit = uneven[_i].limit;
    options.flags = HELLO_REFUSE_WHEN_FULL;
    options.max_connections = limit;
    fixture_start(uneven[_i].threads);
    int port = hello_server_port(server);
    for (uint32_t i = 0; i < limit; i++) {
        client_open(&clients[i], port);
        client_expect_greeting(&clients[i]);
    }
    client_open(&more, port);
    expect_refusal(&more);
    client_close(&more);
    ck_assert_uint_eq(hello_server_connections(server), limit);
    for (uint32_t i = 0; i < limit; i++)
        client_close(&clients[i]);
}
END_TEST

/* Those who are refused and stay take no place. */
START_TEST(the_refused_take_no_place)
{
    enum { MORE = 40 };
    struct client client, more[MORE];
    int before;
    options.flags = HELLO_REFUSE_WHEN_FULL;
    options.max_connections = 1;
    fixture_start(_i == 2 ? 1 : _i);
    int port = hello_server_port(server);
    client_open(&client, port);
    client_expect_greeting(&client);
    before = fixture_count_descriptors();
    for (int i = 0; i < MORE; i++) {
        struct answer answer;
        client_open(&more[i], port);
        client_read(&more[i], &answer, false);
        ck_assert_int_eq(answer.status, 503);
    }
    /* And one more: the last may have its answer before the server has closed its socket. */
    ck_assert_int_le(fixture_count_descriptors(), before + MORE + 16 + 1);
    ck_assert_uint_eq(hello_server_connections(server), 1);
    client_close(&client);
    client_expect_connections(server, 0);
    client_open(&client, port);
    client_expect_greeting(&client);
    client_close(&client);
    for (int i = 0; i < MORE; i++)
        client_close(&more[i]);
}
END_TEST

/* ---- Evicting ---- */

/* Connections are told apart by milliseconds. */
static void wait_for_a_later_time(void)
{
    struct timespec first, now;
    clock_gettime(CLOCK_MONOTONIC, &first);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - first.tv_sec) * 1000 + (now.tv_nsec - first.tv_nsec) / 1000000 < 3);
}

START_TEST(the_oldest_makes_place)
{
    enum { LIMIT = 4 };
    struct client clients[LIMIT + 1];
    options.flags = HELLO_EVICT_WHEN_FULL;
    options.max_connections = LIMIT;
    fixture_start(_i == 0 ? 0 : 1);
    for (int i = 0; i < LIMIT; i++) { /* the first goes at once: a place is free for the next */
        client_open(&clients[i], hello_server_port(server));
        client_expect_greeting(&clients[i]);
        wait_for_a_later_time();
    }
    client_expect_end(&clients[0]);
    client_expect_greeting(&clients[1]); /* not the oldest any more */
    wait_for_a_later_time();
    client_open(&clients[LIMIT], hello_server_port(server));
    client_expect_greeting(&clients[LIMIT]);
    client_expect_end(&clients[2]);
    client_expect_greeting(&clients[1]);
    client_expect_greeting(&clients[3]);
    client_expect_greeting(&clients[LIMIT]);
    for (int i = 0; i <= LIMIT; i++)
        client_close(&clients[i]);
}
END_TEST

/* What a client sends, to keep its place without an end. */
static const char *const stayers[] = {
    "",
    "GET /abc HT",
    REQUEST,
    "POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1",
    "POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 999999\r\n\r\n1", /* is refused */
    "nonsense\r\n\r\n",
};
enum { STAYERS = sizeof stayers / sizeof stayers[0] };

START_TEST(nobody_who_stays_keeps_others_out)
{
    enum { LIMIT = 4, MANY = 40 };
    const char *sent = stayers[_i / MODES];
    struct client clients[MANY], client;
    options.flags = HELLO_EVICT_WHEN_FULL;
    options.max_connections = LIMIT;
    options.header_timeout_ms = options.body_timeout_ms = HELLO_NO_TIMEOUT;
    fixture_start(_i % MODES);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++) {
            client_open(&clients[i], hello_server_port(server));
            (void)!send(clients[i].fd, sent, strlen(sent), MSG_NOSIGNAL);
        }
        client_open(&client, hello_server_port(server));
        client_expect_greeting(&client);
        client_close(&client);
        ck_assert_uint_le(hello_server_connections(server), LIMIT);
        for (int i = 0; i < MANY; i++)
            client_close(&clients[i]);
    }
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"per-client", fixture_prepare, fixture_stop,
         TESTS(a_client_over_its_limit_is_refused, unix_peers_have_no_limit,
               a_client_that_comes_and_goes_leaves_nothing),
         MODES},
        {"requests", fixture_prepare, fixture_stop, TESTS(the_last_request_closes_the_connection),
         MODES},
        {"full", fixture_prepare, fixture_stop,
         TESTS(a_full_server_refuses_if_it_is_to, the_refused_take_no_place), MODES},
        {"evicting", fixture_prepare, fixture_stop, TESTS(the_oldest_makes_place), 2},
        {"stayers", fixture_prepare, fixture_stop, TESTS(nobody_who_stays_keeps_others_out),
         MODES * STAYERS},
        {"exact", fixture_prepare, fixture_stop, TESTS(the_limit_is_exact),
         sizeof uneven / sizeof uneven[0]},
    };
    return RUN_SUITE("limits", cases);
}
