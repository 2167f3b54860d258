/* SPDX-License-Identifier: MIT */
/* Addresses as users write them, for both parts that read them: the library, which listens there,
 * and hellod --healthcheck, which connects there. */
#ifndef TESTS_ADDRESSES_H
#define TESTS_ADDRESSES_H

#include <errno.h>

#define TEN "aaaaaaaaaa"
#define PATH_OF_107 "/" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "aaaaaa"

static const struct {
    const char *text;
    int result;           /* of the library */
    const char *listens;  /* as hello__address_format() writes it; NULL when it is refused */
    const char *connects; /* likewise, of the address to connect to; NULL when it cannot be told */
} addresses[] = {
    {"127.0.0.1:80", 0, "http://127.0.0.1:80", "http://127.0.0.1:80"},
    {"127.0.0.1:65535", 0, "http://127.0.0.1:65535", "http://127.0.0.1:65535"},
    {"127.0.0.1:0", 0, "http://127.0.0.1:0", NULL},
    {"localhost:80", 0, "http://127.0.0.1:80", "http://127.0.0.1:80"},
    {"0.0.0.0:80", 0, "http://0.0.0.0:80", "http://0.0.0.0:80"},
    {"[::1]:80", 0, "http://[::1]:80", "http://[::1]:80"},
    {"[::]:80", 0, "http://[::]:80", "http://[::]:80"},
    {":80", 0, "http://[::]:80", "http://[::]:80"},
    {"[2001:db8:1111:2222:3333:4444:5555:6666]:80", 0,
     "http://[2001:db8:1111:2222:3333:4444:5555:6666]:80",
     "http://[2001:db8:1111:2222:3333:4444:5555:6666]:80"},
    /* Zones: interface 1 is lo in every network namespace. */
    {"[fe80::1%lo]:80", 0, "http://[fe80::1%lo]:80", "http://[fe80::1%lo]:80"},
    {"[fe80::1%1]:80", 0, "http://[fe80::1%lo]:80", "http://[fe80::1%lo]:80"},
    {"[fe80::1%2147483647]:80", 0, "http://[fe80::1%2147483647]:80",
     "http://[fe80::1%2147483647]:80"},
    {"[fe80:1111:2222:3333:4444:5555:6666:7777%2147483647]:80", 0,
     "http://[fe80:1111:2222:3333:4444:5555:6666:7777%2147483647]:80",
     "http://[fe80:1111:2222:3333:4444:5555:6666:7777%2147483647]:80"},
    {"[fe80::1]:80", -ENODEV, NULL, NULL},
    {"[fe80::1%]:80", -ENODEV, NULL, NULL},
    {"[fe80::1%0]:80", -ENODEV, NULL, NULL},
    {"[fe80::1%2147483648]:80", -ENODEV, NULL, NULL},
    {"[fe80::1%99999999999999999999999]:80", -ENODEV, NULL, NULL},
    {"[fe80::1%1x]:80", -ENODEV, NULL, NULL},
    {"[fe80::1%no-such-device]:80", -ENODEV, NULL, NULL},
    {"[fe80::1%a-name-that-is-too-long]:80", -ENODEV, NULL, NULL},
    {"[::1%lo]:80", -EINVAL, NULL, NULL},
    {"[::%lo]:80", -EINVAL, NULL, NULL},
    {"127.0.0.1%lo:80", -EINVAL, NULL, NULL},
    {"fe80::1%lo:80", -EINVAL, NULL, NULL},
    /* Unix sockets. */
    {"unix:/run/hello.sock", 0, "unix:/run/hello.sock", "unix:/run/hello.sock"},
    {"unix:hello.sock", 0, "unix:hello.sock", "unix:hello.sock"},
    {"unix:./@hello", 0, "unix:./@hello", "unix:./@hello"},
    {"unix:@hello", 0, "unix:@hello", "unix:@hello"},
    {"unix:@a@b", 0, "unix:@a@b", "unix:@a@b"},
    {"unix:" PATH_OF_107, 0, "unix:" PATH_OF_107, "unix:" PATH_OF_107},
    {"unix:@" PATH_OF_107, 0, "unix:@" PATH_OF_107, "unix:@" PATH_OF_107},
    {"unix:" PATH_OF_107 "a", -ENAMETOOLONG, NULL, NULL},
    {"unix:@" PATH_OF_107 "a", -ENAMETOOLONG, NULL, NULL},
    {"unix:", -EINVAL, NULL, NULL},
    {"unix:@", -EINVAL, NULL, NULL},
    /* No addresses. */
    {"", -EINVAL, NULL, NULL},
    {"127.0.0.1", -EINVAL, NULL, NULL},
    {"127.0.0.1:", -EINVAL, NULL, NULL},
    {"127.0.0.1:x", -EINVAL, NULL, NULL},
    {"127.0.0.1:-1", -EINVAL, NULL, NULL},
    {"127.0.0.1:+1", -EINVAL, NULL, NULL},
    {"127.0.0.1:65536", -EINVAL, NULL, NULL},
    {"127.0.0.1:99999999999999999999", -EINVAL, NULL, NULL},
    {"127.0.0.1:80 ", -EINVAL, NULL, NULL},
    {"127.1:80", -EINVAL, NULL, NULL},
    {"example.org:80", -EINVAL, NULL, NULL},
    {"::1:80", -EINVAL, NULL, NULL},
    {"[::1]", -EINVAL, NULL, NULL},
    {"[::1:80", -EINVAL, NULL, NULL},
    {"[127.0.0.1]:80", -EINVAL, NULL, NULL},
    {"[localhost]:80", -EINVAL, NULL, NULL},
    {"[]:80", -EINVAL, NULL, NULL},
    {"[:80", -EINVAL, NULL, NULL},
    {"]:80", -EINVAL, NULL, NULL},
    {"[", -EINVAL, NULL, NULL},
    {":", -EINVAL, NULL, NULL},
    {"a-name-that-is-far-too-long-for-an-address-of-any-kind-in-this-world-and-the-next:80",
     -EINVAL, NULL, NULL},
};

enum { ADDRESSES = sizeof addresses / sizeof addresses[0] };

#endif
