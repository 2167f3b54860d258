/* SPDX-License-Identifier: MIT */
#include "../../lib/listener.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static struct listener listener;
static char directory[] = "/tmp/hello-listener-XXXXXX";
static char path[64], text[128];

static void setup(void)
{
    listener.fd = -1;
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/socket", directory);
    snprintf(text, sizeof text, "unix:%s", path);
}

static void teardown(void)
{
    hello__listener_close(&listener);
    unlink(path);
    rmdir(directory);
}

static const struct {
    const char *address;
    int result;
    const char *formatted; /* up to the port */
} addresses[] = {
    {"127.0.0.1:0", 0, "http://127.0.0.1:"},
    {"localhost:0", 0, "http://127.0.0.1:"},
    {"0.0.0.0:0", 0, "http://0.0.0.0:"},
    {"[::1]:0", 0, "http://[::1]:"},
    {"[::]:0", 0, "http://[::]:"},
    {":0", 0, "http://[::]:"},
    {"", -EINVAL, NULL},
    {"127.0.0.1", -EINVAL, NULL},
    {"127.0.0.1:", -EINVAL, NULL},
    {"127.0.0.1:x", -EINVAL, NULL},
    {"127.0.0.1:-1", -EINVAL, NULL},
    {"127.0.0.1:+1", -EINVAL, NULL},
    {"127.0.0.1:65536", -EINVAL, NULL},
    {"127.0.0.1:99999999999999999999", -EINVAL, NULL},
    {"127.0.0.1:80 ", -EINVAL, NULL},
    {"127.1:0", -EINVAL, NULL},
    {"example.org:0", -EINVAL, NULL},
    {"::1:0", -EINVAL, NULL},
    {"[::1]", -EINVAL, NULL},
    {"[::1:0", -EINVAL, NULL},
    {"[127.0.0.1]:0", -EINVAL, NULL},
    {"[]:0", -EINVAL, NULL},
    {"[", -EINVAL, NULL},
    {":", -EINVAL, NULL},
    {"a-name-that-is-far-too-long-for-an-address-of-any-kind-in-this-world:0", -EINVAL, NULL},
    {"192.0.2.1:0", -EADDRNOTAVAIL, NULL},
    {"unix:", -EINVAL, NULL},
    {"unix:/nowhere/at/all", -ENOENT, NULL},
    {"unix:/a-path-that-is-longer-than-the-108-bytes-that-a-unix-socket-s-address-has-room-for-"
     "in-this-and-every-other-kernel",
     -ENAMETOOLONG, NULL},
};

START_TEST(listens_at_an_address)
{
    char formatted[128];
    const char *address = addresses[_i].address;
    int result = hello__listener_open(&listener, address);
    ck_assert_msg(result == addresses[_i].result, "%s: %s", address, strerror(-result));
    if (result)
        return;
    snprintf(text, sizeof text, "%s%d", addresses[_i].formatted, listener.port);
    hello__listener_format(&listener, formatted, sizeof formatted);
    ck_assert_str_eq(formatted, text);
    ck_assert_int_gt(listener.port, 0);
    ck_assert(fcntl(listener.fd, F_GETFD) & FD_CLOEXEC);
    ck_assert(fcntl(listener.fd, F_GETFL) & O_NONBLOCK);
}
END_TEST

START_TEST(any_address_takes_both_families)
{
    ck_assert_int_eq(hello__listener_open(&listener, ":0"), 0);
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)listener.port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)listener.port),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int client = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&v4, sizeof v4), 0);
    close(client);
    client = socket(AF_INET6, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&v6, sizeof v6), 0);
    close(client);
}
END_TEST

START_TEST(an_address_is_taken_once)
{
    struct listener second = {.fd = -1};
    ck_assert_int_eq(hello__listener_open(&listener, "127.0.0.1:0"), 0);
    snprintf(text, sizeof text, "127.0.0.1:%d", listener.port);
    ck_assert_int_eq(hello__listener_open(&second, text), -EADDRINUSE);
}
END_TEST

START_TEST(a_unix_socket_goes_with_its_listener)
{
    char formatted[128];
    ck_assert_int_eq(hello__listener_open(&listener, text), 0);
    ck_assert_int_eq(listener.port, 0);
    hello__listener_format(&listener, formatted, sizeof formatted);
    ck_assert_str_eq(formatted, text);
    ck_assert_int_eq(access(path, F_OK), 0);
    hello__listener_close(&listener);
    ck_assert_int_eq(access(path, F_OK), -1);
    hello__listener_close(&listener);
}
END_TEST

START_TEST(a_unix_socket_in_use_is_left_alone)
{
    struct listener second = {.fd = -1};
    ck_assert_int_eq(hello__listener_open(&listener, text), 0);
    ck_assert_int_eq(hello__listener_open(&second, text), -EADDRINUSE);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_stale_unix_socket_is_replaced)
{
    ck_assert_int_eq(hello__listener_open(&listener, text), 0);
    listener.unlinks = 0;
    hello__listener_close(&listener);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_eq(hello__listener_open(&listener, text), 0);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_left_alone)
{
    close(open(path, O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(hello__listener_open(&listener, text), -EADDRINUSE);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(adopts_a_duplicate)
{
    struct listener first = {.fd = -1};
    ck_assert_int_eq(hello__listener_open(&first, "127.0.0.1:0"), 0);
    ck_assert_int_eq(hello__listener_adopt(&listener, first.fd), 0);
    ck_assert_int_ne(listener.fd, first.fd);
    ck_assert_int_eq(listener.port, first.port);
    hello__listener_close(&first);
    ck_assert_int_eq(listen(listener.fd, 1), 0);
}
END_TEST

START_TEST(adopts_listening_stream_sockets_only)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(hello__listener_adopt(&listener, ends[0]), -ENOTSOCK);
    int unbound = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(hello__listener_adopt(&listener, unbound), -EOPNOTSUPP);
    int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_lt(hello__listener_adopt(&listener, datagrams), 0);
    close(unbound);
    ck_assert_int_eq(hello__listener_adopt(&listener, unbound), -EBADF);
    close(datagrams);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"address", setup, teardown, TESTS(listens_at_an_address),
         (int)(sizeof addresses / sizeof addresses[0])},
        {"tcp", setup, teardown, TESTS(any_address_takes_both_families, an_address_is_taken_once),
         0},
        {"unix", setup, teardown,
         TESTS(a_unix_socket_goes_with_its_listener, a_unix_socket_in_use_is_left_alone,
               a_stale_unix_socket_is_replaced, a_file_that_is_no_socket_is_left_alone),
         0},
        {"inherited", setup, teardown,
         TESTS(adopts_a_duplicate, adopts_listening_stream_sockets_only), 0},
    };
    return RUN_SUITE("listener", cases);
}
