/* SPDX-License-Identifier: MIT */
/* What a server answers, over real sockets and in every way to drive it. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST "Host: h\r\n"
#define POST "POST /a HTTP/1.1\r\n" HOST
#define GET(target) "GET " target " HTTP/1.1\r\n" HOST "\r\n"

enum after { OPEN, CLOSED };

static const struct {
    const char *request;
    int status;           /* or SILENCE */
    const char *body;     /* NULL = any */
    const char *location; /* NULL = none */
    enum after after;
} exchanges[] = {
    /* the greeting */
    {GET("/"), 200, "Hello, you've requested: /\n", NULL, OPEN},
    {GET("/abc"), 200, "Hello, you've requested: /abc\n", NULL, OPEN},
    {GET("/any/path%20here"), 200, "Hello, you've requested: /any/path here\n", NULL, OPEN},
    {GET("/a?b=c&d=e+f"), 200, "Hello, you've requested: /a\n", NULL, OPEN},
    {GET("/a+b#c"), 200, "Hello, you've requested: /a+b#c\n", NULL, OPEN},
    {GET("/\xc3\xa9"), 200, "Hello, you've requested: /\xc3\xa9\n", NULL, OPEN},
    {GET("http://h/abc"), 200, "Hello, you've requested: /abc\n", NULL, OPEN},
    {GET("/%2541"), 200, "Hello, you've requested: /%41\n", NULL, OPEN},
    {"POST /abc HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 200,
     "Hello, you've requested: /abc\n", NULL, OPEN},
    {"POST /abc HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200,
     "Hello, you've requested: /abc\n", NULL, OPEN},
    {"BREW /pot HTTP/1.1\r\n" HOST "\r\n", 200, "Hello, you've requested: /pot\n", NULL, OPEN},
    {"GET /abc HTTP/1.0\r\n\r\n", 200, "Hello, you've requested: /abc\n", NULL, CLOSED},
    {"GET /abc HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, "Hello, you've requested: /abc\n",
     NULL, OPEN},
    {"GET /abc HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 200,
     "Hello, you've requested: /abc\n", NULL, CLOSED},
    {"HEAD /abc HTTP/1.1\r\n" HOST "\r\n", 200, "", NULL, OPEN},
    /* redirects */
    {GET("//"), 307, "307 Temporary Redirect\n", "/", OPEN},
    {GET("//evil.example/%2e%2e"), 307, NULL, "/evil.example/%2e%2e", OPEN},
    {GET("//evil.example/%2e%2e\""), 307, NULL, "/evil.example/..%22", OPEN},
    {GET("//evil.example/%2e%2e/\""), 307, NULL, "/%22", OPEN},
    {GET("//evil.example/x"), 307, NULL, "/evil.example/x", OPEN},
    {GET("/a/../b?c=%20"), 307, NULL, "/b?c=%20", OPEN},
    {GET("/a%2F%2Fb"), 200, "Hello, you've requested: /a//b\n", NULL, OPEN},
    {GET("/a/%2e%2e/b"), 200, "Hello, you've requested: /a/../b\n", NULL, OPEN},
    {GET("/%2Fevil.example"), 200, "Hello, you've requested: //evil.example\n", NULL, OPEN},
    {GET("//%2fevil.example"), 307, NULL, "/%2fevil.example", OPEN},
    {GET("//%5Cevil.example"), 307, NULL, "/%5Cevil.example", OPEN},
    {GET("//\\evil.example"), 307, NULL, "/%5Cevil.example", OPEN},
    {GET("/%2F\\evil.example"), 307, NULL, "/%5Cevil.example", OPEN},
    {GET("/.//%09/evil.example"), 307, NULL, "/%09/evil.example", OPEN},
    {GET("//a!b"), 307, NULL, "/a!b", OPEN},
    {GET("/a%2F%2Fb<"), 307, NULL, "/a/b%3C", OPEN},
    {GET("/./%0d%0a"), 307, NULL, "/%0d%0a", OPEN},
    {GET("/./%0d%0a<"), 307, NULL, "/%0D%0A%3C", OPEN},
    {GET("http://h"), 307, NULL, "/", OPEN},
    {GET("http:x?y"), 307, NULL, "/?y", OPEN},
    {GET("/a/."), 307, NULL, "/a", OPEN},
    {"POST //a HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx", 307, NULL, "/a", OPEN},
    {"HEAD //a HTTP/1.1\r\n" HOST "\r\n", 307, "", "/a", OPEN},
    /* special targets and methods */
    {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 200, "", NULL, OPEN},
    {"OPTIONS /a HTTP/1.1\r\n" HOST "\r\n", 200, "Hello, you've requested: /a\n", NULL, OPEN},
    {GET("*"), 400, NULL, NULL, CLOSED},
    {"CONNECT h:443 HTTP/1.1\r\n" HOST "\r\n", 404, NULL, NULL, CLOSED},
    {"CONNECT /a HTTP/1.1\r\n" HOST "\r\n", 405, NULL, NULL, CLOSED},
    /* bad targets; the first two are fact 13: never half decoded, never cut short */
    {GET("/%41%41%41%41/secret%q"), 400, "400 Bad Request\n", NULL, CLOSED},
    {GET("/%41%00%zz"), 400, NULL, NULL, CLOSED},
    {GET("abc"), 400, NULL, NULL, CLOSED},
    {GET(":"), 400, NULL, NULL, CLOSED},
    {GET("http://h:x/"), 400, NULL, NULL, CLOSED},
    {GET("/\x7f"), 400, NULL, NULL, CLOSED},
    {"HEAD /% HTTP/1.1\r\n" HOST "\r\n", 400, "", NULL, CLOSED},
    /* a space in the target: no redirect of libmicrohttpd's, wherever it leads (fact 14) */
    {GET("/a b"), 400, NULL, NULL, CLOSED},
    {GET("//evil.example/ x"), 400, NULL, NULL, CLOSED},
    /* request lines that are none */
    {"GARBAGE\r\n\r\n", PATCHED(400, SILENCE), NULL, NULL, CLOSED},
    {"\x16\x03\x01 x\r\n\r\n", PATCHED(400, SILENCE), NULL, NULL, CLOSED},
    {"GET /abc\r\n\r\n", 400, NULL, NULL, CLOSED},
    {"GET /abc HTTP/1.1 x\r\n\r\n", 400, NULL, NULL, CLOSED},
    {"G@T /abc HTTP/1.1\r\n" HOST "\r\n", 400, NULL, NULL, CLOSED},
    {"get /abc HTTP/1.1\r\n" HOST "\r\n", 400, NULL, NULL, CLOSED},
    {"GET /abc HTTP/2.0\r\n" HOST "\r\n", 505, NULL, NULL, CLOSED},
    /* heads that two readers could understand differently */
    {"GET /abc HTTP/1.1\r\n\r\n", 400, NULL, NULL, CLOSED},
    {"GET /abc HTTP/1.1\r\n" HOST HOST "\r\n", 400, NULL, NULL, CLOSED},
    {"GET /abc HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, NULL, NULL, CLOSED},
    {"GET /abc HTTP/1.1\r\n" HOST "a b: c\r\n\r\n", 400, NULL, NULL, CLOSED},
    {"GET /abc HTTP/1.1\r\n" HOST "a : b\r\n\r\n", 400, NULL, NULL, CLOSED},
    {"GET /abc HTTP/1.1\r\n" HOST "a@b: c\r\n\r\n", 400, NULL, NULL, CLOSED},
    {"GET /abc HTTP/1.1\r\n" HOST ": c\r\n\r\n", 400, NULL, NULL, CLOSED},
    {"GET /abc HTTP/1.1\r\n" HOST "a: b\r\n c\r\n\r\n", 400, NULL, NULL, CLOSED},
    {"GET /abc HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400, NULL, NULL, CLOSED},
    {"GET /abc HTTP/1.1\r\nHost: a:80:90\r\n\r\n", 400, NULL, NULL, CLOSED},
    {GET("http://a:80:90/"), 400, NULL, NULL, CLOSED},
    {"GET /abc HTTP/1.1\r\n" HOST "a: \x01\r\n\r\n", 400, NULL, NULL, CLOSED},
    {POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400, NULL, NULL, CLOSED},
    {POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, NULL, NULL, CLOSED},
    {POST "Content-Length: -3\r\n\r\nabc", 400, NULL, NULL, CLOSED},
    {POST "Content-Length: 3, 3\r\n\r\nabc", 400, NULL, NULL, CLOSED},
    {POST "Content-Length:\r\n\r\nabc", 400, NULL, NULL, CLOSED},
    {POST "Content-Length: 9223372036854775808\r\n\r\n", 400, NULL, NULL, CLOSED},
    {POST "Content-Length: 18446744073709551616\r\n\r\n", 400, NULL, NULL, CLOSED},
    {POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, NULL, NULL,
     CLOSED},
    {POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, NULL,
     NULL, CLOSED},
    {POST "Transfer-Encoding: gzip\r\n\r\n", PATCHED(400, 501), NULL, NULL, CLOSED},
    {POST "Transfer-Encoding: xchunked\r\n\r\n", PATCHED(400, 501), NULL, NULL, CLOSED},
    {POST "Transfer-Encoding: chunked, gzip\r\n\r\n", PATCHED(400, 501), NULL, NULL, CLOSED},
    {POST "Transfer-Encoding: gzip, Chunked\r\n\r\n0\r\n\r\n", 501, NULL, NULL, CLOSED},
    {POST "Content-Length:\t3\r\n\r\nabc", PATCHED(400, 200), NULL, NULL, PATCHED(CLOSED, OPEN)},
    {POST "Transfer-Encoding: chunked \t\r\n\r\n0\r\n\r\n", PATCHED(400, 200), NULL, NULL,
     PATCHED(CLOSED, OPEN)},
    {"GET /abc HTTP/1.1\r\nHost:\th\t\r\nX:\ty\tz\t\r\n\r\n", 200, NULL, NULL, OPEN},
    {"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, NULL, NULL, CLOSED},
    /* several reasons to refuse */
    {"GET /abc HTTP/2.0\r\nbad field\r\n\r\n", 505, NULL, NULL, CLOSED},
    {"GET /% HTTP/1.1\r\n" HOST "Transfer-Encoding: a, chunked\r\nbad field\r\n\r\n", 400, NULL,
     NULL, CLOSED},
    {"GET /% HTTP/1.1\r\nTransfer-Encoding: a, chunked\r\nHost: a/b\r\n\r\n", 501, NULL, NULL,
     CLOSED},
    {"GET /abc HTTP/1.1\r\nTransfer-Encoding: a, chunked\r\n\r\n", 501, NULL, NULL, CLOSED},
    {"POST /abc HTTP/1.1\r\n" HOST "Expect: tea\r\nContent-Length: 1, 1\r\n\r\n", 400, NULL, NULL,
     CLOSED},
    {"POST /% HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n", 400, NULL, NULL, CLOSED},
    /* bodies */
    {POST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n", 200, NULL, NULL, CLOSED},
    {POST "Expect: tea\r\nContent-Length: 3\r\n\r\nabc", 417, NULL, NULL, CLOSED},
    {POST "Content-Length: 262144\r\n\r\n", 200, NULL, NULL, CLOSED},
    {POST "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400, NULL, NULL, CLOSED},
};

enum { EXCHANGES = sizeof exchanges / sizeof exchanges[0] };

static void expect_common_fields(const struct answer *answer)
{
    ck_assert_ptr_nonnull(answer_field(answer, "Date"));
    const char *type = answer_field(answer, "Content-Type");
    if (!type)
        return; /* libmicrohttpd's own refusals have no body */
    ck_assert_str_eq(type, "text/plain; charset=utf-8");
    ck_assert_str_eq(answer_field(answer, "X-Content-Type-Options"), "nosniff");
}

static void expect_location(const struct answer *answer, const char *expected)
{
    const char *location = answer_field(answer, "Location");
    ck_assert_msg((location != NULL) == (expected != NULL), "%s", answer->head);
    if (expected)
        ck_assert_str_eq(location, expected);
}

static void expect_silence(struct client *client, const char *request)
{
    client_send_text(client, request);
    client_expect_end(client);
    client_close(client);
}

static void try_exchange(int i)
{
    struct client client;
    struct answer answer;
    client_open(&client, hello_server_port(server));
    if (exchanges[i].status == SILENCE) {
        expect_silence(&client, exchanges[i].request);
        return;
    }
    client_ask(&client, exchanges[i].request, &answer);
    ck_assert_msg(answer.status == exchanges[i].status, "sent: %s\nreceived: %s%s",
                  exchanges[i].request, answer.head, answer.body);
    if (exchanges[i].body)
        ck_assert_str_eq(answer.body, exchanges[i].body);
    if (answer.status == 200)
        ck_assert_ptr_nonnull(answer_field(&answer, "Content-Type"));
    expect_common_fields(&answer);
    expect_location(&answer, exchanges[i].location);
    if (exchanges[i].after == OPEN)
        client_expect_greeting(&client);
    else
        client_expect_end(&client);
    client_close(&client);
}

START_TEST(answers_as_the_table_says)
{
    fixture_start(_i);
    for (int i = 0; i < EXCHANGES; i++)
        try_exchange(i);
}
END_TEST

START_TEST(takes_bytes_one_by_one)
{
    fixture_start(_i);
    for (int i = 0; i < EXCHANGES; i++) {
        struct client client;
        struct answer answer;
        const char *request = exchanges[i].request;
        if (exchanges[i].status == SILENCE)
            continue;
        client_open(&client, hello_server_port(server));
        for (const char *byte = request; *byte; byte++)
            client_send(&client, byte, 1);
        client_read(&client, &answer, strncmp(request, "HEAD ", 5) == 0);
        ck_assert_msg(answer.status == exchanges[i].status, "sent: %s\nreceived: %s", request,
                      answer.head);
        client_close(&client);
    }
}
END_TEST

START_TEST(echoes_nul)
{
    struct client client;
    struct answer answer;
    const char expected[] = "Hello, you've requested: /A\0B\n";
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_ask(&client, GET("/%41%00%42"), &answer);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_uint_eq(answer.body_length, sizeof expected - 1);
    ck_assert_mem_eq(answer.body, expected, sizeof expected - 1);
    client_close(&client);
}
END_TEST

START_TEST(answers_pipelined_requests_in_order)
{
    enum { REQUESTS = 500 };
    struct client client;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    for (int i = 0; i < REQUESTS; i++) {
        char request[128];
        snprintf(request, sizeof request,
                 "POST /%d HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab", i);
        client_send_text(&client, request);
    }
    for (int i = 0; i < REQUESTS; i++) {
        char expected[64];
        struct answer answer;
        snprintf(expected, sizeof expected, "Hello, you've requested: /%d\n", i);
        client_read(&client, &answer, false);
        ck_assert_str_eq(answer.body, expected);
    }
    client_close(&client);
}
END_TEST

START_TEST(drops_a_body_up_to_the_limit)
{
    enum { SIZE = 262143 };
    struct client client;
    struct answer answer;
    char *body = calloc(1, SIZE);
    ck_assert_ptr_nonnull(body);
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_send_text(&client, "POST /abc HTTP/1.1\r\n" HOST "Content-Length: 262143\r\n\r\n");
    client_send(&client, body, SIZE);
    client_read(&client, &answer, false);
    ck_assert_int_eq(answer.status, 200);
    client_expect_greeting(&client);
    client_close(&client);
    free(body);
}
END_TEST

START_TEST(cuts_an_endless_chunked_body)
{
    struct client client;
    char chunk[8 + 4096] = "1000\r\n";
    memset(chunk + 6, 'x', 4096);
    memcpy(chunk + 6 + 4096, "\r\n", 2);
    options.max_body_size = 65536;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_send_text(&client, "POST /abc HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 64; i++)
        client_send(&client, chunk, sizeof chunk);
    client_expect_connections(server, 0);
    client_close(&client);
}
END_TEST

/* ---- Responders ---- */

static int freed; /* bodies */

static void count_free(void *body)
{
    ck_assert_ptr_null(body);
    freed++;
}

/* Fields and a body that is NULL, then what data points to. */
static int respond_with_result(void *data, const struct hello_request *request,
                               struct hello_reply *reply)
{
    (void)request;
    ck_assert_int_eq(hello_reply_set_status(reply, 202), 0);
    hello_reply_set_body_nocopy(reply, NULL, 0, count_free, NULL);
    return *(const int *)data;
}

static const struct {
    int result, status;
    const char *line, *line_of_musl; /* NULL = none */
} results[] = {
    {0, 202, NULL, NULL},
    {-EIO, 500, "the responder failed: Input/output error", "the responder failed: I/O error"},
    {EIO, 500, "the responder returned 5: expected 0 or a negative errno", NULL},
};

static char last_line[256];

static void keep_line(void *data, enum hello_log_level level, const char *line)
{
    (void)data;
    ck_assert_int_eq(level, HELLO_LOG_ERROR);
    ck_assert_str_eq(last_line, "");
    snprintf(last_line, sizeof last_line, "%s", line);
}

START_TEST(a_responder_that_fails_is_500_and_one_line)
{
    struct client client;
    struct answer answer;
    int result;
    options.responder = respond_with_result;
    options.responder_data = &result;
    options.log = keep_line;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        result = results[i].result;
        last_line[0] = '\0';
        freed = 0;
        client_ask(&client, GET("/"), &answer);
        ck_assert_int_eq(answer.status, results[i].status);
        ck_assert_str_eq(answer.body, results[i].result ? "500 Internal Server Error\n" : "");
        if (!results[i].line_of_musl || strcmp(last_line, results[i].line_of_musl) != 0)
            ck_assert_str_eq(last_line, results[i].line ? results[i].line : "");
        client_ask(&client, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", &answer);
        ck_assert_int_eq(freed, 1);
    }
    client_close(&client);
}
END_TEST

/* As many bytes as the path says, counted on. */
static int respond_with_size(void *data, const struct hello_request *request,
                             struct hello_reply *reply)
{
    (void)data;
    char body[8192], text[8];
    size_t length;
    const char *path = hello_request_path(request, &length);
    snprintf(text, sizeof text, "%.*s", (int)length - 1, path + 1);
    size_t size = strtoul(text, NULL, 10);
    for (size_t i = 0; i < size; i++)
        body[i] = (char)('a' + i % 26);
    return hello_reply_set_body(reply, body, size);
}

static void expect_size(struct client *client, const char *method, size_t size)
{
    char text[128];
    struct answer answer;
    bool is_head = strcmp(method, "HEAD") == 0;
    snprintf(text, sizeof text, "%s /%zu HTTP/1.1\r\n" HOST "\r\n", method, size);
    client_send_text(client, text);
    client_read(client, &answer, is_head);
    ck_assert_int_eq(answer.status, 200);
    snprintf(text, sizeof text, "%zu", size);
    ck_assert_str_eq(answer_field(&answer, "Content-Length"), text);
    ck_assert_uint_eq(answer.body_length, is_head ? 0 : size);
    for (size_t i = 0; i < answer.body_length; i++)
        ck_assert_int_eq(answer.body[i], 'a' + (int)(i % 26));
}

/* Short bodies are sent as a part of the head. */
START_TEST(sends_bodies_of_all_sizes)
{
    static const size_t sizes[] = {0, 1, 255, 256, 257, 511, 512, 513, 1400, 8000};
    struct client client;
    options.responder = respond_with_size;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        expect_size(&client, "GET", sizes[i]);
        expect_size(&client, "HEAD", sizes[i]);
        expect_size(&client, "GET", sizes[i]);
    }
    client_close(&client);
}
END_TEST

static int respond_with_status(void *data, const struct hello_request *request,
                               struct hello_reply *reply)
{
    size_t length;
    const char *path = hello_request_path(request, &length);
    (void)data;
    ck_assert_int_eq(hello_reply_set_status(reply, atoi(path + 1)), 0);
    return hello_reply_set_body(reply, path, length);
}

/* The next answer would begin with such a body. */
START_TEST(statuses_without_content_have_no_body)
{
    static const int statuses[] = {205, 304, 404};
    struct client client;
    struct answer answer;
    options.responder = respond_with_status;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        bool has_body = statuses[i] == 404;
        char request[64];
        snprintf(request, sizeof request, GET("/%d"), statuses[i]);
        client_send_text(&client, request);
        client_read(&client, &answer, statuses[i] == 304);
        ck_assert_int_eq(answer.status, statuses[i]);
        ck_assert_str_eq(answer.body, has_body ? "/404" : "");
    }
    client_close(&client);
}
END_TEST

START_TEST(cleaning_can_be_switched_off)
{
    struct client client;
    struct answer answer;
    options.flags = HELLO_KEEP_PATH;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_ask(&client, GET("//a/../b/"), &answer);
    ck_assert_str_eq(answer.body, "Hello, you've requested: //a/../b/\n");
    client_close(&client);
}
END_TEST

START_TEST(serves_a_unix_socket)
{
    char directory[] = "/tmp/hello-answers-XXXXXX";
    char address[64];
    struct client client;
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(address, sizeof address, "unix:%s/socket", directory);
    options.listen = address;
    fixture_start(_i);
    client_open_unix(&client, address + 5);
    client_expect_greeting(&client);
    client_close(&client);
    fixture_stop();
    ck_assert_int_eq(remove(directory), 0);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"table", fixture_prepare, fixture_stop, TESTS(answers_as_the_table_says, echoes_nul),
         MODES},
        {"delivery", fixture_prepare, fixture_stop,
         TESTS(takes_bytes_one_by_one, answers_pipelined_requests_in_order), MODES},
        {"body", fixture_prepare, fixture_stop,
         TESTS(drops_a_body_up_to_the_limit, cuts_an_endless_chunked_body), MODES},
        {"responder", fixture_prepare, fixture_stop,
         TESTS(a_responder_that_fails_is_500_and_one_line, statuses_without_content_have_no_body,
               cleaning_can_be_switched_off),
         MODES},
        {"sizes", fixture_prepare, fixture_stop, TESTS(sends_bodies_of_all_sizes), MODES},
        {"unix", fixture_prepare, fixture_stop, TESTS(serves_a_unix_socket), MODES},
    };
    return RUN_SUITE("answers", cases);
}
