/* SPDX-License-Identifier: MIT */
/* Deferred replies that nobody completes, or too late; and many at once. */
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

/* ---- Ends ---- */

START_TEST(one_that_is_cancelled_is_answered_with_500)
{
    struct client client;
    fixture_start(_i);
    hello_deferred_cancel(NULL);
    hello_deferred_cancel(open_and_ask(&client, REQUEST("GET", "/1")));
    expect(&client, 500, "500 Internal Server Error\n");
    expect_another(&client);
}
END_TEST

static void expect_abandoned(const struct hello_deferred *deferred)
{
    const struct timespec moment = {.tv_nsec = 1000000}; /* in which the server gets the CPU */
    while (!hello_deferred_is_abandoned(deferred))
        nanosleep(&moment, NULL);
}

/* The connection ends once the program has done with it. */
START_TEST(a_client_that_has_gone_is_noticed)
{
    struct client client;
    fixture_start(_i);
    struct hello_deferred *deferred = open_and_ask(&client, REQUEST("GET", "/1"));
    client_close(&client);
    expect_abandoned(deferred);
    ck_assert_int_eq(hello_deferred_send(deferred), 0);
    client_expect_connections(server, 0);
    deferred = open_and_ask(&client, REQUEST("GET", "/2"));
    client_close(&client);
    expect_abandoned(deferred);
    hello_deferred_cancel(deferred);
    client_expect_connections(server, 0);
}
END_TEST

START_TEST(a_client_of_a_unix_socket_that_has_gone_is_noticed)
{
    struct client client;
    char address[64];
    snprintf(address, sizeof address, "unix:@hello-deferred-%d", (int)getpid());
    options.listen = address;
    fixture_start(0);
    client_open_unix(&client, address + strlen("unix:"));
    client_send_text(&client, REQUEST("GET", "/1"));
    struct hello_deferred *deferred = take();
    ck_assert(!hello_deferred_is_abandoned(deferred));
    client_close(&client);
    expect_abandoned(deferred);
    hello_deferred_cancel(deferred);
    client_expect_connections(server, 0);
}
END_TEST

START_TEST(one_that_has_only_finished_sending_is_answered)
{
    struct client client;
    fixture_start(_i);
    struct hello_deferred *deferred = open_and_ask(&client, REQUEST("GET", "/1"));
    client_finish_sending(&client);
    expect_abandoned(deferred);
    ck_assert_int_eq(hello_deferred_send(deferred), 0);
    expect(&client, 200, "/1");
    client_expect_end(&client);
    client_close(&client);
}
END_TEST

/* The handle is the program's all the same, however late it comes back to it. */
START_TEST(one_that_takes_too_long_is_answered_with_504)
{
    struct client client;
    options.deferred_timeout_ms = SHORT_MS;
    options.access = note_record;
    fixture_start(_i);
    struct hello_deferred *deferred = open_and_ask(&client, REQUEST("GET", "/1"));
    expect(&client, 504, "504 Gateway Timeout\n");
    ck_assert(hello_deferred_is_abandoned(deferred));
    ck_assert_int_eq(hello_deferred_send(deferred), -ETIMEDOUT);
    client_send_text(&client, REQUEST("GET", "/2"));
    deferred = take();
    expect(&client, 504, "504 Gateway Timeout\n");
    hello_deferred_cancel(deferred);
    client_close(&client);
    client_expect_connections(server, 0);
    ck_assert_int_eq(records.count, 2);
    ck_assert_int_eq(records.status, 504);
    ck_assert_uint_ge(records.duration_ns, SHORT_MS * UINT64_C(1000000));
}
END_TEST

