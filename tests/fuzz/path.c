/* SPDX-License-Identifier: MIT */
/* A decoded path and a query: cleaning is idempotent, and the Location leads to what was cleaned
 * and to no other host. The input is the path, and behind its first LF, the query. Paths that are
 * cleaned while they are escaped are in target.c. */
#include "../../lib/target.h"
#include "property.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No empty element, no ".", no "..". */
static void check_clean(const char *path, size_t length)
{
    REQUIRE(length > 0 && path[0] == '/');
    for (size_t i = 1; i <= length;) {
        const char *slash = memchr(path + i, '/', length - i);
        size_t end = slash ? (size_t)(slash - path) : length;
        REQUIRE(end > i || end == length);
        REQUIRE(!(end == i + 1 && path[i] == '.'));
        REQUIRE(!(end == i + 2 && path[i] == '.' && path[i + 1] == '.'));
        i = end + 1;
    }
}

static void check_idempotent(const char *path, size_t length)
{
    char *again = malloc(length);
    memcpy(again, path, length);
    REQUIRE(hello__path_clean(again, length) == length);
    REQUIRE(memcmp(again, path, length) == 0);
    free(again);
}

static void check_location(const char *path, size_t length, const char *query, size_t query_length)
{
    struct target target = {.query = query, .query_length = query_length};
    char *location = malloc(3 * (length + query_length));
    size_t size = hello__location_format(location, path, length, &target);
    REQUIRE(location[0] == '/' && (size == 1 || location[1] != '/'));
    for (size_t i = 0; i < size; i++)
        REQUIRE((unsigned char)location[i] < 0x80);

    /* A query may hold control characters here, which no request-target may. */
    const char *mark = memchr(location, '?', size);
    size_t end = mark ? (size_t)(mark - location) : size;
    REQUIRE(!mark == (query_length == 0));
    REQUIRE(hello__target_parse(&target, location, end, false) == 0);
    REQUIRE(target.path == location && target.path_length == end);
    size_t decoded = hello__path_decode(location, target.path, target.path_length);
    REQUIRE(decoded == length && memcmp(location, path, length) == 0);
    free(location);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *feed = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t length = feed ? (size_t)(feed - data) : size;
    char *path = malloc(length + 2);
    path[0] = '/';
    memcpy(path + 1, data, length);

    size_t before = length + 1;
    size_t cleaned = hello__path_clean(path, before);
    REQUIRE(cleaned <= before);
    if (cleaned == before)
        REQUIRE(path[0] == '/' && memcmp(path + 1, data, length) == 0);
    check_clean(path, cleaned);
    check_idempotent(path, cleaned);
    check_location(path, cleaned, feed ? (const char *)feed + 1 : NULL,
                   feed ? size - length - 1 : 0);
    free(path);
    return 0;
}
