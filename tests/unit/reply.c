/* SPDX-License-Identifier: MIT */
#include "../../lib/reply.h"
#include "suite.h"

#include <errno.h>
#include <string.h>

enum { ROOM = 100 };

static struct hello_reply reply;
static int released;

/* data: what the test has given */
static void count_release(void *data)
{
    ck_assert_ptr_eq(data, &released);
    released++;
}

static void setup(void)
{
    released = 0;
    hello__reply_init(&reply, ROOM);
}

static void teardown(void)
{
    hello__reply_finish(&reply);
}

START_TEST(takes_final_statuses_only)
{
    ck_assert_uint_eq(reply.status, 200);
    ck_assert_int_eq(hello_reply_set_status(&reply, 199), -EINVAL);
    ck_assert_int_eq(hello_reply_set_status(&reply, 600), -EINVAL);
    ck_assert_int_eq(hello_reply_set_status(&reply, 599), 0);
    ck_assert_uint_eq(reply.status, 599);
}
END_TEST

START_TEST(copies_a_body_that_is_not_given_away)
{
    char body[] = "abc";
    ck_assert_int_eq(hello_reply_set_body(&reply, body, 3), 0);
    memset(body, 'x', 3);
    ck_assert_mem_eq(reply.body, "abc", 3);
    ck_assert_int_eq(hello_reply_set_body(&reply, NULL, 1), -EINVAL);
    ck_assert_uint_eq(reply.body_size, 3);
    ck_assert_int_eq(hello_reply_set_body(&reply, NULL, 0), 0);
    ck_assert_uint_eq(reply.body_size, 0);
}
END_TEST

/* Also an empty one, and one that is NULL. */
START_TEST(releases_a_body_once_for_each_call)
{
    char text[] = "abc";
    char *const bodies[] = {text, text, NULL};
    const size_t sizes[] = {3, 0, 0};
    char *body = bodies[_i];
    hello_reply_set_body_nocopy(&reply, body, sizes[_i], count_release, &released);
    ck_assert_ptr_eq(reply.body, body);
    hello_reply_set_body_nocopy(&reply, body, sizes[_i], count_release, &released);
    ck_assert_int_eq(released, 1);
    ck_assert_int_eq(hello_reply_set_body(&reply, "copied", 6), 0);
    ck_assert_int_eq(released, 2);
    hello_reply_set_body_nocopy(&reply, body, sizes[_i], count_release, &released);
    hello__reply_finish(&reply);
    hello__reply_init(&reply, ROOM);
    ck_assert_int_eq(released, 3);
}
END_TEST

/* A static body is sent from where it is. */
START_TEST(neither_copies_nor_frees_a_static_body)
{
    static const char body[] = "abc";
    hello_reply_set_body_nocopy(&reply, body, 3, NULL, NULL);
    hello_reply_set_body_nocopy(&reply, body, 3, NULL, NULL);
    ck_assert_ptr_eq(reply.body, body);
    ck_assert_uint_eq(reply.body_size, 3);
}
END_TEST

static void overwrite(void *body)
{
    memset(body, 'x', strlen(body));
}

/* A body may be made of the one before it, which is in the reply itself if it is short. */
START_TEST(copies_a_body_before_the_one_before_is_freed)
{
    char body[] = "abcdef";
    hello_reply_set_body_nocopy(&reply, body, 6, overwrite, body);
    ck_assert_int_eq(hello_reply_set_body(&reply, body + 1, 5), 0);
    ck_assert_mem_eq(reply.body, "bcdef", 5);
    ck_assert_mem_eq(body, "xxxxxx", 6);
    ck_assert_int_eq(hello_reply_set_body(&reply, (const char *)reply.body + 2, 3), 0);
    ck_assert_mem_eq(reply.body, "def", 3);
}
END_TEST

static const struct {
    const char *name, *value;
    int result;
} fields[] = {
    {"X-A", "b", 0},
    {"X-A", "", 0},
    {"X-A", "b\tc \xc3\xa9", 0},
    {"", "b", -EINVAL},
    {"X A", "b", -EINVAL},
    {"X:A", "b", -EINVAL},
    {"X-A\r", "b", -EINVAL},
    {"X-A", "b\r\nSet-Cookie: a", -EINVAL},
    {"X-A", "b\n", -EINVAL},
    {"X-A", "\x01", -EINVAL},
    {"X-A", "\x7f", -EINVAL},
    {"Content-Length", "1", -EINVAL},
    {"connection", "close", -EINVAL},
    {"TRANSFER-ENCODING", "chunked", -EINVAL},
    {"Date", "now", -EINVAL},
    {"Content-Type", "a/b", -EINVAL},
};