/* Its place is free again, and only the handle is left of it. */
START_TEST(one_that_is_forgotten_ends_by_the_limit)
{
    struct client client;
    options.deferred_timeout_ms = SHORT_MS;
    options.max_connections = _i > 1 ? (uint32_t)_i : 1; /* one for each thread */
    fixture_start(_i);
    struct hello_deferred *forgotten = open_and_ask(&client, REQUEST("GET", "/1"));
    expect(&client, 504, "504 Gateway Timeout\n");
    client_close(&client);
    client_open(&client, hello_server_port(server));
    client_send_text(&client, REQUEST("OPTIONS", "*"));
    expect(&client, 200, "");
    client_close(&client);
    fixture_stop();
    hello_deferred_cancel(forgotten); /* for the leak checker */
}
END_TEST

START_TEST(without_a_limit_it_waits)
{
    struct client client;
    options.deferred_timeout_ms = HELLO_NO_TIMEOUT;
    options.reply_timeout_ms = options.idle_timeout_ms = options.body_timeout_ms = SHORT_MS;
    options.header_timeout_ms = 20 * SHORT_MS;
    fixture_start(_i);
    struct hello_deferred *deferred = open_and_ask(&client, REQUEST("GET", "/1"));
    struct client silent;
    client_open(&silent, hello_server_port(server));
    client_expect_end(&silent); /* more time has passed than the others have */
    client_close(&silent);
    ck_assert(!hello_deferred_is_abandoned(deferred));
    ck_assert_int_eq(hello_deferred_send(deferred), 0);
    expect(&client, 200, "/1");
    client_close(&client);
}
END_TEST

START_TEST(a_drain_waits_for_it)
{
    struct client client, idle;
    struct answer answer;
    fixture_start(_i);
    struct hello_deferred *deferred = open_and_ask(&client, REQUEST("GET", "/1"));
    client_open(&idle, hello_server_port(server));
    client_expect_connections(server, 2);
    fixture_begin_drain(_i, LONG_MS);
    client_expect_end(&idle);
    client_close(&idle);
    ck_assert(!hello_server_drained(server));
    ck_assert_int_eq(send_from_other_thread(deferred), 0);
    client_read(&client, &answer, false);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer_field(&answer, "Connection"), "close");
    client_expect_end(&client);
    ck_assert_int_eq(fixture_end_drain(_i), 0);
    client_close(&client);
}
END_TEST

/* Afterwards the handle is valid, the reply may be filled in, and nothing is sent. */
static void expect_cancelled(struct hello_deferred *deferred)
{
    ck_assert(hello_deferred_is_abandoned(deferred));
    ck_assert_int_eq(hello_reply_set_body(hello_deferred_reply(deferred), "late", 4), 0);
    ck_assert_int_eq(bodies, 0);
    ck_assert_int_eq(hello_deferred_send(deferred), -ECANCELED);
}

START_TEST(a_drain_that_ends_cuts_it_off)
{
    struct client client;
    options.access = note_record;
    fixture_start(_i);
    struct hello_deferred *deferred = open_and_ask(&client, REQUEST("GET", "/1"));
    fixture_begin_drain(_i, 4 * SHORT_MS);
    client_expect_end(&client);
    ck_assert_int_eq(fixture_end_drain(_i), -ETIMEDOUT);
    ck_assert_int_eq(records.count, 1);
    ck_assert_int_eq(records.status, 0);
    expect_cancelled(deferred);
    client_close(&client);
}
END_TEST

START_TEST(a_stop_cuts_it_off)
{
    struct client clients[2];
    struct hello_deferred *deferred[2];
    fixture_start(_i);
    for (int i = 0; i < 2; i++)
        deferred[i] = open_and_ask(&clients[i], REQUEST("GET", "/1"));
    fixture_stop();
    for (int i = 0; i < 2; i++)
        client_expect_end(&clients[i]);
    hello_deferred_cancel(deferred[0]);
    expect_cancelled(deferred[1]);
    for (int i = 0; i < 2; i++)
        client_close(&clients[i]);
}
END_TEST

/* The server has not come to it. */
START_TEST(a_stop_frees_what_was_sent)
{
    struct client client;
    fixture_start(0);
    ck_assert_int_eq(hello_deferred_send(open_and_ask(&client, REQUEST("GET", "/1"))), 0);
    fixture_stop();
    client_expect_end(&client);
    client_close(&client);
}
END_TEST

