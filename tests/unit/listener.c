/* SPDX-License-Identifier: MIT */
#include "../../lib/listener.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

/* ---- Calls that are made to fail, or to wait ---- */

static bool has_no_ipv6;
static bool listen_fails;
static mode_t mode_at_listen; /* of the file, when clients begin to be able to connect */

static struct {
    pthread_t thread;
    bool is_wanted;        /* it starts when this thread calls listen() */
    atomic_bool has_tried; /* to lock the directory, or to listen at the path */
    struct listener listener;
    int result;
} rival;

int socket(int family, int type, int protocol)
{
    if (family == AF_INET6 && has_no_ipv6) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return (int)syscall(SYS_socket, family, type, protocol);
}

static void *start_rival(void *data)
{
    (void)data;
    rival.result = hello__listener_open(&rival.listener, text, 0);
    rival.has_tried = true;
    return NULL;
}

int listen(int fd, int backlog)
{
    if (rival.is_wanted) {
        rival.is_wanted = false;
        pthread_create(&rival.thread, NULL, start_rival, NULL);
        while (!rival.has_tried)
            sched_yield();
    }
    struct stat status;
    if (lstat(path, &status) == 0)
        mode_at_listen = status.st_mode & 07777;
    if (listen_fails) {
        errno = ENOBUFS;
        return -1;
    }
    return (int)syscall(SYS_listen, fd, backlog);
}

int flock(int fd, int operation)
{
    int result = (int)syscall(SYS_flock, fd, operation);
    if (result)
        rival.has_tried = true;
    return result;
}

/* ---- Addresses ---- */

static const struct {
    const char *address;
    int result;
    const char *formatted;    /* up to the port */
    const char *without_ipv6; /* likewise; NULL where it fails then */
} openings[] = {
    {"127.0.0.1:0", 0, "http://127.0.0.1:", "http://127.0.0.1:"},
    {"localhost:0", 0, "http://127.0.0.1:", "http://127.0.0.1:"},
    {"0.0.0.0:0", 0, "http://0.0.0.0:", "http://0.0.0.0:"},
    {"[::1]:0", 0, "http://[::1]:", NULL},
    {"[::]:0", 0, "http://[::]:", "http://0.0.0.0:"},
    {":0", 0, "http://[::]:", "http://0.0.0.0:"},
    {"nowhere", -EINVAL, NULL, NULL},
    {"192.0.2.1:0", -EADDRNOTAVAIL, NULL, NULL},
    {"[2001:db8::1]:0", -EADDRNOTAVAIL, NULL, NULL},
    {"[fe80::1%2147483647]:0", -ENODEV, NULL, NULL},
    {"unix:/nowhere/at/all", -ENOENT, NULL, NULL},
};

static void expect_open(const char *formatted)
{
    char expected[128], found[128];
    int port = hello__address_port(&listener.address);
    snprintf(expected, sizeof expected, "%s%d", formatted, port);
    hello__address_format(&listener.address, found, sizeof found);
    ck_assert_str_eq(found, expected);
    ck_assert_int_gt(port, 0);
    ck_assert(fcntl(listener.fd, F_GETFD) & FD_CLOEXEC);
    ck_assert(fcntl(listener.fd, F_GETFL) & O_NONBLOCK);
}

START_TEST(listens_at_an_address)
{
    const char *address = openings[_i].address;
    int result = hello__listener_open(&listener, address, 0);
    ck_assert_msg(result == openings[_i].result, "%s: %s", address, strerror(-result));
    if (result == 0)
        expect_open(openings[_i].formatted);
}
END_TEST

START_TEST(listens_where_the_kernel_has_no_ipv6)
{
    const char *address = openings[_i].address;
    has_no_ipv6 = true;
    int result = hello__listener_open(&listener, address, 0);
    ck_assert_msg((result == 0) == (openings[_i].without_ipv6 != NULL), "%s: %s", address,
                  strerror(-result));
    if (result == 0)
        expect_open(openings[_i].without_ipv6);
}
END_TEST

/* Port 0 of an address that some interface of this machine has. */
START_TEST(listens_at_a_link_local_address)
{
    char digits[33], address[96], name[32], host[48] = "";
    FILE *addresses = fopen("/proc/net/if_inet6", "re");
    while (addresses && fscanf(addresses, "%32s %*s %*s %*s %*s %31s", digits, name) == 2) {
        if (strncmp(digits, "fe80", 4) != 0)
            continue;
        for (int i = 0; i < 8; i++)
            snprintf(host + strlen(host), sizeof host - strlen(host), "%s%.4s", i > 0 ? ":" : "",
                     digits + 4 * i);
        snprintf(address, sizeof address, "[%s%%%s]:0", host, name);
        ck_assert_int_eq(hello__listener_open(&listener, address, 0), 0);
        char found[128];
        hello__address_format(&listener.address, found, sizeof found);
        snprintf(address, sizeof address, "%%%s]:%d", name, hello__address_port(&listener.address));
        ck_assert_msg(strstr(found, address) != NULL, "%s without %s", found, address);
        break;
    }
    if (addresses)
        fclose(addresses);
}
END_TEST

START_TEST(any_address_takes_both_families)
{
    ck_assert_int_eq(hello__listener_open(&listener, ":0", 0), 0);
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = listener.address.v6.sin6_port,
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = listener.address.v6.sin6_port,
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
    ck_assert_int_eq(hello__listener_open(&listener, "127.0.0.1:0", 0), 0);
    snprintf(text, sizeof text, "127.0.0.1:%d", hello__address_port(&listener.address));
    ck_assert_int_eq(hello__listener_open(&second, text, 0), -EADDRINUSE);
}
END_TEST

