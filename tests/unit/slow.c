/* SPDX-License-Identifier: MIT */
/* Clients that send their requests, or take their answers, as slowly as they please. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST "GET /abc HTTP/1.1\r\nHost: h\r\n\r\n"

static double now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* How long anything may take on a busy machine. */
enum { PATIENCE_MS = 30000 };

/* Whether the server closes the connection, or resets it, within a time. Its bytes stay unread. */
static bool is_closed_within(const struct client *client, int time_ms)
{
    struct pollfd fd = {.fd = client->fd, .events = POLLRDHUP};
    ck_assert_int_ge(poll(&fd, 1, time_ms), 0);
    return fd.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

/* Do something every interval. Returns whether the server closes the connection by a time. */
static bool is_closed_by(struct client *client, double end, int interval_ms,
                         void (*act)(struct client *client))
{
    while (now_ms() < end) {
        act(client);
        if (is_closed_within(client, interval_ms))
            return true;
    }
    return false;
}

static void send_byte(struct client *client)
{
    (void)!send(client->fd, "G", 1, MSG_NOSIGNAL);
}

/* ---- Heads ---- */

/* Fact 8: no event tells the first byte of a request on a connection that is kept. */
START_TEST(a_second_request_has_its_time_from_its_first_byte)
{
    enum { LIMIT = 1200 };
    struct client client;
    options.header_timeout_ms = LIMIT;
    options.idle_timeout_ms = 60000;
    fixture_start(1);
    client_open(&client, hello_server_port(server));
    client_expect_greeting(&client);
    double start = now_ms();
    ck_assert(is_closed_by(&client, start + PATIENCE_MS, 200, send_byte));
    ck_assert_double_ge(now_ms() - start, LIMIT);
    struct answer answer;
    client_read(&client, &answer, false);
    ck_assert_int_eq(answer.status, 408);
    client_close(&client);
}
END_TEST

START_TEST(who_is_idle_between_requests_is_not_hurried)
{
    struct client client;
    options.header_timeout_ms = 200;
    options.idle_timeout_ms = 60000;
    fixture_start(1);
    client_open(&client, hello_server_port(server));
    client_expect_greeting(&client);
    ck_assert(!is_closed_within(&client, 1500));
    client_expect_greeting(&client);
    client_close(&client);
}
END_TEST

/* ---- Readers ---- */

enum { LARGE = 32 << 20, REPLY_LIMIT = 1000 };

static char *large;

static int respond_large(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    (void)data;
    (void)request;
    hello_reply_set_body_nocopy(reply, large, LARGE, NULL, NULL);
    return 0;
}

/* A small window, so that it is soon full. */
static void open_reader(struct client *client)
{
    const int size = 4096;
    client_open(client, hello_server_port(server));
    ck_assert_int_eq(setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
}

static void read_a_byte(struct client *client)
{
    char byte;
    (void)!recv(client->fd, &byte, 1, MSG_DONTWAIT);
}

static void read_a_lot(struct client *client)
{
    char bytes[8192];
    (void)!recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);
}

static void pipeline(struct client *client)
{
    while (send(client->fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL | MSG_DONTWAIT) ==
           sizeof REQUEST - 1)
        ;
    read_a_byte(client);
}

/* start: before the request. */
static void expect_reply_timeout(struct client *client, double start,
                                 void (*act)(struct client *client))
{
    struct hello_stats stats;
    ck_assert(is_closed_by(client, start + PATIENCE_MS, 50, act));
    ck_assert_double_ge(now_ms() - start, REPLY_LIMIT);
    client_expect_connections(server, 0);
    ck_assert_int_eq(hello_server_stats(server, &stats, sizeof stats), 0);
    ck_assert_uint_eq(stats.reply_timeouts, 1);
}

static void start_for_readers(uint32_t limit)
{
    options.reply_timeout_ms = limit;
    options.min_reply_rate = 2000;
    options.idle_timeout_ms = options.header_timeout_ms = HELLO_NO_TIMEOUT;
    fixture_start(1);
}

static void start_with_large_answers(uint32_t limit)
{
    large = calloc(1, LARGE);
    ck_assert_ptr_nonnull(large);
    options.responder = respond_large;
    start_for_readers(limit);
}

START_TEST(a_slow_reader_of_a_large_answer_goes)
{
    struct client client;
    start_with_large_answers(REPLY_LIMIT);
    open_reader(&client);
    double start = now_ms();
    client_send_text(&client, REQUEST);
    expect_reply_timeout(&client, start, read_a_byte);
    client_close(&client);
    fixture_stop();
    free(large);
}
END_TEST

START_TEST(a_slow_reader_of_many_answers_goes)
{
    struct client client;
    start_for_readers(REPLY_LIMIT);
    open_reader(&client);
    expect_reply_timeout(&client, now_ms(), pipeline);
    client_close(&client);
}
END_TEST

/* libmicrohttpd has done its part, and takes the connection for an idle one. */
START_TEST(who_leaves_answers_in_the_kernel_goes)
{
    struct client client;
    options.send_buffer_size = 1 << 20;
    start_for_readers(REPLY_LIMIT);
    open_reader(&client);
    double start = now_ms();
    for (int i = 0; i < 1000; i++)
        client_send_text(&client, REQUEST);
    expect_reply_timeout(&client, start, read_a_byte);
    client_close(&client);
}
END_TEST

/* A window of some kilobytes every 50 ms is many times the rate, and far from the whole answer. The
 * limit is long, so that a busy machine does not hold the client up for as long as that;
 * deadlines.c has the rest, with a clock of its own. */
START_TEST(who_reads_at_the_rate_stays)
{
    enum { LONG_LIMIT = 3000 };
    struct client client;
    start_with_large_answers(LONG_LIMIT);
    open_reader(&client);
    client_send_text(&client, REQUEST);
    ck_assert(!is_closed_by(&client, now_ms() + 2 * LONG_LIMIT, 50, read_a_lot));
    client_close(&client);
    fixture_stop();
    free(large);
}
END_TEST

/* ---- Buffers ---- */

/* An option of the server's side of a connection. */
static int server_side_option(const struct client *client, int level, int option)
{
    struct sockaddr_in local, peer;
    socklen_t length = sizeof local;
    ck_assert_int_eq(getsockname(client->fd, (struct sockaddr *)&local, &length), 0);
    for (int fd = 3; fd < 1024; fd++) {
        int value = -1;
        length = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &length) || peer.sin_port != local.sin_port)
            continue;
        length = sizeof value;
        ck_assert_int_eq(getsockopt(fd, level, option, &value, &length), 0);
        return value;
    }
    ck_abort_msg("no socket of the server's is connected to the client");
}

