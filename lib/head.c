/* SPDX-License-Identifier: MIT */
#include "head.h"

#include "ascii.h"
#include "target.h"

#include <string.h>
#include <strings.h>

enum {
    BAD_REQUEST = 400,
    EXPECTATION_FAILED = 417,
};

static void take_host(struct head *head, const char *value)
{
    if (!hello__host_is_valid(value, strlen(value), 0))
        head->refusal = BAD_REQUEST;
}

/* Other HTTP implementations stop at 63 bits. libmicrohttpd has refused lengths above 64 bits. */
static void take_content_length(struct head *head, const char *value)
{
    uint64_t number = 0;
    for (; *value; value++)
        number = number * 10 + (uint64_t)(*value - '0');
    if (number > INT64_MAX)
        head->refusal = BAD_REQUEST;
    head->content_length = number;
}

static void take_transfer_encoding(struct head *head, const char *value)
{
    (void)value; /* libmicrohttpd accepts only "chunked" */
    head->is_chunked = true;
}

/* Whether a list contains a word, in any case. */
static bool lists(const char *value, const char *word)
{
    static const char between[] = " ,\t";
    for (size_t length; *value; value += length + strspn(value + length, between)) {
        length = strcspn(value, between);
        if (length == strlen(word) && strncasecmp(value, word, length) == 0)
            return true;
    }
    return false;
}

/* 100-continue may be one of several expectations in the first field, as in the model. */
static void take_expect(struct head *head, const char *value)
{
    if (head->has_expect)
        return;
    head->has_expect = true;
    head->expects_continue = lists(value, "100-continue");
    head->bad_expectation = *value && !head->expects_continue;
}

/* Whether a list names a field that frames a message. A recipient that merges such a trailer field
 * into the head finds another end of the message. */
static bool lists_framing(const char *names)
{
    return lists(names, "Content-Length") || lists(names, "Transfer-Encoding") ||
           lists(names, "Trailer");
}

static void take_trailer(struct head *head, const char *value)
{
    head->bad_trailer |= lists_framing(value);
}

#define NAME(text) text, sizeof(text) - 1

static const struct field {
    const char *name;
    size_t length; /* of name; compared first, which avoids most other comparisons */
    void (*take)(struct head *head, const char *value); /* value: without a NUL inside */
} known_fields[] = {
    {NAME("Host"), take_host},
    {NAME("Content-Length"), take_content_length},
    {NAME("Transfer-Encoding"), take_transfer_encoding},
    {NAME("Expect"), take_expect},
    {NAME("Trailer"), take_trailer},
};

/* NULL = this file does not check the field. */
static const struct field *find_field(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof known_fields / sizeof known_fields[0]; i++)
        if (length == known_fields[i].length &&
            strncasecmp(name, known_fields[i].name, length) == 0)
            return &known_fields[i];
    return NULL;
}

/* If a body has no length, its text becomes the method of the next request. Lowercase letters are
 * therefore refused, as by other servers. libmicrohttpd has refused an empty method. */
void hello__head_start(struct head *head, const char *method)
{
    *head = (struct head){0};
    const char *end = method;
    while ((*end >= 'A' && *end <= 'Z') || *end == '-' || *end == '_')
        end++;
    if (*end)
        head->refusal = BAD_REQUEST;
}

void hello__head_field(struct head *head, const char *name, size_t name_length, const char *value,
                       size_t value_length)
{
    const struct field *field = find_field(name, name_length);
    if (!hello__all_bytes(value, value_length, ASCII_FIELD_VALUE))
        head->refusal = BAD_REQUEST;
    else if (field)
        field->take(head, value);
}

unsigned hello__head_finish(struct head *head, bool is_1_0)
{
    if (head->is_chunked && head->bad_trailer)
        head->refusal = BAD_REQUEST;
    if (head->bad_expectation && !head->refusal)
        head->refusal = EXPECTATION_FAILED;
    if (is_1_0)
        head->expects_continue = false; /* RFC 9110, section 10.1.1 */
    return head->refusal;
}

void hello__head_trailer(struct head *head, const char *name, const char *value,
                         size_t value_length)
{
    if (lists_framing(name) || !hello__all_bytes(value, value_length, ASCII_FIELD_VALUE))
        head->refusal = BAD_REQUEST;
}
