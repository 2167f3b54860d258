/* SPDX-License-Identifier: MIT */
/* Many connections at once, and what libmicrohttpd makes of them when it is driven carelessly. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST "GET /abc HTTP/1.1\r\nHost: h\r\n\r\n"

static struct client *clients;
static int count;

static void open_clients(int number)
{
    clients = calloc((size_t)number, sizeof *clients);
    ck_assert_ptr_nonnull(clients);
    for (count = 0; count < number; count++)
        client_open(&clients[count], hello_server_port(server));
}

static void close_clients(void)
{
    while (count > 0)
        client_close(&clients[--count]);
    free(clients);
}

static void expect_answers(void)
{
    for (int i = 0; i < count; i++) {
        struct answer answer;
        client_read(&clients[i], &answer, false);
        ck_assert_int_eq(answer.status, 200);
    }
}

/* Fact 1: libmicrohttpd takes 128 events at once, and waits for more when there were as many. */
static const int crowds[] = {127, 128, 129, 256};

START_TEST(a_full_round_of_events_does_not_stall)
{
    enum { ROUNDS = 30 };
    fixture_start(_i % 2);
    open_clients(crowds[_i / 2]);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < count; i++)
            client_send_text(&clients[i], REQUEST);
        expect_answers();
    }
    close_clients();
}
END_TEST

/* libmicrohttpd takes several connections through each step of a request together: here those that
 * are ready before a server without threads is dispatched. */
