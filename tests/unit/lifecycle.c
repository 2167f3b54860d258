/* SPDX-License-Identifier: MIT */
/* Starting, draining and stopping a server. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- Start ---- */

static int start(void)
{
    struct hello_server *failed = (struct hello_server *)&options;
    int error = hello_server_start(&failed, &options);
    ck_assert_ptr_null(failed);
    return error;
}

START_TEST(refuses_what_it_does_not_know)
{
    fixture_expect_log();
    options.flags = 0x80;
    ck_assert_int_eq(start(), -EINVAL);
    options.flags = 0;
    options.threads = -2;
    ck_assert_int_eq(start(), -EINVAL);
    options.threads = 1025;
    ck_assert_int_eq(start(), -EINVAL);
    options.threads = 0;
    options.max_head_size = 1023;
    ck_assert_int_eq(start(), -EINVAL);
    options.max_head_size = 16777217;
    ck_assert_int_eq(start(), -EINVAL);
    options.max_head_size = 0;
    options.listen = "nowhere";
    ck_assert_int_eq(start(), -EINVAL);
    options.listen_fd = 3;
    ck_assert_int_eq(start(), -EINVAL);
    options.listen_fd = -1;
    options.listen = NULL;
    ck_assert_int_eq(start(), -EINVAL);
}
END_TEST

START_TEST(reads_options_of_other_sizes)
{
    struct {
        struct hello_options known;
        char later[16];
    } newer = {.known = options};
    newer.known.size = sizeof newer;
    ck_assert_int_eq(hello_server_start(&server, &newer.known), 0);
    fixture_stop();
    options.size = 8; /* it may not have been initialized at all: nothing is logged */
    ck_assert_int_eq(start(), -EINVAL);
    ck_assert_uint_eq(fixture_expect_log(), 0);
    newer.later[15] = 1;
    ck_assert_int_eq(hello_server_start(&server, &newer.known), -E2BIG);
    ck_assert_ptr_null(server);
    ck_assert_uint_eq(fixture_expect_log(), 1);
    options.size = 0;
    ck_assert_int_eq(start(), -EINVAL);
    ck_assert_uint_eq(fixture_expect_log(), 2);
}
END_TEST

START_TEST(starts_without_options)
{
    struct client client;
    ck_assert_int_eq(hello_server_start(&server, NULL), 0);
    client_drives(server);
    client_open(&client, hello_server_port(server));
    client_expect_greeting(&client);
    client_close(&client);
}
END_TEST

START_TEST(a_taken_address_is_refused)
{
    char address[32];
    fixture_start(_i);
    snprintf(address, sizeof address, "127.0.0.1:%d", hello_server_port(server));
    int before = fixture_count_descriptors();
    fixture_expect_log();
    options.listen = address;
    ck_assert_int_eq(start(), -EADDRINUSE);
    ck_assert_int_eq(fixture_count_descriptors(), before);
}
END_TEST

START_TEST(a_bad_descriptor_is_refused)
{
    int ends[2];
    fixture_expect_log();
    ck_assert_int_eq(pipe(ends), 0);
    options.listen_fd = ends[0];
    ck_assert_int_eq(start(), -ENOTSOCK);
    options.listen_fd = 999;
    ck_assert_int_eq(start(), -EBADF);
    options.listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(start(), -EOPNOTSUPP);
    close(options.listen_fd);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

/* Fact 4: a limit of connections that the limit of files does not cover makes accepting spin. */
START_TEST(more_connections_than_files_are_refused)
{
    struct rlimit files = {256, 256};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    fixture_expect_log();
    options.max_connections = 256;
    ck_assert_int_eq(start(), -EMFILE);
    options.max_connections = 200;
    ck_assert_int_eq(hello_server_start(&server, &options), 0);
}
END_TEST

/* Every descriptor that start needs is the one that cannot be had, in turn. */
START_TEST(without_descriptors_it_fails_cleanly)
{
    struct rlimit files;
    int before = fixture_count_descriptors();
    int error = -EMFILE;
    fixture_expect_log();
    options.threads = _i;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    /* The reserve must not refuse first: the limit is there, and descriptors are used up. */
    int dummies[512], count = 0;
    files.rlim_cur = 512;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    while (count < 512 && (dummies[count] = dup(0)) >= 0)
        count++;
    int used = count;
    while (error == -EMFILE) {
        error = hello_server_start(&server, &options);
        ck_assert_msg(error == 0 || error == -EMFILE, "%s", strerror(-error));
        if (error)
            close(dummies[--count]);
    }
    ck_assert_int_ge(used - count, 5);
    fixture_stop();
    while (count > 0)
        close(dummies[--count]);
    ck_assert_int_eq(fixture_count_descriptors(), before);
}
END_TEST

/* How many descriptors the kernel has room for. */
static int room_for_descriptors(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[256];
    int room = -1;
    ck_assert_ptr_nonnull(status);
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "FDSize: %d", &room) == 1)
            break;
    fclose(status);
    return room;
}

