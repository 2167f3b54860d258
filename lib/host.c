/* SPDX-License-Identifier: MIT */
#include "host.h"

#include "ascii.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* Empty, or a colon and digits. */
static bool port_is_valid(const char *text, size_t length)
{
    for (size_t i = 1; i < length; i++)
        if (!hello__is_digit(text[i]))
            return false;
    return length == 0 || text[0] == ':';
}

/* In a host, an escaped ASCII byte is either needless or forbidden. */
static bool name_is_valid(const char *text, size_t length)
{
    return hello__all_bytes(text, length, ASCII_REG_NAME) &&
           hello__escapes_are_valid(text, length, 0x80);
}

static bool ipv6_is_valid(const char *text, size_t length)
{
    char copy[INET6_ADDRSTRLEN] = "";
    struct in6_addr address;
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    return strlen(copy) == length && inet_pton(AF_INET6, copy, &address) == 1;
}

/* text: the bytes between the brackets. */
static bool literal_is_valid(const char *text, size_t length)
{
    static const char zone_mark[] = "%25";
    enum { MARK = sizeof zone_mark - 1 };
    const char *zone = memchr(text, '%', length);
    if (!zone)
        return ipv6_is_valid(text, length);
    size_t address = (size_t)(zone - text);
    return ipv6_is_valid(text, address) && length > address + MARK &&
           memcmp(zone, zone_mark, MARK) == 0 &&
           name_is_valid(zone + MARK, length - address - MARK);
}

bool hello__host_is_valid(const char *text, size_t length)
{
    if (length > 0 && text[0] == '[') {
        const char *end = memchr(text, ']', length);
        return end && literal_is_valid(text + 1, (size_t)(end - text) - 1) &&
               port_is_valid(end + 1, (size_t)(text + length - end) - 1);
    }
    const char *colon = length > 0 ? memchr(text, ':', length) : NULL;
    size_t name = colon ? (size_t)(colon - text) : length;
    return name_is_valid(text, name) && port_is_valid(text + name, length - name);
}
