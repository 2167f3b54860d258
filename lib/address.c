/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <hello/hello.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* ---- From text ---- */

/* Returns a number up to most, of digits only; -EINVAL for any other text. */
static int parse_number(const char *text, int most)
{
    int number = 0;
    if (!*text)
        return -EINVAL;
    for (; *text; text++) {
        if (!isdigit((unsigned char)*text) || number > (most - (*text - '0')) / 10)
            return -EINVAL;
        number = number * 10 + (*text - '0');
    }
    return number;
}

static void set_v4(struct address *address, struct in_addr host, in_port_t port)
{
    address->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = host, .sin_port = port};
    address->length = sizeof address->v4;
}

/* The interface that a zone (RFC 4007, section 11) gives by name or number; 0 = there is none. */
static uint32_t parse_zone(const char *zone)
{
    uint32_t interface = if_nametoindex(zone);
    int number = interface ? 0 : parse_number(zone, INT_MAX);
    return number > 0 ? (uint32_t)number : interface;
}

/* host: the text between the brackets. Its zone is cut off. */
static int parse_v6(struct address *address, char *host, in_port_t port)
{
    char *zone = strchr(host, '%');
    address->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
    address->length = sizeof address->v6;
    if (zone)
        *zone++ = '\0';
    if (inet_pton(AF_INET6, host, &address->v6.sin6_addr) != 1)
        return -EINVAL;
    if (!IN6_IS_ADDR_LINKLOCAL(&address->v6.sin6_addr))
        return zone ? -EINVAL : 0;
    address->v6.sin6_scope_id = zone ? parse_zone(zone) : 0;
    return address->v6.sin6_scope_id > 0 ? 0 : -ENODEV;
}

static int parse_host(struct address *address, char *host, in_port_t port)
{
    struct in_addr v4 = {htonl(INADDR_LOOPBACK)};
    char every[] = "::";
    size_t length = strlen(host);
    if (length == 0)
        return parse_v6(address, every, port);
    if (host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        return parse_v6(address, host + 1, port);
    }
    if (strcmp(host, "localhost") != 0 && inet_pton(AF_INET, host, &v4) != 1)
        return -EINVAL;
    set_v4(address, v4, port);
    return 0;
}

/* A path, stored with its NUL, or "@" and an abstract name, stored without a NUL. */
static int parse_unix(struct address *address, const char *path)
{
    struct sockaddr_un *unix_path = &address->unix_path;
    bool has_file = path[0] != '@';
    size_t length = strlen(path) + has_file;
    if (length == 1)
        return -EINVAL;
    if (length > sizeof unix_path->sun_path)
        return -ENAMETOOLONG;
    unix_path->sun_family = AF_UNIX;
    memcpy(unix_path->sun_path, path, length);
    if (!has_file)
        unix_path->sun_path[0] = '\0';
    address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return 0;
}

int hello__address_parse(struct address *address, const char *text)
{
    static const char unix_prefix[] = "unix:";
    char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 2]; /* [IPV6%INTERFACE] and a NUL */
    memset(address, 0, sizeof *address);
    if (strncmp(text, unix_prefix, sizeof unix_prefix - 1) == 0)
        return parse_unix(address, text + sizeof unix_prefix - 1);
    const char *colon = strrchr(text, ':');
    int port = colon ? parse_number(colon + 1, UINT16_MAX) : -EINVAL;
    size_t length = port < 0 ? 0 : (size_t)(colon - text);
    if (port < 0 || length >= sizeof host)
        return -EINVAL;
    memcpy(host, text, length);
    host[length] = '\0';
    return parse_host(address, host, htons((uint16_t)port));
}

int hello_address_parse(const char *text, struct sockaddr *to, size_t size)
{
    struct address address;
    int error = hello__address_parse(&address, text);
    if (error)
        return error;
    if (address.length > size)
        return -ENOSPC;
    memcpy(to, &address, address.length);
    return (int)address.length;
}

/* ---- Properties ---- */

bool hello__address_is_every(const struct address *address)
{
    return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
}

void hello__address_make_v4(struct address *address)
{
    set_v4(address, (struct in_addr){htonl(INADDR_ANY)}, address->v6.sin6_port);
}

bool hello__address_has_file(const struct address *address)
{
    return address->any.sa_family == AF_UNIX && address->unix_path.sun_path[0];
}

int hello__address_port(const struct address *address)
{
    switch (address->any.sa_family) {
    case AF_INET: return ntohs(address->v4.sin_port);
    case AF_INET6: return ntohs(address->v6.sin6_port);
    default: return 0;
    }
}

/* ---- To text ---- */

/* "%eth0" after a link-local address, otherwise "". */
static void format_zone(uint32_t interface, char zone[1 + IF_NAMESIZE])
{
    zone[0] = '\0';
    if (interface == 0)
        return;
    zone[0] = '%';
    if (!if_indextoname(interface, zone + 1))
        snprintf(zone + 1, IF_NAMESIZE, "%u", (unsigned)interface);
}

/* An abstract name may hold any byte; "@" replaces each NUL. */
static int format_unix(const struct address *address, char *text, size_t size)
{
    const char *from = address->unix_path.sun_path;
    char path[sizeof address->unix_path.sun_path + 1];
    size_t length = address->length - offsetof(struct sockaddr_un, sun_path);
    if (hello__address_has_file(address))
        length = strnlen(from, length);
    memcpy(path, from, length);
    for (size_t i = 0; i < length; i++)
        if (!path[i])
            path[i] = '@';
    path[length] = '\0';
    return snprintf(text, size, "unix:%s", path);
}

int hello__address_format(const struct address *address, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "";
    char zone[1 + IF_NAMESIZE];
    switch (address->any.sa_family) {
    case AF_INET:
        inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof host);
        return snprintf(text, size, "http://%s:%d", host, hello__address_port(address));
    case AF_INET6:
        inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof host);
        format_zone(address->v6.sin6_scope_id, zone);
        return snprintf(text, size, "http://[%s%s]:%d", host, zone, hello__address_port(address));
    default: return format_unix(address, text, size);
    }
}