/* Nobody is accepted while it is made, once there are threads. */
START_TEST(makes_room_for_its_connections)
{
    struct rlimit files = {4096, 4096};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    ck_assert_int_lt(room_for_descriptors(), 3000);
    int before = fixture_count_descriptors();
    options.max_connections = 3000;
    options.threads = _i;
    ck_assert_int_eq(hello_server_start(&server, &options), 0);
    ck_assert_int_ge(room_for_descriptors(), 3000);
    fixture_stop();
    ck_assert_int_eq(fixture_count_descriptors(), before);
}
END_TEST

START_TEST(two_servers_do_not_know_of_each_other)
{
    struct client first, second;
    struct hello_server *other;
    fixture_start(_i);
    options.threads = 1;
    ck_assert_int_eq(hello_server_start(&other, &options), 0);
    ck_assert_int_ne(hello_server_port(server), hello_server_port(other));
    client_open(&first, hello_server_port(server));
    client_open(&second, hello_server_port(other));
    client_expect_greeting(&first);
    client_expect_greeting(&second);
    hello_server_stop(other);
    client_expect_end(&second);
    client_expect_greeting(&first);
    client_close(&first);
    client_close(&second);
}
END_TEST

/* ---- Life ---- */

START_TEST(tells_about_itself)
{
    char address[64], expected[64];
    fixture_start(_i);
    ck_assert_int_eq(hello_server_threads(server), _i);
    ck_assert_int_eq(hello_server_fd(server) >= 0, _i == 0);
    ck_assert_int_eq(hello_server_dispatch(server), _i == 0 ? 0 : -EINVAL);
    snprintf(expected, sizeof expected, "http://127.0.0.1:%d", hello_server_port(server));
    ck_assert_int_eq(hello_server_address(server, 0, address, sizeof address),
                     (int)strlen(expected));
    ck_assert_str_eq(address, expected);
    ck_assert_int_eq(hello_server_address(server, 0, address, 5), (int)strlen(expected));
    ck_assert_str_eq(address, "http");
    ck_assert_int_eq(hello_server_address(server, 1, address, sizeof address), -EINVAL);
    ck_assert(!hello_server_drained(server));
}
END_TEST

static bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1;
}

START_TEST(its_descriptor_is_quiet_when_nothing_is_to_be_done)
{
    struct client client;
    fixture_start(0);
    ck_assert(!is_readable(hello_server_fd(server)));
    client_open(&client, hello_server_port(server));
    client_expect_greeting(&client);
    while (is_readable(hello_server_fd(server)))
        ck_assert_int_eq(hello_server_dispatch(server), 0);
    client_expect_greeting(&client);
    client_close(&client);
    client_expect_connections(server, 0);
    while (is_readable(hello_server_fd(server)))
        ck_assert_int_eq(hello_server_dispatch(server), 0);
    struct pollfd fd = {.fd = hello_server_fd(server), .events = POLLIN};
    ck_assert_int_eq(poll(&fd, 1, 300), 0);
}
END_TEST

START_TEST(an_idle_connection_is_closed)
{
    struct client client, silent;
    options.idle_timeout_ms = 100;
    options.header_timeout_ms = 200;
    fixture_start(_i);
    client_open(&silent, hello_server_port(server));
    client_open(&client, hello_server_port(server));
    client_expect_greeting(&client);
    client_expect_end(&client);
    client_expect_end(&silent);
    client_close(&client);
    client_close(&silent);
}
END_TEST

START_TEST(a_slow_head_and_a_slow_body_are_told_408)
{
    struct client client;
    struct answer answer;
    const char *beginnings[] = {"GET / HT", "GET / HTTP/1.1\r\nHost",
                                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab"};
    options.header_timeout_ms = 200;
    options.body_timeout_ms = 200;
    fixture_start(_i);
    for (int i = 0; i < 3; i++) {
        client_open(&client, hello_server_port(server));
        client_ask(&client, beginnings[i], &answer);
        ck_assert_int_eq(answer.status, 408);
        client_expect_end(&client);
        client_close(&client);
    }
}
END_TEST

START_TEST(threads_take_no_signal)
{
    sigset_t usr1;
    int number;
    fixture_start(2);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &usr1, NULL), 0);
    ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
    ck_assert_int_eq(sigwait(&usr1, &number), 0);
}
END_TEST

START_TEST(leaves_nothing_behind)
{
    enum { TIMES = 1000 };
    fixture_start(_i);
    fixture_stop();
    int before = fixture_count_descriptors();
    for (int i = 0; i < TIMES; i++) {
        fixture_start(_i);
        if (i % 10 == 0) {
            struct client client;
            client_open(&client, hello_server_port(server));
            client_expect_greeting(&client);
            fixture_stop();
            client_close(&client);
        }
        fixture_stop();
    }
    ck_assert_int_eq(fixture_count_descriptors(), before);
}
END_TEST