static void expect_limits(int send_buffer, int receive_buffer, int user_timeout_ms)
{
    struct client client;
    client_open(&client, hello_server_port(server));
    client_expect_greeting(&client);
    /* The kernel adds as much for its own. */
    ck_assert_int_eq(server_side_option(&client, SOL_SOCKET, SO_SNDBUF), 2 * send_buffer);
    ck_assert_int_eq(server_side_option(&client, SOL_SOCKET, SO_RCVBUF), 2 * receive_buffer);
    ck_assert_int_eq(server_side_option(&client, IPPROTO_TCP, TCP_USER_TIMEOUT), user_timeout_ms);
    ck_assert_int_eq(server_side_option(&client, IPPROTO_TCP, TCP_NODELAY), 1);
    client_close(&client);
}

START_TEST(the_kernel_holds_little_for_a_client)
{
    options.reply_timeout_ms = 3000;
    fixture_start(_i);
    expect_limits(65536, 65536, 6000);
}
END_TEST

START_TEST(the_buffers_are_an_option)
{
    options.send_buffer_size = 20000;
    options.receive_buffer_size = 30000;
    options.reply_timeout_ms = HELLO_NO_TIMEOUT;
    fixture_start(_i);
    expect_limits(20000, 30000, 0);
}
END_TEST

/* As systemd starts a service with the first one. Nothing inherits what is set later. */
START_TEST(who_waited_before_the_start_is_answered_at_once)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    struct client client;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, length), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    client_open(&client, ntohs(address.sin_port));
    options.listen_fd = fd;
    fixture_start(_i);
    client_expect_greeting(&client);
    ck_assert_int_eq(server_side_option(&client, IPPROTO_TCP, TCP_NODELAY), 1);
    client_close(&client);
    expect_limits(65536, 65536, 120000);
    close(fd);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"heads", fixture_prepare, fixture_stop,
         TESTS(a_second_request_has_its_time_from_its_first_byte,
               who_is_idle_between_requests_is_not_hurried),
         0},
        {"readers", fixture_prepare, fixture_stop,
         TESTS(a_slow_reader_of_a_large_answer_goes, a_slow_reader_of_many_answers_goes,
               who_leaves_answers_in_the_kernel_goes, who_reads_at_the_rate_stays),
         0},
        {"buffers", fixture_prepare, fixture_stop,
         TESTS(the_kernel_holds_little_for_a_client, the_buffers_are_an_option,
               who_waited_before_the_start_is_answered_at_once),
         MODES},
    };
    return RUN_SUITE("slow", cases);
}
