/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* ---- Fields ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Of the form that was checked: the name, a NUL, the value without blanks around it. */
int answer_add_field(struct answer *answer, const char *text, size_t length)
{
    if (answer->field_count == ANSWER_FIELDS)
        return -ENOSPC;
    char *name = strndup(text, length);
    if (!name)
        return -ENOMEM;
    char *value = name + strcspn(name, ":");
    char *end = name + strlen(name);
    bool has_colon = value < end;
    if (has_colon)
        *value++ = '\0';
    while (is_blank(*value))
        value++;
    while (end > value && is_blank(end[-1]))
        *--end = '\0';
    if (!has_colon || hello_field_check(name, value)) {
        free(name);
        return -EINVAL;
    }
    answer->fields[answer->field_count++] = (struct answer_field){name, value};
    return 0;
}

void answer_drop_fields(struct answer *answer)
{
    while (answer->field_count > 0)
        free(answer->fields[--answer->field_count].name);
}

/* ---- Greeting ---- */

struct text {
    char *bytes; /* NULL: the text is only measured */
    size_t size;
    size_t length;
};

/* What does not fit is left out, and not counted. */
static void put(struct text *text, const char *bytes, size_t length)
{
    if (text->bytes) {
        size_t room = text->size - text->length;
        length = length < room ? length : room;
        if (length > 0)
            memcpy(text->bytes + text->length, bytes, length);
    }
    text->length += length;
}

static void put_string(struct text *text, const char *string)
{
    put(text, string, string ? strlen(string) : 0);
}

static void put_path(struct text *text, const struct hello_request *request)
{
    size_t length;
    const char *path = hello_request_path(request, &length);
    put(text, path, length);
}

static void put_method(struct text *text, const struct hello_request *request)
{
    put_string(text, hello_request_method(request));
}

static void put_host(struct text *text, const struct hello_request *request)
{
    put_string(text, hello_request_field(request, "Host"));
}

static void put_query(struct text *text, const struct hello_request *request)
{
    size_t length;
    const char *query = hello_request_query(request, &length);
    put(text, query, length);
}

static void put_remote(struct text *text, const struct hello_request *request)
{
    char peer[PEER_SIZE];
    peer_format(peer, hello_request_peer(request));
    put_string(text, peer);
}

static void put_hostname(struct text *text, const struct hello_request *request)
{
    struct utsname system;
    (void)request;
    if (uname(&system) == 0)
        put_string(text, system.nodename);
}

static const struct name {
    char text[12]; /* with the brace behind it */
    void (*put)(struct text *text, const struct hello_request *request);
} names[] = {
    {"path}", put_path},   {"method}", put_method}, {"host}", put_host},
    {"query}", put_query}, {"remote}", put_remote}, {"hostname}", put_hostname},
};

/* That which text begins with, or NULL. */
static const struct name *find_name(const char *text)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(text, names[i].text, strlen(names[i].text)) == 0)
            return &names[i];
    return NULL;
}

/* Put what comes before the next name, and return that. NULL at the end, and where a brace begins
 * no name, at which *format is left. */
static const struct name *next_name(struct text *text, const char **format)
{
    for (;;) {
        size_t length = strcspn(*format, "{");
        put(text, *format, length);
        *format += length;
        if (strncmp(*format, "{{", 2) != 0)
            return **format ? find_name(*format + 1) : NULL;
        put(text, "{", 1);
        *format += 2;
    }
}

bool answer_is_greeting(const char *format)
{
    struct text nowhere = {0};
    const struct name *name;
    while ((name = next_name(&nowhere, &format)))
        format += 1 + strlen(name->text);
    return !*format;
}

/* The length of what was written; with bytes NULL, of the whole greeting. */
static size_t format_greeting(char *bytes, size_t size, const char *format,
                              const struct hello_request *request)
{
    struct text text = {bytes, size, 0};
    const struct name *name;
    while ((name = next_name(&text, &format))) {
        name->put(&text, request);
        format += 1 + strlen(name->text);
    }
    put(&text, "\n", 1);
    return text.length;
}

static int set_greeting(struct hello_reply *reply, const char *format,
                        const struct hello_request *request)
{
    size_t size = format_greeting(NULL, 0, format, request);
    char *body = malloc(size);
    if (!body)
        return -ENOMEM;
    /* The name of the host may have become longer, or shorter. */
    size_t length = format_greeting(body, size, format, request);
    hello_reply_set_body_nocopy(reply, body, length, free, body);
    return 0;
}

/* ---- Answering ---- */

bool answer_is_set(const struct answer *answer)
{
    return answer->greeting || answer->status || answer->delay_ms || answer->field_count;
}

/* A head may leave no room for the fields of its answer. */
static int refuse_head(struct hello_reply *reply)
{
    static const char body[] = "431 Request Header Fields Too Large\n";
    hello_reply_set_status(reply, 431);
    hello_reply_set_body_nocopy(reply, body, sizeof body - 1, NULL, NULL);
    return 0;
}

int answer_respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    const struct answer *answer = data;
    hello_reply_set_delay(reply, answer->delay_ms);
    for (uint32_t i = 0; i < answer->field_count; i++) {
        int error = hello_reply_add_field(reply, answer->fields[i].name, answer->fields[i].value);
        if (error)
            return error == -ENOSPC ? refuse_head(reply) : error;
    }
    if (answer->status)
        hello_reply_set_status(reply, answer->status);
    if (answer->status == 205) /* has no body, and says so by its length */
        return 0;
    if (!answer->greeting)
        return hello_respond_greeting(NULL, request, reply);
    return set_greeting(reply, answer->greeting, request);
}