static const struct {
    const char *format; /* of a request, with the number of its client */
    int status;
    const char *rest; /* sent once it has been read */
    bool ends;        /* the connection does, behind the answer */
} mixed[] = {
    {"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n", 200, "", false},
    {"POST /%d HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab", 200, "", false},
    {"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" REQUEST, 200, "", false},
    {"GET /%d HTTP/1.1\r\nHo", 200, "st: h\r\n\r\n", false},
    {"GET /%d HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "", true},
    {"GET /%d/x/../ HTTP/1.1\r\nHost: h\r\n\r\n", 307, "", false},
    {"GET /%d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200, "", true},
};

enum { MIXED = sizeof mixed / sizeof mixed[0] };

/* A stride that has no divisor in common with their number puts every kind beside every other. */
static int kind_of(int client, int stride)
{
    return client * stride % MIXED;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void send_mixed(int client, int stride)
{
    char request[256];
    snprintf(request, sizeof request, mixed[kind_of(client, stride)].format, client);
    client_send_text(&clients[client], request);
}
#pragma GCC diagnostic pop

static void expect_mixed(int client, int stride)
{
    int kind = kind_of(client, stride);
    char expected[64];
    struct answer answer;
    client_send_text(&clients[client], mixed[kind].rest);
    client_read(&clients[client], &answer, false);
    ck_assert_int_eq(answer.status, mixed[kind].status);
    if (answer.status == 200) {
        snprintf(expected, sizeof expected, "Hello, you've requested: /%d\n", client);
        ck_assert_str_eq(answer.body, expected);
    } else if (answer.status == 307) {
        snprintf(expected, sizeof expected, "/%d/", client);
        ck_assert_str_eq(answer_field(&answer, "Location"), expected);
    }
    if (mixed[kind].ends)
        client_expect_end(&clients[client]);
    else
        client_expect_greeting(&clients[client]);
}

START_TEST(each_of_many_gets_its_own_answer)
{
    enum { CROWD = 40 };
    fixture_start(_i % 2);
    open_clients(CROWD);
    client_expect_connections(server, CROWD);
    for (int i = 0; i < count; i++)
        send_mixed(i, 1 + _i / 2);
    for (int i = 0; i < count; i++)
        expect_mixed(i, 1 + _i / 2);
    close_clients();
}
END_TEST

/* Fact 2: in epoll mode libmicrohttpd does not see a FIN that arrives with data. */
static const char *const last_words[] = {
    REQUEST, "GET /abc HTT", REQUEST REQUEST,
    "POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\na", ""};

static void expect_no_leak(bool close_at_once)
{
    enum { ROUNDS = 10, CROWD = 10 };
    options.max_connections = 16;
    options.idle_timeout_ms = options.header_timeout_ms = options.body_timeout_ms =
        HELLO_NO_TIMEOUT;
    fixture_start(1);
    for (size_t word = 0; word < sizeof last_words / sizeof last_words[0]; word++) {
        for (int round = 0; round < ROUNDS; round++) {
            open_clients(CROWD);
            for (int i = 0; i < count; i++) {
                client_send_text(&clients[i], last_words[word]);
                if (!close_at_once)
                    client_finish_sending(&clients[i]);
            }
            for (int i = 0; i < count && !close_at_once; i++)
                while (recv(clients[i].fd, clients[i].received, clients[i].received_room, 0) > 0)
                    ;
            close_clients();
        }
        client_expect_connections(server, 0);
    }
}

START_TEST(who_closes_after_the_request_leaves_no_connection)
{
    expect_no_leak(true);
}
END_TEST

START_TEST(who_stops_sending_leaves_no_connection)
{
    expect_no_leak(false);
}
END_TEST

START_TEST(a_half_closed_client_gets_its_answers)
{
    struct answer answer;
    fixture_start(_i);
    open_clients(1);
    client_send_text(clients, REQUEST REQUEST REQUEST);
    client_finish_sending(clients);
    for (int i = 0; i < 3; i++) {
        client_read(clients, &answer, false);
        ck_assert_int_eq(answer.status, 200);
    }
    client_expect_end(clients);
    close_clients();
}
END_TEST

/* Before a look at who is idle would tell. */
START_TEST(an_end_that_comes_with_a_request_is_seen_at_once)
{
    fixture_start(0);
    open_clients(1);
    client_expect_connections(server, 1);
    client_send_text(clients, REQUEST);
    client_finish_sending(clients);
    ck_assert_int_eq(hello_server_dispatch(server), 0);
    ck_assert_uint_eq(hello_server_connections(server), 0);
    expect_answers();
    close_clients();
}
END_TEST

START_TEST(a_request_goes_before_those_who_leave)
{
    enum { CROWD = 400 };
    fixture_start(0);
    open_clients(1 + CROWD);
    client_expect_connections(server, 1 + CROWD);
    while (count > 1)
        client_close(&clients[--count]);
    client_send_text(clients, REQUEST);
    ck_assert_int_eq(hello_server_dispatch(server), 0);
    ck_assert_uint_gt(hello_server_connections(server), CROWD / 2);
    client_drives(NULL);
    expect_answers();
    client_drives(server);
    client_expect_connections(server, 1);
    close_clients();
}
END_TEST

/* Fact 3: at the limit the listening socket is not waited for until libmicrohttpd runs again. */
START_TEST(a_free_place_is_taken_at_once)
{
    enum { LIMIT = 4, WAITING = 12 };
    options.max_connections = LIMIT;
    fixture_start(_i);
    open_clients(LIMIT + WAITING);
    for (int i = 0; i < count; i++) {
        client_expect_greeting(&clients[i]);
        ck_assert_uint_le(hello_server_connections(server), LIMIT);
        shutdown(clients[i].fd, SHUT_RDWR);
    }
    close_clients();
}
END_TEST

/* CPU time of the process, in milliseconds. */
static double cpu_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void limit_files(rlim_t limit)
{
    struct rlimit files;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = limit;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
}

/* Fact 4: with no descriptor left and no connection open, accepting spins. All threads try, and
 * one line tells it. */
static const int threads[] = {1, 4};

START_TEST(without_descriptors_it_does_not_spin)
{
    struct rlimit files;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    fixture_expect_log();
    fixture_start(threads[_i]);
    struct client client = {.received_room = 1 << 16, .received = malloc(1 << 16)};
    client.fd = socket(AF_INET, SOCK_STREAM, 0);
    limit_files((rlim_t)client.fd + 1);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)hello_server_port(server)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    ck_assert_int_eq(connect(client.fd, (struct sockaddr *)&address, sizeof address), 0);
    client_send_text(&client, REQUEST);
    double before = cpu_ms();
    struct pollfd answer_comes = {.fd = client.fd, .events = POLLIN};
    ck_assert_int_eq(poll(&answer_comes, 1, 1000), 0);
    ck_assert_double_lt(cpu_ms() - before, 100);
    ck_assert_uint_eq(fixture_expect_log(), 1);
    limit_files(files.rlim_cur);
    struct answer answer;
    client_read(&client, &answer, false);
    ck_assert_int_eq(answer.status, 200);
    client_close(&client);
}
END_TEST

/* Fact 5: libmicrohttpd's own limit is 1,020, and it says nothing. */
START_TEST(more_connections_than_fd_setsize)
{
    struct rlimit files;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    if (files.rlim_max < 4096)
        ck_abort_msg("this test needs 4096 open files; the hard limit is %llu",
                     (unsigned long long)files.rlim_max);
    limit_files(4096);
    options.header_timeout_ms = HELLO_NO_TIMEOUT; /* it takes long on a busy machine */
    fixture_start(_i);
    open_clients(1500);
    for (int i = 0; i < count; i++)
        client_send_text(&clients[i], REQUEST);
    expect_answers();
    close_clients();
}
END_TEST

/* Fact 6: an answer queued in the first of two callbacks closes the connection. */
START_TEST(a_connection_is_kept)
{
    fixture_start(_i);
    open_clients(1);
    for (int i = 0; i < 1000; i++)
        client_expect_greeting(clients);
    ck_assert_uint_eq(hello_server_connections(server), 1);
    close_clients();
}
END_TEST

/* Fact 10: stopping hangs at the limit, and shuts an inherited socket down for everybody. */
START_TEST(stopping_at_the_limit_spares_an_inherited_socket)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, SOMAXCONN), 0);
    options.listen_fd = fd;
    options.max_connections = 4;
    for (int restart = 0; restart < 20; restart++) {
        fixture_start(_i);
        open_clients(4 + 4 * (restart % 2));
        for (int i = 0; i < 4; i++)
            client_send_text(&clients[i], REQUEST);
        client_expect_connections(server, 4);
        fixture_stop();
        close_clients();
    }
    fixture_start(_i);
    open_clients(1);
    client_expect_greeting(clients);
    close_clients();
    close(fd);
}
END_TEST

