/* SPDX-License-Identifier: MIT */
/* The memory that a server may take, as it says, and takes, when every client wants most of it. */
#include "../unit/client.h"
#include "../unit/fixture.h"
#include "../unit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* From linux/sock_diag.h, whose header does not come with every C library. */
enum { MEMINFO_RECEIVED = 0, MEMINFO_QUEUED = 5, MEMINFOS = 9 };

enum {
    CLIENTS = 300,
    PATH = 32000, /* nearly what a head of the default size may hold */
    THREADS = 2,
};

#define END " HTTP/1.1\r\nHost: h\r\n\r\n"

/* ---- What it says ---- */

static char last_line[256];

static void keep_line(void *data, enum hello_log_level level, const char *line)
{
    (void)data;
    if (level != HELLO_LOG_DEBUG)
        snprintf(last_line, sizeof last_line, "%s", line);
}

/* Both fail, and say why in the same words. */
static void expect_refused(int expected)
{
    char line[sizeof last_line];
    uint64_t bytes;
    options.log = keep_line;
    last_line[0] = '\0';
    ck_assert_int_eq(hello_server_start(&server, &options), expected);
    memcpy(line, last_line, sizeof line);
    last_line[0] = '\0';
    ck_assert_int_eq(hello_memory_bound(&options, &bytes, NULL), expected);
    ck_assert_str_eq(line, last_line);
    ck_assert_str_ne(line, "");
}

START_TEST(what_cannot_start_has_none)
{
    options.threads = -2;
    expect_refused(-EINVAL);
    options.threads = 4;
    options.max_connections = 3;
    expect_refused(-EINVAL);
    options.max_connections = UINT32_MAX;
    expect_refused(-EMFILE);
    options.max_connections = 0;
    options.listen = "nowhere";
    expect_refused(-EINVAL);
    options.listen = NULL;
    options.listen_fd = STDIN_FILENO + 1000;
    expect_refused(-EBADF);
}
END_TEST

static uint64_t bound(uint64_t *kernel)
{
    uint64_t bytes = 0;
    int error = hello_memory_bound(&options, &bytes, kernel);
    ck_assert_msg(error == 0, "hello_memory_bound: %s", strerror(-error));
    return bytes;
}

START_TEST(it_follows_the_options)
{
    uint64_t kernel, more;
    options.max_connections = 100;
    uint64_t bytes = bound(&kernel);
    options.max_connections = 200;
    ck_assert_uint_gt(bound(&more), bytes + bytes / 2);
    ck_assert_uint_gt(more, kernel + kernel / 2);
    options.max_connections = 100;
    options.max_head_size = 65536;
    ck_assert_uint_gt(bound(NULL), bytes + bytes / 2);
    options.max_head_size = 0;
    options.max_connections_per_client = 1;
    ck_assert_uint_gt(bound(NULL), bytes);
    options.max_connections_per_client = 0;
    options.send_buffer_size = 131072;
    ck_assert_uint_eq(bound(&more), bytes);
    ck_assert_uint_gt(more, kernel);
    options.send_buffer_size = HELLO_KERNEL_BUFFER;
    bound(&more);
    ck_assert_uint_eq(more, UINT64_MAX);
}
END_TEST

START_TEST(it_binds_nothing)
{
    options.listen = "unix:/nonexistent/socket";
    int before = fixture_count_descriptors();
    bound(NULL);
    options.listen = "192.0.2.1:1";
    bound(NULL);
    ck_assert_int_eq(fixture_count_descriptors(), before);
}
END_TEST

/* ---- What it takes ---- */

static uint64_t resident(void)
{
    unsigned long whole, pages;
    FILE *file = fopen("/proc/self/statm", "re");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%lu %lu", &whole, &pages), 2);
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool is_of_server(int fd, int port)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    return getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
           ntohs(address.sin_port) == port;
}

/* What its sockets hold. */
static uint64_t held_by_kernel(int port)
{
    uint64_t sum = 0;
    for (int fd = 0; fd < 4 * CLIENTS; fd++) {
        uint32_t info[MEMINFOS] = {0};
        socklen_t length = sizeof info;
        if (is_of_server(fd, port) && getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &length) == 0)
            sum += info[MEMINFO_RECEIVED] + info[MEMINFO_QUEUED];
    }
    return sum;
}

static char *make_request(size_t *length)
{
    *length = strlen("GET /") + PATH + strlen(END);
    char *request = malloc(*length + 1);
    ck_assert_ptr_nonnull(request);
    memcpy(request, "GET /", 5);
    memset(request + 5, 'a', PATH);
    memcpy(request + 5 + PATH, END, sizeof END);
    return request;
}

static int connect_to(int port)
{
    const int small = 4096;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* Send the same again and again until the server has taken nothing for a while. */
static void send_all_it_takes(const int *clients, const char *request, size_t length)
{
    static size_t sent[CLIENTS];
    for (int quiet = 0; quiet < 30; quiet++) {
        for (int i = 0; i < CLIENTS; i++) {
            size_t at = sent[i] % length;
            ssize_t count = send(clients[i], request + at, length - at, MSG_NOSIGNAL);
            if (count <= 0)
                continue;
            sent[i] += (size_t)count;
            quiet = 0;
        }
        poll(NULL, 0, 10);
    }
}

/* At most the bound, and not so far below it that it would say nothing. */
static void expect_within(const char *what, uint64_t taken, uint64_t most)
{
    printf("%s: %llu of %llu bytes, %llu %%\n", what, (unsigned long long)taken,
           (unsigned long long)most, (unsigned long long)(100 * taken / most));
    ck_assert_uint_le(taken, most);
    ck_assert_uint_ge(taken, most / 3);
}

START_TEST(half_sent_heads_stay_within)
{
    int clients[CLIENTS];
    size_t length;
    char *request = make_request(&length);
    options.max_connections = CLIENTS;
    uint64_t most = bound(NULL);
    uint64_t before = resident();
    fixture_start(_i == 0 ? 1 : THREADS);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = connect_to(hello_server_port(server));
        ck_assert_int_eq(send(clients[i], request, length - 2, MSG_NOSIGNAL), length - 2);
    }
    client_expect_connections(server, CLIENTS);
    while (held_by_kernel(hello_server_port(server)) > 0)
        poll(NULL, 0, 10);
    expect_within("heads", resident() - before, most);
    for (int i = 0; i < CLIENTS; i++)
        close(clients[i]);
    free(request);
}
END_TEST

START_TEST(slow_readers_stay_within)
{
    int clients[CLIENTS];
    size_t length;
    char *request = make_request(&length);
    uint64_t most_in_kernel;
    options.max_connections = CLIENTS;
    uint64_t most = bound(&most_in_kernel);
    uint64_t before = resident();
    fixture_start(_i == 0 ? 1 : THREADS);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = connect_to(hello_server_port(server));
    send_all_it_takes(clients, request, length);
    expect_within("readers", resident() - before, most);
    expect_within("readers, kernel", held_by_kernel(hello_server_port(server)), most_in_kernel);
    for (int i = 0; i < CLIENTS; i++)
        close(clients[i]);
    free(request);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"says", fixture_prepare, fixture_stop,
         TESTS(what_cannot_start_has_none, it_follows_the_options, it_binds_nothing), 0},
        {"takes", fixture_prepare, fixture_stop,
         TESTS(half_sent_heads_stay_within, slow_readers_stay_within), 2},
    };
    return RUN_SUITE("bound", cases);
}
