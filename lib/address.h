/* SPDX-License-Identifier: MIT */
/* The address of a socket, and its text. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct address {
    union { /* avoids casts between pointers to structs */
        struct sockaddr_un unix_path;
        struct sockaddr_in6 v6;
        struct sockaddr_in v4;
        struct sockaddr any;
    };
    socklen_t length; /* in bytes */
};

/* Parse an address in the form of hello_options.listen. 0; -EINVAL: the text is no address;
 * -ENAMETOOLONG: the path of a unix socket is too long; -ENODEV: a link-local address has no zone,
 * or its zone is no network interface. */
int hello__address_parse(struct address *address, const char *text);

/* Whether the address is [::], which stands for every IPv6 and IPv4 address. */
bool hello__address_is_every(const struct address *address);

/* Replace [::] by 0.0.0.0 with the same port, for a kernel without IPv6. */
void hello__address_make_v4(struct address *address);

/* Whether the address is a unix socket with a file. */
bool hello__address_has_file(const struct address *address);

/* The TCP port in host byte order; 0 for a unix socket. */
int hello__address_port(const struct address *address);

/* As hello_server_address(). */
int hello__address_format(const struct address *address, char *text, size_t size);