START_TEST(a_unix_socket_goes_with_its_listener)
{
    char formatted[128];
    ck_assert_int_eq(hello__listener_open(&listener, text, 0), 0);
    ck_assert_int_eq(hello__address_port(&listener.address), 0);
    hello__address_format(&listener.address, formatted, sizeof formatted);
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
    ck_assert_int_eq(hello__listener_open(&listener, text, 0), 0);
    ck_assert_int_eq(hello__listener_open(&second, text, 0), -EADDRINUSE);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_stale_unix_socket_is_replaced)
{
    ck_assert_int_eq(hello__listener_open(&listener, text, 0), 0);
    close(listener.fd); /* as the kernel does when its process is killed */
    free(listener.file);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_eq(hello__listener_open(&listener, text, 0), 0);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_left_alone)
{
    close(open(path, O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(hello__listener_open(&listener, text, 0), -EADDRINUSE);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

/* Another server has taken its place, say with a file of its own that was renamed. */
START_TEST(the_file_of_a_successor_stays)
{
    char other[sizeof path + 8];
    struct listener successor = {.fd = -1};
    ck_assert_int_eq(hello__listener_open(&listener, text, 0), 0);
    snprintf(other, sizeof other, "%s.new", path);
    snprintf(text, sizeof text, "unix:%s", other);
    ck_assert_int_eq(hello__listener_open(&successor, text, 0), 0);
    ck_assert_int_eq(rename(other, path), 0);
    hello__listener_close(&listener);
    ck_assert_int_eq(access(path, F_OK), 0);
    hello__listener_close(&successor);
}
END_TEST

/* Whatever the first server does between bind() and listen(), a second one does not see it. */
START_TEST(servers_that_start_at_once_do_not_take_the_path_from_each_other)
{
    rival.is_wanted = true;
    ck_assert_int_eq(hello__listener_open(&listener, text, 0), 0);
    ck_assert_int_eq(pthread_join(rival.thread, NULL), 0);
    ck_assert_int_eq(rival.result, -EADDRINUSE);
    struct stat status;
    ck_assert_int_eq(lstat(path, &status), 0);
    ck_assert_uint_eq(status.st_ino, listener.inode);
}
END_TEST

START_TEST(a_failure_leaves_no_file)
{
    listen_fails = true;
    ck_assert_int_eq(hello__listener_open(&listener, text, 0), -ENOBUFS);
    ck_assert_int_lt(listener.fd, 0);
    ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(a_relative_path_is_removed_after_chdir)
{
    ck_assert_int_eq(chdir(directory), 0);
    ck_assert_int_eq(hello__listener_open(&listener, "unix:socket", 0), 0);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(access(path, F_OK), 0);
    hello__listener_close(&listener);
    ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

static const struct {
    mode_t umask;
    uint32_t mode;
    mode_t expected;
} modes[] = {
    {0022, 0, 0755}, {0177, 0, 0600}, {0022, 0660, 0660}, {0177, 0666, 0666}, {0, 0600, 0600},
};

START_TEST(the_file_has_its_mode)
{
    struct stat status;
    umask(modes[_i].umask);
    ck_assert_int_eq(hello__listener_open(&listener, text, modes[_i].mode), 0);
    ck_assert_int_eq(lstat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, modes[_i].expected);
    ck_assert_uint_eq(mode_at_listen, modes[_i].expected);
}
END_TEST

START_TEST(an_abstract_socket_has_no_file)
{
    struct listener second = {.fd = -1};
    char formatted[128];
    ck_assert_int_eq(chdir(directory), 0);
    snprintf(text, sizeof text, "unix:@hello-listener-%d", (int)getpid());
    ck_assert_int_eq(hello__listener_open(&listener, text, 0600), 0);
    hello__address_format(&listener.address, formatted, sizeof formatted);
    ck_assert_str_eq(formatted, text);
    ck_assert_int_eq(access(text + strlen("unix:"), F_OK), -1);
    ck_assert_int_eq(hello__listener_open(&second, text, 0), -EADDRINUSE);
    hello__listener_close(&listener);
    ck_assert_int_eq(hello__listener_open(&listener, text, 0), 0);
}
END_TEST

START_TEST(adopts_a_duplicate)
{
    struct listener first = {.fd = -1};
    ck_assert_int_eq(hello__listener_open(&first, "127.0.0.1:0", 0), 0);
    ck_assert_int_eq(hello__listener_adopt(&listener, first.fd), 0);
    ck_assert_int_ne(listener.fd, first.fd);
    ck_assert_int_eq(hello__address_port(&listener.address), hello__address_port(&first.address));
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
        {"address", setup, teardown,
         TESTS(listens_at_an_address, listens_where_the_kernel_has_no_ipv6),
         (int)(sizeof openings / sizeof openings[0])},
        {"tcp", setup, teardown,
         TESTS(any_address_takes_both_families, an_address_is_taken_once,
               listens_at_a_link_local_address),
         0},
        {"unix", setup, teardown,
         TESTS(a_unix_socket_goes_with_its_listener, a_unix_socket_in_use_is_left_alone,
               a_stale_unix_socket_is_replaced, a_file_that_is_no_socket_is_left_alone,
               the_file_of_a_successor_stays,
               servers_that_start_at_once_do_not_take_the_path_from_each_other,
               a_failure_leaves_no_file, a_relative_path_is_removed_after_chdir,
               an_abstract_socket_has_no_file),
         0},
        {"mode", setup, teardown, TESTS(the_file_has_its_mode), sizeof modes / sizeof modes[0]},
        {"inherited", setup, teardown,
         TESTS(adopts_a_duplicate, adopts_listening_stream_sockets_only), 0},
    };
    return RUN_SUITE("listener", cases);
}
