/* SPDX-License-Identifier: MIT */
/* The ends of requests and connections, as the patches to libmicrohttpd have them, and the client
 * that still sends after its answer. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HOST "Host: h\r\n"
#define CHUNKED "POST /abc HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"

/* Send a request, and see that it is answered, and if the connection is open for another. */
static void try_request(const char *request, int status, bool stays_open)
{
    struct client client;
    struct answer answer;
    client_open(&client, hello_server_port(server));
    client_ask(&client, request, &answer);
    ck_assert_msg(answer.status == status, "sent: %s\nreceived: %s", request, answer.head);
    if (stays_open)
        client_expect_greeting(&client);
    else
        client_expect_end(&client);
    client_close(&client);
}

static const struct {
    const char *body;
    int status;
} chunked_bodies[] = {
    {"5;a=b\r\nhello\r\n0\r\n\r\n", 200},
    {"5;a;b=c\r\nhello\r\n6;c=\"d;e\"\r\n world\r\n0;f\r\n\r\n", 200},
    {"5 \t; a\t= b ;c\r\nhello\r\n0\r\n\r\n", 200},
    {"5;a=\"\t\xff\\\"\\\\\" ;b\r\nhello\r\n0\r\n\r\n", 200},
    {"5;\r\nhello\r\n0\r\n\r\n", 400},
    {"5;;a\r\nhello\r\n0\r\n\r\n", 400},
    {"5;a=\r\nhello\r\n0\r\n\r\n", 400},
    {"5;=b\r\nhello\r\n0\r\n\r\n", 400},
    {"5;a=b=c\r\nhello\r\n0\r\n\r\n", 400},
    {"5;a b\r\nhello\r\n0\r\n\r\n", 400},
    {"5;a=b c\r\nhello\r\n0\r\n\r\n", 400},
    {"5;a \r\nhello\r\n0\r\n\r\n", 400},
    {"5;a[\r\nhello\r\n0\r\n\r\n", 400},
    {"5;a=\"b\r\nhello\r\n0\r\n\r\n", 400},
    {"5;a=\"b\\\"\r\nhello\r\n0\r\n\r\n", 400},
    {"5;a=\"b\"c\r\nhello\r\n0\r\n\r\n", 400},
    {"5;a=\"b\x01\"\r\nhello\r\n0\r\n\r\n", 400},
    {"5 \t\r\nhello\r\n0\r\n\r\n", 400},
    {"5\nhello\r\n0\r\n\r\n", 400},
    {"5;a\nhello\r\n0\r\n\r\n", 400},
    {"5\r\nhello\r\n0\n\r\n", 400},
    {"5\r\nhello\r\n0\r\n\n", 400},
    {"5;a\rb\r\nhello\r\n0\r\n\r\n", 400},
    {"5;a\x01\r\nhello\r\n0\r\n\r\n", 400},
    {"5;a\x7f\r\nhello\r\n0\r\n\r\n", 400},
    {"5 5\r\nhello\r\n0\r\n\r\n", 400},
    {"5\r\nhello\n0\r\n\r\n", 400},
    {"0000000000000005\r\nhello\r\n0\r\n\r\n", 200},
    {"00000000000000005\r\nhello\r\n0\r\n\r\n", 400},
    {"10000000000000000\r\nhello\r\n0\r\n\r\n", 400},
    {"0\r\nA: b\r\n\r\n", 200},
    {"0\r\nA: b\n\r\n", 400},
    {"0\r\nA: b\r\n c\r\n\r\n", 400},
    {"0\r\nA@: b\r\n\r\n", 400},
    {"0\r\nA: \x01\r\n\r\n", 400},
    {"0\r\nContent-Length: 3\r\n\r\n", 400},
};

START_TEST(reads_chunks_strictly)
{
    fixture_start(_i);
    for (size_t i = 0; i < sizeof chunked_bodies / sizeof chunked_bodies[0]; i++) {
        char request[256] = CHUNKED;
        strcat(request, chunked_bodies[i].body);
        try_request(request, chunked_bodies[i].status, chunked_bodies[i].status == 200);
    }
}
END_TEST

START_TEST(ends_an_extension_that_does_not_end)
{
    enum { SIZE = 65536 };
    struct client client;
    struct answer answer;
    char *extension = malloc(SIZE);
    ck_assert_ptr_nonnull(extension);
    memset(extension, 'a', SIZE);
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_send_text(&client, CHUNKED "5;");
    client_send(&client, extension, SIZE);
    client_read(&client, &answer, false);
    ck_assert_int_eq(answer.status, 413);
    client_expect_end(&client);
    client_close(&client);
    client_expect_connections(server, 0);
    free(extension);
}
END_TEST

