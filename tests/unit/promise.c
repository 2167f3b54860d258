/* SPDX-License-Identifier: MIT */
/* HELLO_NO_FORK: no other process has the server's sockets open. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint32_t flags[] = {0, HELLO_NO_FORK};

enum { FLAGS = sizeof flags / sizeof flags[0] };

/* A duplicate of the server's end, as a child process would have. */
static int duplicate_of_other_end(const struct client *client)
{
    enum { MOST_FILES = 256 };
    struct sockaddr_in own = {0}, peer = {0};
    socklen_t length = sizeof own;
    ck_assert_int_eq(getsockname(client->fd, (struct sockaddr *)&own, &length), 0);
    for (int fd = 0; fd < MOST_FILES; fd++) {
        length = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0 &&
            memcmp(&peer, &own, sizeof own) == 0)
            return fcntl(fd, F_DUPFD_CLOEXEC, 0);
    }
    ck_abort_msg("the server has no socket of the client's");
    return -1;
}

static bool is_readable(int fd)
{
    struct pollfd event = {.fd = fd, .events = POLLIN};
    return poll(&event, 1, 0) == 1;
}

START_TEST(an_end_does_not_wait_for_a_child_unless_promised)
{
    struct client client;
    struct answer answer;
    options.flags = flags[_i];
    fixture_start(0);
    client_open(&client, hello_server_port(server));
    client_expect_greeting(&client);
    int duplicate = duplicate_of_other_end(&client);
    client_ask(&client, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", &answer);
    ck_assert_int_eq(answer.status, 200);
    client_expect_connections(server, 0);
    bool waits = (flags[_i] & HELLO_NO_FORK) && strstr(hello_microhttpd_version(), "bundled");
    ck_assert_int_eq(is_readable(client.fd), !waits);
    close(duplicate);
    client_expect_end(&client);
    client_close(&client);
}
END_TEST

/* The duplicate that lingers must not stay in the epoll set of the one that is closed. */
START_TEST(a_connection_that_lingers_is_forgotten_by_libmicrohttpd)
{
    enum { ENOUGH = 100 };
    struct client clients[2];
    struct answer answer;
    options.flags = flags[_i];
    fixture_start(0);
    client_open(&clients[0], hello_server_port(server));
    client_ask(&clients[0], "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", &answer);
    ck_assert_int_eq(answer.status, 400);
    client_expect_end(&clients[0]);
    client_send_text(&clients[0], "more");
    int dispatches = 0;
    for (; dispatches < ENOUGH && is_readable(hello_server_fd(server)); dispatches++)
        ck_assert_int_eq(hello_server_dispatch(server), 0);
    ck_assert_int_lt(dispatches, ENOUGH);
    client_open(&clients[1], hello_server_port(server)); /* may have the same memory */
    client_expect_greeting(&clients[1]);
    client_send_text(&clients[0], "and more");
    client_expect_greeting(&clients[1]);
    client_close(&clients[0]);
    client_expect_greeting(&clients[1]);
    client_close(&clients[1]);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"closing", fixture_prepare, fixture_stop,
         TESTS(an_end_does_not_wait_for_a_child_unless_promised), FLAGS},
        {"lingering", fixture_prepare, fixture_stop,
         TESTS(a_connection_that_lingers_is_forgotten_by_libmicrohttpd), FLAGS},
    };
    return RUN_SUITE("promise", cases);
}