/* ---- Many ---- */

enum { WORKERS = 8, CLIENTS = 64 };

static pthread_t workers[WORKERS];
static atomic_bool finished; /* the workers, once they are woken */

static void *work(void *data)
{
    unsigned random = (unsigned)(uintptr_t)data;
    for (;;) {
        sem_wait(&handles.there);
        if (finished)
            return NULL;
        random = random * 1103515245 + 12345;
        hello_deferred_send(take_any(random >> 16));
    }
}

static void start_workers(void)
{
    finished = false;
    for (uintptr_t i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_create(&workers[i], NULL, work, (void *)(i + 1)), 0);
}

/* No handle is left. */
static void stop_workers(void)
{
    finished = true;
    for (int i = 0; i < WORKERS; i++)
        sem_post(&handles.there);
    for (int i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_join(workers[i], NULL), 0);
}

/* 100,000 take too long for a slow machine: the environment asks for more. */
static unsigned long how_many(void)
{
    const char *given = getenv("DEFERRED_REPLIES");
    return given ? strtoul(given, NULL, 10) : 6400;
}

START_TEST(eight_threads_answer_in_random_order)
{
    static struct client clients[CLIENTS];
    char path[32], request[64];
    options.header_timeout_ms = LONG_MS; /* a slow machine opens the connections slowly */
    fixture_start(_i);
    start_workers();
    for (int i = 0; i < CLIENTS; i++)
        client_open(&clients[i], hello_server_port(server));
    for (unsigned long n = 0; n < how_many(); n += CLIENTS) {
        for (int i = 0; i < CLIENTS; i++) {
            snprintf(request, sizeof request, REQUEST("GET", "/%lu"), n + (unsigned)i);
            client_send_text(&clients[i], request);
        }
        for (int i = 0; i < CLIENTS; i++) {
            snprintf(path, sizeof path, "/%lu", n + (unsigned)i);
            expect(&clients[i], 200, path);
        }
    }
    stop_workers();
    for (int i = 0; i < CLIENTS; i++)
        client_close(&clients[i]);
}
END_TEST

static bool has_handles(void)
{
    pthread_mutex_lock(&handles.lock);
    bool has = handles.count > 0;
    pthread_mutex_unlock(&handles.lock);
    return has;
}

/* The server stops while threads complete replies, and is gone before the last of them. */
START_TEST(a_stop_may_come_at_any_time)
{
    static struct client clients[CLIENTS];
    static struct hello_deferred *taken[CLIENTS];
    fixture_start(_i);
    for (int i = 0; i < CLIENTS; i++)
        taken[i] = open_and_ask(&clients[i], REQUEST("GET", "/1"));
    start_workers();
    for (int i = 0; i < CLIENTS; i++) {
        put(taken[i]);
        if (i == CLIENTS / 2)
            fixture_stop();
    }
    while (has_handles())
        ;
    stop_workers();
    for (int i = 0; i < CLIENTS; i++)
        client_close(&clients[i]);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"ends", setup, teardown,
         TESTS(one_that_is_cancelled_is_answered_with_500, a_client_that_has_gone_is_noticed,
               one_that_has_only_finished_sending_is_answered,
               one_that_takes_too_long_is_answered_with_504,
               one_that_is_forgotten_ends_by_the_limit, without_a_limit_it_waits,
               a_drain_waits_for_it, a_drain_that_ends_cuts_it_off, a_stop_cuts_it_off),
         MODES},
        {"many", setup, teardown,
         TESTS(eight_threads_answer_in_random_order, a_stop_may_come_at_any_time), MODES},
        {"loop", setup, teardown,
         TESTS(a_client_of_a_unix_socket_that_has_gone_is_noticed, a_stop_frees_what_was_sent), 0},
    };
    return RUN_SUITE("deferred_ends", cases);
}
