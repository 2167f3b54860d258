/* SPDX-License-Identifier: MIT */
/* Replies that a responder has deferred, completed by whatever thread, or by none. */
#include "client.h"
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

/* Long beside what the tests do meanwhile, and short. */
enum { LONG_MS = 600000, SHORT_MS = 50 };

/* ---- The program's part ---- */

static atomic_bool finished; /* the workers, once they are woken */
static atomic_int bodies;    /* that have been handed over and not been freed */

static void free_body(void *body)
{
    bodies--;
    free(body);
}

/* The body of a reply is the path. */
static void fill(struct hello_reply *reply, const struct hello_request *request)
{
    size_t length;
    const char *path = hello_request_path(request, &length);
    char *body = malloc(length);
    ck_assert_ptr_nonnull(body);
    bodies++;
    hello_reply_set_body_nocopy(reply, memcpy(body, path, length), length, free_body, body);
}

/* The handles that wait for the test, in any order. */
enum { MOST_HANDLES = 128 };
static struct {
    pthread_mutex_t lock;
    struct hello_deferred *each[MOST_HANDLES];
    unsigned count;
    sem_t there; /* as many as handles */
} handles = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void put(struct hello_deferred *deferred)
{
    pthread_mutex_lock(&handles.lock);
    ck_assert_uint_lt(handles.count, MOST_HANDLES);
    handles.each[handles.count++] = deferred;
    pthread_mutex_unlock(&handles.lock);
    sem_post(&handles.there);
}

/* One of those that are there; the semaphore has been taken. */
static struct hello_deferred *take_any(unsigned random)
{
    pthread_mutex_lock(&handles.lock);
    unsigned i = random % handles.count;
    struct hello_deferred *deferred = handles.each[i];
    handles.each[i] = handles.each[--handles.count];
    pthread_mutex_unlock(&handles.lock);
    return deferred;
}

static void dispatch_once(void)
{
    struct pollfd fd = {.fd = hello_server_fd(server), .events = POLLIN};
    ck_assert_int_eq(poll(&fd, 1, 20000), 1);
    ck_assert_int_eq(hello_server_dispatch(server), 0);
}

/* Wait for the next one. */
static struct hello_deferred *take(void)
{
    if (hello_server_threads(server) > 0)
        sem_wait(&handles.there);
    else
        while (sem_trywait(&handles.there))
            dispatch_once();
    return take_any(0);
}

static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    (void)data;
    struct hello_deferred *deferred = hello_reply_defer(reply);
    if (!deferred)
        return -ENOMEM;
    fill(hello_deferred_reply(deferred), request);
    put(deferred);
    return 0;
}

static void *send_in_thread(void *deferred)
{
    return (void *)(intptr_t)hello_deferred_send(deferred);
}

static int send_from_other_thread(struct hello_deferred *deferred)
{
    pthread_t thread;
    void *result;
    ck_assert_int_eq(pthread_create(&thread, NULL, send_in_thread, deferred), 0);
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    return (int)(intptr_t)result;
}

static struct {
    atomic_int count, status;
    _Atomic uint64_t duration_ns;
} records;

static void note_record(void *data, const struct hello_access_record *record)
{
    (void)data;
    records.status = (int)record->status;
    records.duration_ns = record->duration_ns;
    records.count++;
}

/* ---- The client's part ---- */

static void setup(void)
{
    fixture_prepare();
    bodies = 0;
    handles.count = 0;
    finished = false;
    records.count = 0;
    sem_init(&handles.there, 0, 0);
    options.responder = respond;
}

static void teardown(void)
{
    fixture_stop();
    ck_assert_int_eq(bodies, 0);
}

#define REQUEST(method, path) method " " path " HTTP/1.1\r\nHost: h\r\n\r\n"

static struct hello_deferred *open_and_ask(struct client *client, const char *request)
{
    client_open(client, hello_server_port(server));
    client_send_text(client, request);
    return take();
}

static void expect(struct client *client, int status, const char *body)
{
    struct answer answer;
    client_read(client, &answer, false);
    ck_assert_int_eq(answer.status, status);
    ck_assert_str_eq(answer.body, body);
}

/* The connection goes on. */
static void expect_another(struct client *client)
{
    client_send_text(client, REQUEST("GET", "/another"));
    ck_assert_int_eq(hello_deferred_send(take()), 0);
    expect(client, 200, "/another");
    client_close(client);
}

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
        {"sending", setup, teardown,
         TESTS(a_reply_is_sent_by_any_thread, a_reply_may_be_sent_before_the_responder_returns,
               the_responder_may_fail_afterwards, a_responder_that_fails_abandons_its_handle,
               pipelined_requests_are_answered_in_order),
         MODES},
        {"loop", setup, teardown,
         TESTS(a_reply_makes_the_descriptor_readable, fields_have_the_room_of_the_request,
               a_client_of_a_unix_socket_that_has_gone_is_noticed, a_stop_frees_what_was_sent),
         0},
        {"parts", setup, teardown, TESTS(what_is_set_before_goes_along),
         (int)(sizeof parts / sizeof parts[0])},
        {"requests", setup, teardown, TESTS(whatever_asks_is_answered),
         (int)(sizeof requests / sizeof requests[0])},
        {"ends", setup, teardown,
         TESTS(one_that_is_cancelled_is_answered_with_500, a_client_that_has_gone_is_noticed,
               one_that_has_only_finished_sending_is_answered,
               one_that_takes_too_long_is_answered_with_504,
               one_that_is_forgotten_ends_by_the_limit, without_a_limit_it_waits,
               a_drain_waits_for_it, a_drain_that_ends_cuts_it_off, a_stop_cuts_it_off),
         MODES},
        {"many", setup, teardown,
         TESTS(eight_threads_answer_in_random_order, a_stop_may_come_at_any_time), MODES},
    };
    return RUN_SUITE("deferred", cases);
}
