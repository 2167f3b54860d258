/* SPDX-License-Identifier: MIT */
/* The addresses of a connection, as a responder sees them. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* IPv6 has its port in the same place as IPv4. */
static unsigned port_in(const struct sockaddr *address)
{
    struct sockaddr_in v4 = {0};
    if (address->sa_family != AF_UNIX)
        memcpy(&v4, address, sizeof v4);
    return ntohs(v4.sin_port);
}

/* Of both ends, the family and the port. */
static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    const struct sockaddr *peer = hello_request_peer(request);
    const struct sockaddr *local = hello_request_local(request);
    char body[64];
    (void)data;
    int length = snprintf(body, sizeof body, "%d %u %d %u", peer->sa_family, port_in(peer),
                          local->sa_family, port_in(local));
    return hello_reply_set_body(reply, body, (size_t)length);
}

static void start(const char *listen)
{
    options.responder = respond;
    options.listen = listen;
    fixture_start(1);
}

static void expect_peer(struct client *client, int family, unsigned port)
{
    struct answer answer;
    char expected[64];
    snprintf(expected, sizeof expected, "%d %u %d %u", family, port, family,
             (unsigned)hello_server_port(server));
    client_ask(client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
    ck_assert_str_eq(answer.body, expected);
    client_close(client);
}

static unsigned port_of(const struct client *client)
{
    struct sockaddr_in own;
    socklen_t length = sizeof own;
    ck_assert_int_eq(getsockname(client->fd, (struct sockaddr *)&own, &length), 0);
    return ntohs(own.sin_port);
}

static const char *const listens[] = {"127.0.0.1:0", ":0"};

/* On a socket for both families, who comes by IPv4 has an IPv6 address; some kernels have none. */
START_TEST(an_address_has_its_port)
{
    struct client client;
    char address[64];
    start(listens[_i]);
    hello_server_address(server, 0, address, sizeof address);
    client_open(&client, hello_server_port(server));
    expect_peer(&client, strchr(address, '[') ? AF_INET6 : AF_INET, port_of(&client));
}
END_TEST

START_TEST(a_unix_socket_has_its_family)
{
    struct client client;
    char directory[] = "/tmp/hello-peer-XXXXXX";
    char path[64], address[80];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/socket", directory);
    snprintf(address, sizeof address, "unix:%s", path);
    start(address);
    client_open_unix(&client, path);
    expect_peer(&client, AF_UNIX, 0);
    fixture_stop();
    rmdir(directory);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"tcp", fixture_prepare, fixture_stop, TESTS(an_address_has_its_port),
         sizeof listens / sizeof listens[0]},
        {"unix", fixture_prepare, fixture_stop, TESTS(a_unix_socket_has_its_family), 0},
    };
    return RUN_SUITE("peer", cases);
}
