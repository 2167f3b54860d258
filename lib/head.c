/* SPDX-License-Identifier: MIT */
#include "head.h"

#include "ascii.h"

#include <string.h>
#include <strings.h>

enum {
    BAD_REQUEST = 400,
    EXPECTATION_FAILED = 417,
    NOT_IMPLEMENTED = 501,
};

static void refuse(struct head *head, unsigned status)
{
    if (!head->refusal)
        head->refusal = status;
}

static bool is_token(const char *text, size_t length)
{
    return length > 0 && hello__all_bytes(text, length, ASCII_TOKEN);
}

static bool equals(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

static void take_host(struct head *head, const char *value, size_t length)
{
    (void)value; /* of the right bytes, which is all that is asked of it */
    (void)length;
    if (++head->hosts > 1)
        refuse(head, BAD_REQUEST);
}

/* Digits. libmicrohttpd has read the first Content-Length already and refused what overflows 64
 * bits. Others stop at 63. */
static void take_content_length(struct head *head, const char *value, size_t length)
{
    if (++head->lengths > 1 || length == 0) {
        refuse(head, BAD_REQUEST);
        return;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < length; i++) {
        uint64_t digit = (uint64_t)(value[i] - '0');
        if (number > (INT64_MAX - digit) / 10) {
            refuse(head, BAD_REQUEST);
            return;
        }
        number = number * 10 + digit;
    }
    head->content_length = number;
}

static void take_transfer_encoding(struct head *head, const char *value, size_t length)
{
    if (++head->codings > 1 || !equals(value, length, "chunked"))
        refuse(head, NOT_IMPLEMENTED);
}

/* Whether one of the words in a list, in any case, is a given one. */
static bool lists(const char *value, size_t length, const char *word)
{
    static const char between[] = {' ', ',', '\t'};
    while (length > 0) {
        size_t end = 0;
        while (end < length && !memchr(between, value[end], sizeof between))
            end++;
        if (equals(value, end, word))
            return true;
        size_t next = end < length ? end + 1 : end;
        value += next;
        length -= next;
    }
    return false;
}

/* Of several expectations in the first field, 100-continue is enough, as for the model. */
static void take_expect(struct head *head, const char *value, size_t length)
{
    if (head->expectations++ > 0)
        return;
    head->expects_continue = lists(value, length, "100-continue");
    head->bad_expectation = length > 0 && !head->expects_continue;
}

/* Who merged such a trailer into the head would see other ends of the message. */
static void take_trailer(struct head *head, const char *value, size_t length)
{
    static const char *const framing[] = {"Content-Length", "Transfer-Encoding", "Trailer"};
    for (size_t i = 0; i < sizeof framing / sizeof framing[0]; i++)
        head->bad_trailer |= lists(value, length, framing[i]);
}

#define NAME(text) text, sizeof(text) - 1

static const struct field {
    const char *name;
    size_t length;          /* of name: to compare it first spares most comparisons */
    enum ascii_class bytes; /* what a value may be made of */
    void (*take)(struct head *head, const char *value, size_t length);
} known_fields[] = {
    {NAME("Host"), ASCII_HOST_FIELD, take_host},
    {NAME("Content-Length"), ASCII_DIGIT, take_content_length},
    {NAME("Transfer-Encoding"), ASCII_FIELD_VALUE, take_transfer_encoding},
    {NAME("Expect"), ASCII_FIELD_VALUE, take_expect},
    {NAME("Trailer"), ASCII_FIELD_VALUE, take_trailer},
};

/* NULL for a field without a meaning here. */
static const struct field *find_field(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof known_fields / sizeof known_fields[0]; i++)
        if (length == known_fields[i].length &&
            strncasecmp(name, known_fields[i].name, length) == 0)
            return &known_fields[i];
    return NULL;
}

void hello__head_start(struct head *head, const char *method)
{
    *head = (struct head){0};
    if (!is_token(method, strlen(method)))
        refuse(head, BAD_REQUEST);
}

void hello__head_field(struct head *head, const char *name, size_t name_length, const char *value,
                       size_t value_length)
{
    const struct field *field = find_field(name, name_length);
    enum ascii_class bytes = field ? field->bytes : ASCII_FIELD_VALUE;
    if (!is_token(name, name_length) || !hello__all_bytes(value, value_length, bytes))
        refuse(head, BAD_REQUEST);
    else if (field)
        field->take(head, value, value_length);
}

unsigned hello__head_finish(struct head *head, const char *method, const char *version)
{
    head->is_1_0 = strcmp(version, "HTTP/1.0") == 0;
    if (head->codings > 0 && (head->lengths > 0 || head->is_1_0))
        refuse(head, BAD_REQUEST);
    if (head->codings > 0 && head->bad_trailer)
        refuse(head, BAD_REQUEST);
    if (head->hosts == 0 && !head->is_1_0 && strcmp(method, "CONNECT") != 0)
        refuse(head, BAD_REQUEST);
    if (head->bad_expectation)
        refuse(head, EXPECTATION_FAILED);
    if (head->is_1_0)
        head->expects_continue = false; /* RFC 9110, section 10.1.1 */
    return head->refusal;
}

bool hello__head_has_body(const struct head *head)
{
    return head->codings > 0 || head->content_length > 0;
}
