/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "client.h"

#include <check.h>
#include <dirent.h>
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
