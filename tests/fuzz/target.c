/* SPDX-License-Identifier: MIT */
/* Any bytes as a request-target. The input is copied, so that reading past its end is seen. */
#include "../../lib/target.h"
#include "property.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_within(const char *at, size_t length, const char *text, size_t size)
{
    return at >= text && at + length <= text + size;
}

/* Whether a client that parses a Location by the URL Standard stays on this host: it takes a
 * backslash for a slash, and drops tabs and line ends. A query may hold spaces. */
static bool stays_here(const char *location, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)location[i] < ' ' || (unsigned char)location[i] >= 0x7F)
            return false;
    return location[0] == '/' && (size == 1 || (location[1] != '/' && location[1] != '\\'));
}

/* The Location of the cleaned path leads to this host, and to a path that is clean. decoded: the
 * path, with room for one byte more. */
static void check_redirect(const struct target *target, char *decoded, size_t length)
{
    if (target->literal) {
        length = target->path_length;
        memcpy(decoded, target->path, length);
    }
    length = hello__path_clean(decoded, length);
    char *location = malloc(3 * (length + target->query_length));
    size_t size = hello__location_format(location, decoded, length, target);
    struct target next;
    REQUIRE(stays_here(location, size));
    REQUIRE(hello__target_parse(&next, location, size, false) == 0);
    REQUIRE(next.path == location && next.literal && next.query_length <= 3 * target->query_length);
    char *path = malloc(next.path_length + 1);
    memcpy(path, next.path, next.path_length);
    REQUIRE(hello__path_clean(path, next.path_length) == next.path_length);
    free(path);
    free(location);
}

static void check(const struct target *target, const char *text, size_t size)
{
    REQUIRE(lies_within(target->path, target->path_length, text, size));
    REQUIRE(target->path_length == 0 || target->path[0] == '/');
    REQUIRE(!target->query || lies_within(target->query, target->query_length, text, size));
    REQUIRE(!memchr(target->path, '?', target->path_length));
    if (target->query)
        REQUIRE(target->query[-1] == '?' && target->query + target->query_length == text + size);
    if (target->asterisk)
        REQUIRE(size == 1 && text[0] == '*' && target->path_length == 0 && !target->query);

    char *decoded = malloc(target->path_length + 1);
    size_t length = hello__path_decode(decoded, target->path, target->path_length);
    REQUIRE(length <= target->path_length);
    REQUIRE((target->path_length - length) % 2 == 0);
    check_redirect(target, decoded, length);
    free(decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct target target;
    char *text = malloc(size + 1); /* malloc(0) may be NULL */
    memcpy(text + 1, data, size);
    if (hello__target_parse(&target, text + 1, size, false) == 0)
        check(&target, text + 1, size);
    if (hello__target_parse(&target, text + 1, size, true) == 0)
        check(&target, text + 1, size);
    free(text);
    return 0;
}
