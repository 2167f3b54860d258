/* SPDX-License-Identifier: MIT */
#include "../../daemon/probe.h"
#include "../../lib/address.h"
#include "addresses.h"
#include "suite.h"

#include <string.h>

START_TEST(connects_where_the_library_listens)
{
    struct probe_target target;
    struct address address = {.length = 0};
    char text[160];
    int result = probe_parse(&target, addresses[_i].text);
    ck_assert_msg((result == 0) == (addresses[_i].connects != NULL), "%s: %s", addresses[_i].text,
                  strerror(-result));
    if (result)
        return;
    ck_assert_uint_le(target.length, sizeof target.address);
    memcpy(&address.any, &target.address, target.length);
    address.length = target.length;
    hello__address_format(&address, text, sizeof text);
    ck_assert_str_eq(text, addresses[_i].connects);
    bool is_every = strstr(addresses[_i].listens, "[::]") != NULL;
    ck_assert_int_eq(ntohs(target.v4_port), is_every ? 80 : 0);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"address", NULL, NULL, TESTS(connects_where_the_library_listens), ADDRESSES},
    };
    return RUN_SUITE("daemon_probe", cases);
}