START_TEST(checks_fields)
{
    ck_assert_msg(hello_reply_add_field(&reply, fields[_i].name, fields[_i].value) ==
                      fields[_i].result,
                  "%s: %s", fields[_i].name, fields[_i].value);
    ck_assert((reply.fields != NULL) == (fields[_i].result == 0));
}
END_TEST

START_TEST(keeps_fields_in_order)
{
    ck_assert_int_eq(hello_reply_add_field(&reply, "A", "1"), 0);
    ck_assert_int_eq(hello_reply_add_field(&reply, "B", "2"), 0);
    ck_assert_int_eq(hello_reply_add_field(&reply, "A", "3"), 0);
    ck_assert_str_eq(reply.fields->value, "1");
    ck_assert_str_eq(reply.fields->next->name, "B");
    ck_assert_str_eq(reply.fields->next->next->value, "3");
}
END_TEST

START_TEST(checks_the_content_type)
{
    ck_assert_int_eq(hello_reply_set_content_type(&reply, "a/b\r\n"), -EINVAL);
    ck_assert_int_eq(hello_reply_set_content_type(&reply, ""), -EINVAL);
    ck_assert_ptr_null(reply.content_type);
    ck_assert_int_eq(hello_reply_set_content_type(&reply, "a/b"), 0);
    ck_assert_int_eq(hello_reply_set_content_type(&reply, "c/d"), 0);
    ck_assert_str_eq(reply.content_type, "c/d");
}
END_TEST

/* The bytes that go out: "A: 1\r\n" are six. */
START_TEST(keeps_fields_within_their_room)
{
    hello__reply_init(&reply, 16);
    ck_assert_int_eq(hello_reply_add_field(&reply, "A", "1"), 0);
    ck_assert_int_eq(hello_reply_add_field(&reply, "B", "123456"), -ENOSPC);
    ck_assert_int_eq(hello_reply_add_field(&reply, "B", "12345"), 0);
    ck_assert_int_eq(hello_reply_add_field(&reply, "C", ""), -ENOSPC);
    ck_assert_str_eq(reply.fields->next->value, "12345");
}
END_TEST

START_TEST(keeps_the_content_type_within_the_room_of_the_fields)
{
    hello__reply_init(&reply, 10);
    ck_assert_int_eq(hello_reply_set_content_type(&reply, "a/123456789"), -ENOSPC);
    ck_assert_int_eq(hello_reply_set_content_type(&reply, "a/12345678"), 0);
    ck_assert_int_eq(hello_reply_add_field(&reply, "A", "1"), -ENOSPC);
    ck_assert_int_eq(hello_reply_set_content_type(&reply, "a/12"), 0);
    ck_assert_int_eq(hello_reply_add_field(&reply, "A", "1"), 0);
    ck_assert_int_eq(hello_reply_add_field(&reply, "A", ""), -ENOSPC);
    ck_assert_int_eq(hello_reply_set_content_type(&reply, "a/123"), -ENOSPC);
    ck_assert_str_eq(reply.content_type, "a/12");
    ck_assert_int_eq(hello_reply_set_content_type(&reply, "a/1"), 0);
    ck_assert_int_eq(hello_reply_set_content_type(&reply, "a/123"), -ENOSPC);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"status", setup, teardown, TESTS(takes_final_statuses_only), 0},
        {"body", setup, teardown,
         TESTS(copies_a_body_that_is_not_given_away, neither_copies_nor_frees_a_static_body,
               copies_a_body_before_the_one_before_is_freed),
         0},
        {"free", setup, teardown, TESTS(releases_a_body_once_for_each_call), 3},
        {"fields", setup, teardown, TESTS(checks_fields), (int)(sizeof fields / sizeof fields[0])},
        {"room", setup, teardown,
         TESTS(keeps_fields_within_their_room,
               keeps_the_content_type_within_the_room_of_the_fields),
         0},
        {"order", setup, teardown, TESTS(keeps_fields_in_order, checks_the_content_type), 0},
    };
    return RUN_SUITE("reply", cases);
}
