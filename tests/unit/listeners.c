/* SPDX-License-Identifier: MIT */
/* A server that listens at several places. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char name[64], address[72]; /* of an abstract socket */

static void setup(void)
{
    fixture_prepare();
    snprintf(name, sizeof name, "@hello-listeners-%d", (int)getpid());
    snprintf(address, sizeof address, "unix:%s", name);
}

static int port_at(unsigned index)
{
    char text[128];
    int length = hello_server_address(server, index, text, sizeof text);
    ck_assert_int_gt(length, 0);
    return atoi(strrchr(text, ':') + 1);
}

static int open_socket(void)
{
    struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&loopback, sizeof loopback), 0);
    ck_assert_int_eq(listen(fd, SOMAXCONN), 0);
    return fd;
}

static void expect_served(void (*open)(struct client *, unsigned), unsigned index)
{
    struct client client;
    open(&client, index);
    client_expect_greeting(&client);
    client_close(&client);
}

static void open_tcp(struct client *client, unsigned index)
{
    client_open(client, port_at(index));
}

static void open_unix(struct client *client, unsigned index)
{
    (void)index;
    client_open_unix(client, name);
}

START_TEST(serves_every_place)
{
    char text[128];
    int fds[] = {open_socket(), open_socket()};
    const struct hello_listener more[] = {{.address = address}, {.fd = fds[1]}};
    options.listen = "127.0.0.1:0";
    options.listen_fd = fds[0];
    options.listeners = more;
    options.listener_count = 2;
    fixture_start(_i);
    ck_assert_int_eq(hello_server_port(server), port_at(0));
    ck_assert_int_eq(hello_server_listener_port(server, 0), port_at(0));
    ck_assert_int_eq(hello_server_address(server, 2, text, sizeof text), (int)strlen(address));
    ck_assert_str_eq(text, address);
    ck_assert_int_eq(hello_server_address(server, 4, text, sizeof text), -EINVAL);
    expect_served(open_tcp, 0);
    expect_served(open_tcp, 1);
    expect_served(open_unix, 2);
    expect_served(open_tcp, 3);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

START_TEST(the_port_is_that_of_the_first_tcp_socket)
{
    const struct hello_listener more[] = {{.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"}};
    options.listen = address;
    fixture_start(0);
    ck_assert_int_eq(hello_server_port(server), 0);
    ck_assert_int_eq(hello_server_listener_port(server, 0), 0);
    fixture_stop();
    options.listeners = more;
    options.listener_count = 2;
    fixture_start(0);
    ck_assert_int_eq(hello_server_port(server), port_at(1));
    ck_assert_int_eq(hello_server_listener_port(server, 1), port_at(1));
}
END_TEST

enum { WAITING = 12 };

static struct {
    char listeners[WAITING + 2]; /* of the requests, in the order of their ends: "x0101" */
    unsigned count;
} served;

static void record(void *data, const struct hello_access_record *request)
{
    (void)data;
    served.listeners[served.count++] = hello_request_target(request->request, NULL)[1];
}

static void send_target(struct client *client, char target)
{
    char request[64];
    snprintf(request, sizeof request, "GET /%c HTTP/1.1\r\nHost: h\r\n\r\n", target);
    client_send_text(client, request);
}

/* There is one place, and clients wait at both listeners. */
START_TEST(a_free_place_goes_to_each_listener_in_turn)
{
    struct client first, waiting[WAITING];
    struct answer answer;
    const struct hello_listener places[] = {{.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"}};
    options.listeners = places;
    options.listener_count = 2;
    options.max_connections = 1;
    options.max_requests = 1;
    options.access = record;
    fixture_start(_i);
    open_tcp(&first, 0);
    client_expect_connections(server, 1);
    for (unsigned i = 0; i < WAITING; i++) {
        open_tcp(&waiting[i], i % 2);
        send_target(&waiting[i], i % 2 ? '1' : '0');
    }
    send_target(&first, 'x');
    client_read(&first, &answer, false);
    for (unsigned i = 0; i < WAITING; i++)
        client_read(&waiting[i], &answer, false);
    fixture_stop();
    bool in_turn = strcmp(served.listeners, "x010101010101") == 0 ||
                   strcmp(served.listeners, "x101010101010") == 0;
    ck_assert_msg(in_turn, "the order is %s", served.listeners);
    client_close(&first);
    for (unsigned i = 0; i < WAITING; i++)
        client_close(&waiting[i]);
}
END_TEST

/* A thread that two clients wake has a place for one of them: another thread must serve the
 * other. */
START_TEST(clients_of_two_listeners_who_come_at_once_are_served)
{
    enum { ROUNDS = 1000 };
    struct client clients[2];
    const struct hello_listener places[] = {{.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"}};
    options.listeners = places;
    options.listener_count = 2;
    options.max_connections = 2;
    fixture_start(2);
    for (int round = 0; round < ROUNDS; round++) {
        client_expect_connections(server, 0);
        for (unsigned i = 0; i < 2; i++)
            open_tcp(&clients[i], i);
        for (unsigned i = 0; i < 2; i++)
            client_expect_greeting(&clients[i]);
        for (unsigned i = 0; i < 2; i++)
            client_close(&clients[i]);
    }
}
END_TEST

START_TEST(a_drain_closes_every_listener)
{
    const struct hello_listener places[] = {{.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"}};
    options.listeners = places;
    options.listener_count = 2;
    fixture_start(_i);
    fixture_begin_drain(_i, 1000);
    ck_assert_int_eq(fixture_end_drain(_i), 0);
    for (unsigned at = 0; at < 2; at++) {
        struct sockaddr_in loopback = {.sin_family = AF_INET,
                                       .sin_port = htons((uint16_t)port_at(at)),
                                       .sin_addr = {htonl(INADDR_LOOPBACK)}};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&loopback, sizeof loopback), -1);
        ck_assert_int_eq(errno, ECONNREFUSED);
        close(fd);
    }
}
END_TEST

/* Nothing is left of those that could be opened. */
START_TEST(one_bad_place_is_a_failure)
{
    const struct hello_listener more[] = {{.address = address}, {.address = "nowhere"}};
    int before = fixture_count_descriptors();
    options.listeners = more;
    options.listener_count = 2;
    fixture_expect_log();
    ck_assert_int_eq(hello_server_start(&server, &options), -EINVAL);
    ck_assert_int_eq(fixture_count_descriptors(), before);
}
END_TEST

static const struct hello_listener seventeen[HELLO_MAX_LISTENERS + 1] = {
    {.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"},
    {.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"},
    {.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"},
    {.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"},
    {.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"},
    {.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"},
};
static const struct hello_listener empty, both = {.address = "127.0.0.1:0", .fd = 3},
                                          negative = {.fd = -1};

static const struct {
    const char *listen;
    const struct hello_listener *listeners;
    uint32_t count;
    int result;
} counts[] = {
    {NULL, seventeen, HELLO_MAX_LISTENERS, 0},
    {NULL, seventeen, HELLO_MAX_LISTENERS + 1, -EINVAL},
    {"127.0.0.1:0", seventeen, HELLO_MAX_LISTENERS, -EINVAL},
    {"127.0.0.1:0", seventeen, HELLO_MAX_LISTENERS - 1, 0},
    {"127.0.0.1:0", seventeen, UINT32_MAX, -EINVAL},
    {NULL, &empty, 1, -EINVAL},
    {NULL, &both, 1, -EINVAL},
    {NULL, &negative, 1, -EINVAL},
};

START_TEST(there_are_sixteen_at_most)
{
    uint64_t bytes;
    options.listen = counts[_i].listen;
    options.listeners = counts[_i].listeners;
    options.listener_count = counts[_i].count;
    fixture_expect_log();
    ck_assert_int_eq(hello_memory_bound(&options, &bytes, NULL), counts[_i].result);
    ck_assert_int_eq(hello_server_start(&server, &options), counts[_i].result);
    for (unsigned i = 0; server && i < HELLO_MAX_LISTENERS; i++) {
        client_drives(server);
        expect_served(open_tcp, i);
    }
}
END_TEST

/* The sizes of the buffers of the server's end, which is the last socket that it has accepted. */
static int server_side_option(int level, int option)
{
    for (int fd = 1023; fd > 2; fd--) {
        struct sockaddr_un local = {.sun_family = AF_UNSPEC};
        socklen_t length = sizeof local;
        int value = 0, listens = 0;
        if (getsockname(fd, (struct sockaddr *)&local, &length) || local.sun_family != AF_UNIX ||
            length <= sizeof local.sun_family)
            continue;
        length = sizeof listens;
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) || listens)
            continue;
        length = sizeof value;
        ck_assert_int_eq(getsockopt(fd, level, option, &value, &length), 0);
        return value;
    }
    ck_abort_msg("the server has no unix socket");
}

START_TEST(a_unix_socket_has_its_send_buffer)
{
    struct client client;
    options.listen = address;
    options.send_buffer_size = 20000;
    fixture_start(_i);
    client_open_unix(&client, name);
    client_expect_greeting(&client);
    ck_assert_int_eq(server_side_option(SOL_SOCKET, SO_SNDBUF), 40000);
    client_close(&client);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"several", setup, fixture_stop, TESTS(serves_every_place, a_drain_closes_every_listener),
         MODES},
        {"port", setup, fixture_stop, TESTS(the_port_is_that_of_the_first_tcp_socket), 0},
        {"turns", setup, fixture_stop, TESTS(a_free_place_goes_to_each_listener_in_turn), 2},
        {"at-once", setup, fixture_stop,
         TESTS(clients_of_two_listeners_who_come_at_once_are_served), 0},
        {"bad", setup, fixture_stop, TESTS(one_bad_place_is_a_failure), 0},
        {"count", setup, fixture_stop, TESTS(there_are_sixteen_at_most),
         sizeof counts / sizeof counts[0]},
        {"unix", setup, fixture_stop, TESTS(a_unix_socket_has_its_send_buffer), MODES},
    };
    return RUN_SUITE("listeners", cases);
}
