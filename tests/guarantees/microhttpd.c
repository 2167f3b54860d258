/* SPDX-License-Identifier: MIT */
/* libmicrohttpd's functions fail one by one: the linker's --wrap leads the library's calls here. */
#include "../unit/fixture.h"
#include "../unit/suite.h"
#include "plain.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum function { START_DAEMON, ADD_CONNECTION, CREATE_RESPONSE, ADD_HEADER, QUEUE_RESPONSE };

static enum function failing;
static int calls_until_failure; /* that call included; 0 = none fails */
static int freed;

static bool fails(enum function function)
{
    return function == failing && calls_until_failure > 0 && --calls_until_failure == 0;
}

static void fail_at(enum function function, int nth_call)
{
    failing = function;
    calls_until_failure = nth_call;
}

/* ---- The fakes ---- */

struct MHD_Daemon *__real_MHD_start_daemon(unsigned flags, uint16_t port,
                                           MHD_AcceptPolicyCallback accept, void *accept_cls,
                                           MHD_AccessHandlerCallback handle, void *handle_cls, ...);
struct MHD_Daemon *__wrap_MHD_start_daemon(unsigned flags, uint16_t port,
                                           MHD_AcceptPolicyCallback accept, void *accept_cls,
                                           MHD_AccessHandlerCallback handle, void *handle_cls, ...);
enum MHD_Result __real_MHD_add_connection(struct MHD_Daemon *daemon, MHD_socket fd,
                                          const struct sockaddr *peer, socklen_t length);
enum MHD_Result __wrap_MHD_add_connection(struct MHD_Daemon *daemon, MHD_socket fd,
                                          const struct sockaddr *peer, socklen_t length);
struct MHD_Response *__real_MHD_create_response_from_buffer_with_free_callback_cls(
    size_t size, const void *buffer, MHD_ContentReaderFreeCallback free_buffer, void *cls);
struct MHD_Response *__wrap_MHD_create_response_from_buffer_with_free_callback_cls(
    size_t size, const void *buffer, MHD_ContentReaderFreeCallback free_buffer, void *cls);
enum MHD_Result __real_MHD_add_response_header(struct MHD_Response *response, const char *name,
                                               const char *value);
enum MHD_Result __wrap_MHD_add_response_header(struct MHD_Response *response, const char *name,
                                               const char *value);
enum MHD_Result __real_MHD_queue_response(struct MHD_Connection *connection, unsigned status,
                                          struct MHD_Response *response);
enum MHD_Result __wrap_MHD_queue_response(struct MHD_Connection *connection, unsigned status,
                                          struct MHD_Response *response);

/* The library passes its options as one array. */
struct MHD_Daemon *__wrap_MHD_start_daemon(unsigned flags, uint16_t port,
                                           MHD_AcceptPolicyCallback accept, void *accept_cls,
                                           MHD_AccessHandlerCallback handle, void *handle_cls, ...)
{
    va_list arguments;
    va_start(arguments, handle_cls);
    ck_assert_int_eq(va_arg(arguments, int), MHD_OPTION_ARRAY);
    struct MHD_OptionItem *items = va_arg(arguments, struct MHD_OptionItem *);
    va_end(arguments);
    if (fails(START_DAEMON))
        return NULL;
    return __real_MHD_start_daemon(flags, port, accept, accept_cls, handle, handle_cls,
                                   MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

/* The real one closes the socket, too. */
enum MHD_Result __wrap_MHD_add_connection(struct MHD_Daemon *daemon, MHD_socket fd,
                                          const struct sockaddr *peer, socklen_t length)
{
    if (!fails(ADD_CONNECTION))
        return __real_MHD_add_connection(daemon, fd, peer, length);
    close(fd);
    return MHD_NO;
}

struct MHD_Response *__wrap_MHD_create_response_from_buffer_with_free_callback_cls(
    size_t size, const void *buffer, MHD_ContentReaderFreeCallback free_buffer, void *cls)
{
    if (fails(CREATE_RESPONSE))
        return NULL;
    return __real_MHD_create_response_from_buffer_with_free_callback_cls(size, buffer, free_buffer,
                                                                         cls);
}

enum MHD_Result __wrap_MHD_add_response_header(struct MHD_Response *response, const char *name,
                                               const char *value)
{
    return fails(ADD_HEADER) ? MHD_NO : __real_MHD_add_response_header(response, name, value);
}

enum MHD_Result __wrap_MHD_queue_response(struct MHD_Connection *connection, unsigned status,
                                          struct MHD_Response *response)
{
    return fails(QUEUE_RESPONSE) ? MHD_NO : __real_MHD_queue_response(connection, status, response);
}

/* ---- The tests ---- */

START_TEST(start_fails_with_the_daemon)
{
    int descriptors = fixture_count_descriptors();
    fixture_expect_log();
    options.threads = _i;
    fail_at(START_DAEMON, _i > 1 ? _i : 1); /* of the last shard */
    ck_assert_int_lt(hello_server_start(&server, &options), 0);
    ck_assert_ptr_null(server);
    ck_assert_int_eq(fixture_count_descriptors(), descriptors);
    ck_assert_int_eq(hello_server_start(&server, &options), 0);
}
END_TEST

static void count_free(void *body)
{
    freed++;
    free(body);
}

static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    (void)data;
    (void)request;
    char *body = strdup("abc");
    ck_assert_ptr_nonnull(body);
    ck_assert_int_eq(hello_reply_add_field(reply, "X-One", "1"), 0);
    hello_reply_set_body_nocopy(reply, body, 3, count_free, body);
    return 0;
}

static const struct {
    enum function function;
    int call;
} failures[] = {
    {ADD_CONNECTION, 1}, {CREATE_RESPONSE, 1}, {ADD_HEADER, 1},
    {ADD_HEADER, 2},     {ADD_HEADER, 3},      {QUEUE_RESPONSE, 1},
};

START_TEST(a_request_is_not_answered_and_the_log_says_so)
{
    const char *request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    bool asked = failures[_i].function != ADD_CONNECTION;
    unsigned lines = fixture_expect_log();
    struct hello_stats stats;
    options.responder = respond;
    options.max_connections_per_client = 1; /* what has failed does not count */
    freed = 0;
    ck_assert_int_eq(hello_server_start(&server, &options), 0);
    fail_at(failures[_i].function, failures[_i].call);
    ck_assert_int_eq(plain_ask(server, request), 0);
    plain_settle(server);
    ck_assert_int_eq(calls_until_failure, 0);
    ck_assert_uint_eq(fixture_expect_log() - lines, 1);
    ck_assert_int_eq(freed, asked);
    ck_assert_int_eq(hello_server_stats(server, &stats, sizeof stats), 0);
    ck_assert_uint_eq(stats.connections_refused, !asked);
    ck_assert_uint_eq(stats.responses[0], asked);
    /* ... and the next one is. */
    ck_assert_int_eq(plain_ask(server, request), 200);
    plain_settle(server);
    ck_assert_int_eq(freed, asked + 1);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"start", fixture_prepare, fixture_stop, TESTS(start_fails_with_the_daemon), MODES},
        {"request", fixture_prepare, fixture_stop,
         TESTS(a_request_is_not_answered_and_the_log_says_so),
         (int)(sizeof failures / sizeof failures[0])},
    };
    return RUN_SUITE("microhttpd", cases);
}
