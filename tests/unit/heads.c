/* SPDX-License-Identifier: MIT */
/* Heads around the limit of their size. libmicrohttpd without patches closes some in silence. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

#define HOST "Host: h\r\n"

static void try_head_of(size_t size, int *statuses)
{
    static char request[4096];
    struct client client;
    struct answer answer;
    int start = snprintf(request, sizeof request, "GET /abc HTTP/1.1\r\n" HOST "A: ");
    memset(request + start, 'x', sizeof request - (size_t)start);
    memcpy(request + size - 4, "\r\n\r\n", 5);
    client_open(&client, hello_server_port(server));
    client_ask(&client, request, &answer);
    ck_assert_msg(answer.status == 200 || answer.status == 431, "%zu bytes: %s", size, answer.head);
    statuses[answer.status == 431]++;
    client_close(&client);
}

START_TEST(always_answers_a_long_head)
{
    int statuses[2] = {0};
    options.max_head_size = 1024;
    fixture_start(_i);
    for (size_t size = 512; size < 1100; size++)
        try_head_of(size, statuses);
    ck_assert_int_gt(statuses[0], 100);
    ck_assert_int_gt(statuses[1], 100);
}
END_TEST

START_TEST(answers_a_long_target)
{
    static char request[4096];
    options.max_head_size = 1024;
    fixture_start(_i);
    for (size_t size = 900; size < 1100; size++) {
        struct client client;
        struct answer answer;
        size_t length = (size_t)snprintf(request, sizeof request,
                                         "GET /%0*d HTTP/1.1\r\n" HOST "\r\n", (int)size, 0);
        ck_assert_uint_lt(length, sizeof request);
        client_open(&client, hello_server_port(server));
        client_ask(&client, request, &answer);
        ck_assert_msg(answer.status == 414 || answer.status == 431 || answer.status == 200,
                      "%zu bytes: %s", size, answer.head);
        client_close(&client);
    }
}
END_TEST

/* libmicrohttpd 1.0.1 crashed when a head without fields left little room and the query had a
 * parameter without a value, and wrote the next bytes of the client over its own strings. */
START_TEST(survives_a_head_without_fields_that_leaves_little_room)
{
    static char request[4096];
    options.max_head_size = 1024;
    fixture_start(_i);
    for (size_t size = 400; size < 1100; size++) {
        struct client client;
        struct answer answer;
        snprintf(request, sizeof request, "POST /%0*d?a HTTP/1.0\r\n%s\r\n%0300d", (int)size, 0,
                 size % 2 ? "" : "Content-Length: 300\r\n", 0);
        client_open(&client, hello_server_port(server));
        client_ask(&client, request, &answer);
        ck_assert_msg(answer.status == 414 || answer.status == 431 || answer.status == 200,
                      "%zu bytes: %s", size, answer.head);
        client_close(&client);
    }
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"long", fixture_prepare, fixture_stop,
         TESTS(always_answers_a_long_head, answers_a_long_target,
               survives_a_head_without_fields_that_leaves_little_room),
         MODES},
    };
    return RUN_SUITE("heads", cases);
}
