/* SPDX-License-Identifier: MIT */
#include "../../lib/address.h"
#include "addresses.h"
#include "suite.h"

#include <hello/hello.h>
#include <string.h>

START_TEST(reads_and_writes_it)
{
    struct address address;
    char text[160];
    int result = hello__address_parse(&address, addresses[_i].text);
    ck_assert_msg(result == addresses[_i].result, "%s: %s", addresses[_i].text, strerror(-result));
    if (result)
        return;
    int length = hello__address_format(&address, text, sizeof text);
    ck_assert_str_eq(text, addresses[_i].listens);
    ck_assert_int_eq(length, (int)strlen(text));
    ck_assert_int_eq(hello__address_format(&address, text, 5), length);
    ck_assert_int_eq((int)strlen(text), 4);
}
END_TEST

/* The public function gives the same bytes, and never writes behind the room. */
START_TEST(gives_it_to_a_program)
{
    struct address address;
    struct sockaddr_storage room = {0};
    int result = hello__address_parse(&address, addresses[_i].text);
    int length = hello_address_parse(addresses[_i].text, (struct sockaddr *)&room, sizeof room);
    ck_assert_int_eq(length, result ? result : (int)address.length);
    if (result)
        return;
    ck_assert_mem_eq(&room, &address, address.length);
    ck_assert_int_eq(
        hello_address_parse(addresses[_i].text, (struct sockaddr *)&room, address.length - 1),
        -ENOSPC);
}
END_TEST

/* What another program has bound, by its bytes. */
static const struct {
    const char *name;
    size_t length;
    const char *text;
} unix_names[] = {
    {"/a\0rest", 7, "unix:/a"},       {"\0a", 2, "unix:@a"},
    {"\0a\0b", 4, "unix:@a@b"},       {"\0a\0", 3, "unix:@a@"},
    {"relative", 8, "unix:relative"}, {"", 0, "unix:"},
};

START_TEST(writes_what_others_have_bound)
{
    struct address address = {.unix_path = {.sun_family = AF_UNIX}};
    char text[160];
    memcpy(address.unix_path.sun_path, unix_names[_i].name, unix_names[_i].length);
    address.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + unix_names[_i].length);
    hello__address_format(&address, text, sizeof text);
    ck_assert_str_eq(text, unix_names[_i].text);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"text", NULL, NULL, TESTS(reads_and_writes_it, gives_it_to_a_program), ADDRESSES},
        {"bound", NULL, NULL, TESTS(writes_what_others_have_bound),
         sizeof unix_names / sizeof unix_names[0]},
    };
    return RUN_SUITE("address", cases);
}