START_TEST(separates_a_request_line_by_spaces_alone)
{
    fixture_start(_i);
    try_request("GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400, false);
    try_request("GET /\tHTTP/1.1\r\n" HOST "\r\n", 400, false);
    try_request("GET /a b HTTP/1.1\r\n" HOST "\r\n", 400, false);
}
END_TEST

/* Upstream skips empty lines anywhere. */
START_TEST(skips_empty_lines_behind_a_post_only)
{
    struct client client;
    struct answer answer;
    fixture_start(_i);
    try_request("\r\n", 400, false);
    try_request("\r\nGET /abc HTTP/1.1\r\n" HOST "\r\n", 400, false);
    client_open(&client, hello_server_port(server));
    client_ask(&client, "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", &answer);
    client_send_text(&client, "\r\n\r\n");
    client_expect_greeting(&client);
    client_send_text(&client, "\r\n");
    client_read(&client, &answer, false);
    ck_assert_int_eq(answer.status, 400);
    client_close(&client);
}
END_TEST

/* People type requests into nc. */
START_TEST(ends_lines_of_a_head_with_a_bare_lf)
{
    fixture_start(_i);
    try_request("GET / HTTP/1.1\nHost: h\n\n", 200, true);
    try_request("GET / HTTP/1.1\r\nHost: h\n\r\n", 200, true);
}
END_TEST

START_TEST(refuses_folds)
{
    fixture_start(_i);
    try_request("GET / HTTP/1.1\r\nHost: h\r\n \r\n\r\n", 400, false);
    try_request("GET / HTTP/1.1\nHost: h\n\t\n\n", 400, false);
    try_request("POST / HTTP/1.1\r\n" HOST "A: b\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400, false);
}
END_TEST

/* Upstream takes 64 bytes for each "&". */
START_TEST(takes_a_query_of_nothing_but_separators)
{
    char request[2048] = "GET /abc?";
    memset(request + strlen(request), '&', 1500);
    strcat(request, " HTTP/1.1\r\n" HOST "\r\n");
    fixture_start(_i);
    try_request(request, 200, true);
}
END_TEST

static const char *const half_requests[] = {
    "G",
    "GET / HTTP/1.1",
    "GET / HTTP/1.1\r\nHost:",
    "GET / HTTP/1.1\r\n" HOST,
    "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n",
    "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nab",
    CHUNKED "5\r\nhel",
    CHUNKED "5\r\nhello\r\n0\r\n",
};

START_TEST(answers_half_a_request)
{
    fixture_start(_i);
    for (size_t i = 0; i < sizeof half_requests / sizeof half_requests[0]; i++) {
        struct client client;
        struct answer answer;
        client_open(&client, hello_server_port(server));
        client_send_text(&client, half_requests[i]);
        client_finish_sending(&client);
        client_read(&client, &answer, false);
        ck_assert_msg(answer.status == 400, "sent: %s\nreceived: %s", half_requests[i],
                      answer.head);
        client_expect_end(&client);
        client_close(&client);
    }
    client_expect_connections(server, 0);
}
END_TEST

START_TEST(says_nothing_to_who_says_nothing)
{
    struct client client;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_finish_sending(&client);
    client_expect_end(&client);
    client_close(&client);
}
END_TEST

/* Send a body of which only the beginning is wanted, all of it, and only then look up. */
static void send_too_much(struct client *client, const char *head)
{
    enum { PIECE = 65536, PIECES = 64 };
    struct answer answer;
    char *piece = calloc(1, PIECE);
    ck_assert_ptr_nonnull(piece);
    client_open(client, hello_server_port(server));
    client_send_text(client, head);
    for (int i = 0; i < PIECES; i++)
        client_send(client, piece, PIECE);
    free(piece);
    ck_assert_msg(send(client->fd, "x", 1, MSG_NOSIGNAL) == 1, "reset while sending: %s", head);
    client_read(client, &answer, false);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_ptr_nonnull(answer_field(&answer, "Connection"));
    ck_assert_str_eq(answer_field(&answer, "Connection"), "close");
    client_expect_end(client);
}

static const char *const too_large[] = {
    "POST /abc HTTP/1.1\r\n" HOST "Content-Length: 4194304\r\n\r\n",
    CHUNKED "400000\r\n",
};

START_TEST(a_client_can_send_all_of_a_body_that_is_too_large)
{
    struct client client;
    fixture_start(_i);
    for (size_t i = 0; i < sizeof too_large / sizeof too_large[0]; i++) {
        send_too_much(&client, too_large[i]);
        client_close(&client);
        client_expect_connections(server, 0);
    }
}
END_TEST

START_TEST(a_client_that_stays_is_left)
{
    struct client client;
    fixture_start(_i);
    send_too_much(&client, too_large[0]);
    client_expect_connections(server, 0);
    client_close(&client);
}
END_TEST

START_TEST(a_client_that_stays_does_not_hold_up_a_stop)
{
    struct client client;
    fixture_start(_i);
    send_too_much(&client, too_large[0]);
    fixture_stop();
    client_close(&client);
}
END_TEST

static bool can_send(const struct client *client)
{
    return send(client->fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 || errno == EAGAIN;
}

START_TEST(a_client_cannot_send_without_end)
{
    enum { PIECE = 1 << 20, ENOUGH = 64, FAR_TOO_MUCH = 1024 };
    struct client client;
    char *piece = calloc(1, PIECE);
    int pieces = 0;
    ck_assert_ptr_nonnull(piece);
    fixture_start(_i);
    send_too_much(&client, "POST /abc HTTP/1.1\r\n" HOST "Content-Length: 68719476736\r\n\r\n");
    while (pieces < FAR_TOO_MUCH && can_send(&client)) {
        client_send(&client, piece, PIECE);
        pieces++;
    }
    ck_assert_int_lt(pieces, ENOUGH);
    client_close(&client);
    client_expect_connections(server, 0);
    free(piece);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"chunks", fixture_prepare, fixture_stop,
         TESTS(reads_chunks_strictly, ends_an_extension_that_does_not_end), MODES},
        {"heads", fixture_prepare, fixture_stop,
         TESTS(separates_a_request_line_by_spaces_alone, skips_empty_lines_behind_a_post_only,
               ends_lines_of_a_head_with_a_bare_lf, refuses_folds,
               takes_a_query_of_nothing_but_separators),
         MODES},
        {"half-requests", fixture_prepare, fixture_stop,
         TESTS(answers_half_a_request, says_nothing_to_who_says_nothing), MODES},
        {"body-too-large", fixture_prepare, fixture_stop,
         TESTS(a_client_can_send_all_of_a_body_that_is_too_large, a_client_that_stays_is_left,
               a_client_cannot_send_without_end, a_client_that_stays_does_not_hold_up_a_stop),
         MODES},
    };
    return RUN_SUITE("framing", cases);
}