static void expect_echo(struct client *client, const char *path)
{
    struct answer answer;
    char greeting[64];
    snprintf(greeting, sizeof greeting, "Hello, you've requested: %s\n", path);
    client_read(client, &answer, false);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer.body, greeting);
}

/* Answers share their memory, but not while one is on its way. A unix socket holds few of them. */
START_TEST(who_does_not_read_gets_its_answers_later)
{
    enum { REQUESTS = 1000 };
    static const char request[] = "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";
    const size_t length = sizeof request - 1;
    static char requests[REQUESTS * (sizeof request - 1)];
    char directory[] = "/tmp/hello-crowds-XXXXXX";
    char address[64];
    struct client slow, other;
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(address, sizeof address, "unix:%s/socket", directory);
    options.listen = address;
    fixture_start(_i);
    client_open_unix(&slow, address + 5);
    client_open_unix(&other, address + 5);
    for (int i = 0; i < REQUESTS; i++)
        memcpy(requests + i * length, request, length);
    client_send(&slow, requests, sizeof requests);
    for (int i = 0; i < REQUESTS; i++) {
        client_send_text(&other, "GET /another HTTP/1.1\r\nHost: h\r\n\r\n");
        expect_echo(&other, "/another");
    }
    for (int i = 0; i < REQUESTS; i++)
        expect_echo(&slow, "/slow");
    client_close(&slow);
    client_close(&other);
    fixture_stop();
    ck_assert_int_eq(remove(directory), 0);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"ready-at-once", fixture_prepare, fixture_stop,
         TESTS(a_full_round_of_events_does_not_stall), 2 * sizeof crowds / sizeof crowds[0]},
        {"mixed", fixture_prepare, fixture_stop, TESTS(each_of_many_gets_its_own_answer),
         2 * (MIXED - 1)},
        {"hang-up", fixture_prepare, fixture_stop,
         TESTS(who_closes_after_the_request_leaves_no_connection,
               who_stops_sending_leaves_no_connection),
         0},
        {"departed", fixture_prepare, fixture_stop,
         TESTS(an_end_that_comes_with_a_request_is_seen_at_once,
               a_request_goes_before_those_who_leave),
         0},
        {"half-close", fixture_prepare, fixture_stop, TESTS(a_half_closed_client_gets_its_answers),
         MODES},
        {"limit", fixture_prepare, fixture_stop, TESTS(a_free_place_is_taken_at_once), MODES},
        {"out-of-files", fixture_prepare, fixture_stop, TESTS(without_descriptors_it_does_not_spin),
         sizeof threads / sizeof threads[0]},
        {"many", fixture_prepare, fixture_stop, TESTS(more_connections_than_fd_setsize), MODES},
        {"not-reading", fixture_prepare, fixture_stop,
         TESTS(who_does_not_read_gets_its_answers_later), MODES},
        {"keep-alive", fixture_prepare, fixture_stop, TESTS(a_connection_is_kept), MODES},
        {"inherited", fixture_prepare, fixture_stop,
         TESTS(stopping_at_the_limit_spares_an_inherited_socket), MODES},
    };
    return RUN_SUITE("crowds", cases);
}
