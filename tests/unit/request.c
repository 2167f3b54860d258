/* SPDX-License-Identifier: MIT */
/* What a responder is told of its request. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

#define HOST "Host: h\r\n"
#define GET(target) "GET " target " HTTP/1.1\r\n" HOST "\r\n"

static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    size_t path_length, query_length, target_length;
    const char *path = hello_request_path(request, &path_length);
    const char *query = hello_request_query(request, &query_length);
    const char *target = hello_request_target(request, &target_length);
    const char *field = hello_request_field(request, "x-a");
    char body[512];
    int length = snprintf(body, sizeof body, "%s|%.*s|%.*s|%.*s|%s", hello_request_method(request),
                          (int)target_length, target, (int)path_length, path, (int)query_length,
                          query ? query : "", field ? field : "none");
    ck_assert_ptr_eq(data, &options);
    ck_assert_int_eq(hello_reply_set_status(reply, 418), 0);
    ck_assert_int_eq(hello_reply_set_content_type(reply, "text/tea"), 0);
    ck_assert_int_eq(hello_reply_add_field(reply, "X-B", "1"), 0);
    ck_assert_int_eq(hello_reply_add_field(reply, "X-C", "2"), 0);
    return hello_reply_set_body(reply, body, (size_t)length);
}

START_TEST(asks_the_responder)
{
    struct client client;
    struct answer answer;
    options.responder = respond;
    options.responder_data = &options;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_ask(&client, "PUT /a%20b?c+d HTTP/1.1\r\n" HOST "X-A: y\r\n\r\n", &answer);
    ck_assert_int_eq(answer.status, 418);
    ck_assert_str_eq(answer.body, "PUT|/a%20b?c+d|/a b|c+d|y");
    ck_assert_str_eq(answer_field(&answer, "Content-Type"), "text/tea");
    ck_assert_str_eq(answer_field(&answer, "X-B"), "1");
    ck_assert_str_eq(answer_field(&answer, "X-C"), "2");
    client_ask(&client, GET("/"), &answer);
    ck_assert_str_eq(answer.body, "GET|/|/||none");
    client_close(&client);
}
END_TEST

/* What is asked of each field, and of each path. */
struct asked {
    char fields[256]; /* "name=value;" of each */
    const char *last; /* the field to stop at; NULL = none */
};

static int note_field(void *data, const char *name, size_t name_length, const char *value,
                      size_t value_length)
{
    struct asked *asked = data;
    size_t length = strlen(asked->fields);
    ck_assert_uint_eq(strlen(name), name_length);
    ck_assert_uint_eq(strlen(value), value_length);
    snprintf(asked->fields + length, sizeof asked->fields - length, "%s=%s;", name, value);
    return asked->last && strcmp(name, asked->last) == 0 ? 7 : 0;
}

static int respond_with_fields(void *data, const struct hello_request *request,
                               struct hello_reply *reply)
{
    struct asked all = {"", NULL}, some = {"", "b"};
    char body[600];
    (void)data;
    ck_assert_int_eq(hello_request_fields(request, note_field, &all), 0);
    ck_assert_int_eq(hello_request_fields(request, note_field, &some), 7);
    int length = snprintf(body, sizeof body, "%s|%s|%u", all.fields, some.fields,
                          (unsigned)hello_request_body_size(request));
    return hello_reply_set_body(reply, body, (size_t)length);
}

/* In the order received, each repetition, names as they are; a trailer's are not among them. */
START_TEST(shows_each_field)
{
    struct client client;
    struct answer answer;
    options.responder = respond_with_fields;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_ask(&client,
               "POST / HTTP/1.1\r\n" HOST "A:  1 \r\nb:\r\na: 2,3\r\n"
               "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX: 1\r\n\r\n",
               &answer);
    ck_assert_str_eq(answer.body,
                     "Host=h;A=1;b=;a=2,3;Transfer-Encoding=chunked;|Host=h;A=1;b=;|5");
    client_close(&client);
}
END_TEST

/* Nothing but the whole path, byte by byte. */
static const struct {
    const char *request, *path;
    bool same;
} compared_paths[] = {
    {GET("/a%20b"), "/a b", true}, {GET("/"), "/", true},         {GET("/abc?/abc"), "/abc", true},
    {GET("/ab"), "/abc", false},   {GET("/abcd"), "/abc", false}, {GET("/Abc"), "/abc", false},
    {GET("/a%00"), "/a", false},   {GET("/a%00b"), "/a", false},
};

static int respond_whether_same(void *data, const struct hello_request *request,
                                struct hello_reply *reply)
{
    size_t length;
    const char *path = hello_request_path(request, &length);
    ck_assert_int_eq(path[length], '\0');
    return hello_reply_set_status(reply, hello_request_path_is(request, data) ? 200 : 404);
}

START_TEST(compares_whole_paths)
{
    struct client client;
    struct answer answer;
    options.responder = respond_whether_same;
    for (size_t i = 0; i < sizeof compared_paths / sizeof compared_paths[0]; i++) {
        options.responder_data = (char *)compared_paths[i].path;
        fixture_start(1);
        client_open(&client, hello_server_port(server));
        client_ask(&client, compared_paths[i].request, &answer);
        ck_assert_msg(answer.status == (compared_paths[i].same ? 200 : 404), "%s is%s %s",
                      compared_paths[i].request, compared_paths[i].same ? " not" : "",
                      compared_paths[i].path);
        client_close(&client);
        fixture_stop();
    }
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"getters", fixture_prepare, fixture_stop, TESTS(asks_the_responder, shows_each_field),
         MODES},
        {"paths", fixture_prepare, fixture_stop, TESTS(compares_whole_paths), 0},
    };
    return RUN_SUITE("request", cases);
}
