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
    free(decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct target target;
    char *text = malloc(size + 1); /* malloc(0) may be NULL */
    memcpy(text + 1, data, size);
    if (hello__target_parse(&target, text + 1, size) == 0)
        check(&target, text + 1, size);
    if (hello__target_parse_connect(&target, text + 1, size) == 0)
        check(&target, text + 1, size);
    free(text);
    return 0;
}
