/* SPDX-License-Identifier: MIT */
/* What the callbacks of a server may do with the server. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define REQUEST "GET /abc HTTP/1.1\r\nHost: h\r\n\r\n"

enum callback { RESPONDER, ACCESS, LOG, RELEASE, CALLBACKS };

static void (*_Atomic action)(void); /* to be called by a callback */
static enum callback acting;         /* the callback that calls it */
static atomic_uint actions, errors;  /* calls of it, and lines of the log */
static char last_error[256];

static void act(enum callback callback)
{
    void (*todo)(void) = action;
    if (callback != acting || !todo)
        return;
    todo();
    actions++;
}

static void release(void *nothing)
{
    ck_assert_ptr_null(nothing);
    act(RELEASE);
}

/* Fails, for there to be a line in the log. */
static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    static char body[] = "body";
    (void)data;
    (void)request;
    act(RESPONDER);
    hello_reply_set_body_nocopy(reply, body, 4, release, NULL);
    return acting == LOG ? -EIO : 0;
}

static void take_record(void *data, const struct hello_access_record *record)
{
    (void)data;
    (void)record;
    act(ACCESS);
}

static void take_line(void *data, enum hello_log_level level, const char *line)
{
    (void)data;
    if (level == HELLO_LOG_DEBUG)
        return;
    snprintf(last_error, sizeof last_error, "%s", line);
    errors++;
    act(LOG);
}

static void setup(void)
{
    fixture_prepare();
    action = (void (*)(void))NULL;
    actions = errors = 0;
    options.responder = respond;
    options.access = take_record;
    options.log = take_line;
}

/* Each callback in each mode. The server answers before, and goes on behind. */
static void start_and_act(int i, void (*todo)(void))
{
    struct client client;
    struct answer answer;
    acting = (enum callback)(i % CALLBACKS);
    fixture_start(i / CALLBACKS);
    client_open(&client, hello_server_port(server));
    client_ask(&client, REQUEST, &answer);
    action = todo;
    client_ask(&client, REQUEST, &answer);
    ck_assert_int_eq(answer.status, acting == LOG ? 500 : 200);
    client_ask(&client, REQUEST, &answer);
    ck_assert_uint_ge(actions, 1);
    client_close(&client);
}

static void dispatch(void)
{
    ck_assert_int_eq(hello_server_dispatch(server), options.threads > 0 ? -EINVAL : -EBUSY);
}

START_TEST(it_cannot_dispatch)
{
    start_and_act(_i, dispatch);
}
END_TEST

static void stop(void)
{
    hello_server_stop(server);
}

START_TEST(it_cannot_stop)
{
    start_and_act(_i, stop);
    ck_assert_uint_eq(errors, acting == LOG ? 4 : 1); /* three of the responder's */
    ck_assert_ptr_nonnull(acting == LOG ? last_error : strstr(last_error, "hello_server_stop()"));
}
END_TEST

static void ask(void)
{
    struct hello_stats stats;
    char address[64];
    ck_assert_uint_ge(hello_server_connections(server), 1);
    ck_assert_int_eq(hello_server_stats(server, &stats, sizeof stats), 0);
    ck_assert_int_eq(hello_server_threads(server), options.threads);
    ck_assert_int_gt(hello_server_port(server), 0);
    ck_assert_int_gt(hello_server_address(server, 0, address, sizeof address), 0);
    ck_assert(!hello_server_drained(server));
}

START_TEST(it_can_ask)
{
    start_and_act(_i, ask);
}
END_TEST

/* ---- Drain ---- */

static void drain(void)
{
    ck_assert_int_eq(hello_server_drain(server, 600000),
                     options.threads > 0 ? -EDEADLK : -EINPROGRESS);
}

static void begin_drain(void)
{
    drain();
    hello_server_begin_drain(server, 600000);
}

/* A thread would wait for itself, and nobody would be answered meanwhile. */
START_TEST(it_cannot_wait_for_a_drain)
{
    struct client client;
    struct answer answer;
    acting = RESPONDER;
    fixture_start(_i + 1);
    client_open(&client, hello_server_port(server));
    action = drain;
    client_ask(&client, REQUEST, &answer);
    ck_assert_ptr_null(answer_field(&answer, "Connection"));
    client_ask(&client, REQUEST, &answer); /* nothing has begun */
    ck_assert_ptr_null(answer_field(&answer, "Connection"));
    client_close(&client);
}
END_TEST

START_TEST(it_can_begin_a_drain)
{
    struct client client, idle;
    struct answer answer;
    acting = (enum callback)(_i % CALLBACKS);
    fixture_start(_i / CALLBACKS);
    client_open(&idle, hello_server_port(server));
    client_open(&client, hello_server_port(server));
    client_expect_connections(server, 2);
    action = begin_drain;
    client_ask(&client, REQUEST, &answer);
    client_expect_end(&idle);
    client_expect_end(&client);
    client_expect_connections(server, 0);
    ck_assert_int_eq(hello_server_drain(server, 600000), 0);
    client_close(&client);
    client_close(&idle);
}
END_TEST

/* ---- Other threads ---- */

static void *dispatch_elsewhere(void *data)
{
    (void)data;
    dispatch();
    return NULL;
}

static void dispatch_beside(void)
{
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, dispatch_elsewhere, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

START_TEST(two_threads_cannot_dispatch_at_once)
{
    start_and_act(RESPONDER, dispatch_beside);
}
END_TEST

/* ---- Stop ---- */

enum { CROWD = 8 };

static void use_while_stopping(void)
{
    struct hello_stats stats;
    dispatch();
    drain();
    stop();
    hello_server_begin_drain(server, 0);
    ck_assert_uint_le(hello_server_connections(server), CROWD);
    ck_assert_int_eq(hello_server_stats(server, &stats, sizeof stats), 0);
}

/* The requests that a stop cuts off are recorded: here, as many at each of two shards as it takes.
 */
START_TEST(a_stop_has_all_shards_while_it_calls_back)
{
    struct client clients[CROWD];
    acting = ACCESS;
    options.max_connections = CROWD;
    fixture_start(_i);
    for (int i = 0; i < CROWD; i++) {
        client_open(&clients[i], hello_server_port(server));
        client_send_text(&clients[i], "GET /abc HTTP/1.1\r\nHo");
        client_expect_connections(server, (unsigned)i + 1);
    }
    action = use_while_stopping;
    fixture_stop();
    ck_assert_uint_gt(actions, CROWD / 2); /* the last may not have been read yet */
    ck_assert_uint_eq(errors, 1);
    for (int i = 0; i < CROWD; i++)
        client_close(&clients[i]);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"each", setup, fixture_stop, TESTS(it_cannot_dispatch, it_cannot_stop, it_can_ask),
         MODES * CALLBACKS},
        {"drain", setup, fixture_stop, TESTS(it_can_begin_a_drain), MODES * CALLBACKS},
        {"wait", setup, fixture_stop, TESTS(it_cannot_wait_for_a_drain), MODES - 1},
        {"beside", setup, fixture_stop, TESTS(two_threads_cannot_dispatch_at_once), 0},
        {"stop", setup, fixture_stop, TESTS(a_stop_has_all_shards_while_it_calls_back), MODES},
    };
    return RUN_SUITE("callbacks", cases);
}