START_TEST(stop_takes_nothing)
{
    hello_server_stop(NULL);
}
END_TEST

/* ---- Drain ---- */

START_TEST(with_no_connection_it_ends_at_once)
{
    fixture_start(_i);
    fixture_begin_drain(_i, 60000);
    ck_assert_int_eq(fixture_end_drain(_i), 0);
}
END_TEST

START_TEST(a_request_in_flight_is_answered)
{
    struct client client;
    struct answer answer;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_expect_greeting(&client);
    client_send_text(&client, "POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
    fixture_begin_drain(_i, 60000);
    client_send_text(&client, "cd");
    client_read(&client, &answer, false);
    ck_assert_int_eq(answer.status, 200);
    client_expect_end(&client);
    ck_assert_int_eq(fixture_end_drain(_i), 0);
    client_close(&client);
}
END_TEST

START_TEST(the_idle_may_ask_once_more)
{
    struct client client, silent;
    struct answer answer;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_open(&silent, hello_server_port(server));
    client_expect_greeting(&client);
    client_expect_connections(server, 2);
    fixture_begin_drain(_i, 60000);
    client_ask(&client, "GET /abc HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
    ck_assert_int_eq(answer.status, 200);
    client_expect_end(&client);
    client_expect_end(&silent);
    ck_assert_int_eq(fixture_end_drain(_i), 0);
    client_expect_refused(hello_server_port(server));
    client_close(&client);
    client_close(&silent);
}
END_TEST

START_TEST(the_last_answer_says_close)
{
    struct client client;
    struct answer answer;
    fixture_start(0);
    client_open(&client, hello_server_port(server));
    client_expect_greeting(&client);
    fixture_begin_drain(0, 60000);
    client_ask(&client, "GET /abc HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
    const char *connection = answer_field(&answer, "Connection");
    ck_assert_msg(connection && strcmp(connection, "close") == 0, "%s", answer.head);
    client_expect_end(&client);
    ck_assert_int_eq(fixture_end_drain(0), 0);
    client_close(&client);
}
END_TEST

START_TEST(a_client_in_the_backlog_is_answered)
{
    enum { CLIENTS = 50 };
    struct client clients[CLIENTS];
    struct answer answer;
    fixture_start(0);
    for (int i = 0; i < CLIENTS; i++) {
        client_open(&clients[i], hello_server_port(server));
        client_send_text(&clients[i], "GET /abc HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    fixture_begin_drain(0, 60000);
    for (int i = 0; i < CLIENTS; i++) {
        client_read(&clients[i], &answer, false);
        ck_assert_int_eq(answer.status, 200);
        client_expect_end(&clients[i]);
        client_close(&clients[i]);
    }
    ck_assert_int_eq(fixture_end_drain(0), 0);
}
END_TEST

START_TEST(what_takes_too_long_is_cut_off)
{
    struct client client;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_send_text(&client, "GET /abc HTTP/1.1\r\nHo");
    client_expect_connections(server, 1);
    fixture_begin_drain(_i, 100);
    client_expect_end(&client);
    ck_assert_int_eq(fixture_end_drain(_i), -ETIMEDOUT);
    client_close(&client);
}
END_TEST

START_TEST(draining_twice_is_draining)
{
    fixture_start(_i);
    fixture_begin_drain(_i, 1000);
    ck_assert_int_eq(fixture_end_drain(_i), 0);
    ck_assert_int_eq(hello_server_drain(server, 1000), 0);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"refusals", fixture_prepare, fixture_stop,
         TESTS(refuses_what_it_does_not_know, reads_options_of_other_sizes,
               a_bad_descriptor_is_refused, more_connections_than_files_are_refused),
         0},
        {"start", fixture_prepare, fixture_stop,
         TESTS(starts_without_options, a_taken_address_is_refused,
               without_descriptors_it_fails_cleanly, makes_room_for_its_connections,
               two_servers_do_not_know_of_each_other),
         MODES},
        {"life", fixture_prepare, fixture_stop,
         TESTS(tells_about_itself, an_idle_connection_is_closed,
               a_slow_head_and_a_slow_body_are_told_408),
         MODES},
        {"quiet", fixture_prepare, fixture_stop,
         TESTS(its_descriptor_is_quiet_when_nothing_is_to_be_done, threads_take_no_signal,
               stop_takes_nothing),
         0},
        {"leaks", fixture_prepare, fixture_stop, TESTS(leaves_nothing_behind), MODES},
        {"drain", fixture_prepare, fixture_stop,
         TESTS(with_no_connection_it_ends_at_once, a_request_in_flight_is_answered,
               the_idle_may_ask_once_more, what_takes_too_long_is_cut_off,
               draining_twice_is_draining),
         MODES},
        {"drain-loop", fixture_prepare, fixture_stop,
         TESTS(the_last_answer_says_close, a_client_in_the_backlog_is_answered), 0},
    };
    return RUN_SUITE("lifecycle", cases);
}
