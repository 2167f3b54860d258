/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "client.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hello_server *server;
struct hello_options options;

static atomic_bool log_expected;
static atomic_uint lines;

static void take_line(void *data, enum hello_log_level level, const char *line)
{
    (void)data;
    if (level == HELLO_LOG_DEBUG)
        return;
    lines++;
    if (log_expected)
        return;
    fprintf(stderr, "unexpected log line: %s\n", line);
    abort();
}

void fixture_prepare(void)
{
    server = NULL;
    log_expected = false;
    lines = 0;
    options = (struct hello_options)HELLO_OPTIONS_INIT;
    options.log = take_line;
}

void fixture_stop(void)
{
    client_drives(NULL);
    hello_server_stop(server);
    server = NULL;
}

void fixture_start(int mode)
{
    options.threads = mode;
    int error = hello_server_start(&server, &options);
    ck_assert_msg(error == 0, "hello_server_start: %s", strerror(-error));
    client_drives(mode == 0 ? server : NULL);
}

unsigned fixture_expect_log(void)
{
    log_expected = true;
    return lines;
}

int fixture_count_descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* A drain is waited for in threads mode by a thread of the test's, so that clients can go on. */
static struct {
    pthread_t thread;
    unsigned timeout_ms;
    int result;
} drain;

static void *wait_for_drain(void *data)
{
    (void)data;
    drain.result = hello_server_drain(server, drain.timeout_ms);
    return NULL;
}

void fixture_begin_drain(int mode, unsigned timeout_ms)
{
    drain.timeout_ms = timeout_ms;
    if (mode == 0)
        ck_assert_int_eq(hello_server_drain(server, timeout_ms), -EINPROGRESS);
    else
        ck_assert_int_eq(pthread_create(&drain.thread, NULL, wait_for_drain, NULL), 0);
}

int fixture_end_drain(int mode)
{
    while (mode == 0 && !hello_server_drained(server)) {
        struct pollfd fd = {.fd = hello_server_fd(server), .events = POLLIN};
        ck_assert_int_eq(poll(&fd, 1, 20000), 1);
        ck_assert_int_eq(hello_server_dispatch(server), 0);
    }
    if (mode == 0)
        return hello_server_drain(server, 0);
    ck_assert_int_eq(pthread_join(drain.thread, NULL), 0);
    ck_assert(hello_server_drained(server));
    return drain.result;
}
