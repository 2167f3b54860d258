/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Text ---- */

/* A NUL-terminated text. A text that fits into `small` needs no heap and one pass only. */
struct made {
    char *bytes; /* small, or of malloc(); NULL when there is no memory */
    size_t length;
    char small[4096];
};

static size_t put_all(struct subject *subject, char *bytes, size_t size, const char *format)
{
    subject->text = (struct text){bytes, SIZE_MAX, 0, size};
    format_put(subject, format);
    text_put(&subject->text, "", 1);
    return subject->text.end;
}

static bool make(struct made *made, const struct answer *answer,
                 const struct hello_request *request, enum escape escape, const char *format)
{
    struct subject subject = {.escape = escape, .request = request, .secrets = &answer->secrets};
    made->bytes = made->small;
    size_t size = put_all(&subject, made->small, sizeof made->small, format);
    if (size > sizeof made->small) {
        made->bytes = malloc(size);
        if (!made->bytes)
            return false;
        /* The length of {hostname} may have changed. */
        size_t again = put_all(&subject, made->bytes, size, format);
        size = again < size ? again : size;
        made->bytes[size - 1] = '\0';
    }
    made->length = size - 1;
    return true;
}

static void drop(const struct made *made)
{
    if (made->bytes != made->small)
        free(made->bytes);
}

/* ---- Fields ---- */

/* Cut "Name: value". Returns the value, without blanks around it. */
static char *cut(char *field)
{
    char *value = strchr(field, ':');
    if (!value)
        return NULL;
    *value++ = '\0';
    value += strspn(value, " \t");
    for (char *end = value + strlen(value); end > value && strchr(" \t", end[-1]); *--end = '\0')
        ;
    return value;
}

const char *answer_field_fault(const char *text)
{
    char *name = strdup(text);
    const char *fault = NULL, *value = name ? cut(name) : NULL;
    if (!value)
        fault = "has no colon; expected 'Name: value'";
    else if (hello_field_check("Name", value))
        fault = "has a control character; expected printable text and tabs";
    else if (hello_field_check(name, value))
        fault = "has a name that is no token or that hellod sets itself; expected another name";
    else
        fault = format_fault(value);
    free(name);
    return fault;
}

static int add_field(const struct answer *answer, const char *field,
                     const struct hello_request *request, struct hello_reply *reply)
{
    struct made made;
    if (!make(&made, answer, request, ESCAPE_FIELD, field))
        return -ENOMEM;
    const char *value = cut(made.bytes);
    int error = hello_reply_add_field(reply, made.bytes, value);
    drop(&made);
    return error;
}

/* ---- Body ---- */

static const char json[] =
    "{{\"time\":\"{time}\",\"method\":\"{method}\",\"target\":\"{target}\",\"path\":\"{path}\","
    "\"query\":\"{query}\",\"protocol\":\"{protocol}\",\"host\":\"{host}\","
    "\"remote\":{{\"address\":\"{remote}\",\"port\":{remote_port}},"
    "\"local\":{{\"address\":\"{local}\",\"port\":{local_port}},\"hostname\":\"{hostname}\","
    "\"fields\":[{fields}],\"body_size\":{body_size}}";

static int set_body(const struct answer *answer, const struct hello_request *request,
                    struct hello_reply *reply)
{
    struct made made;
    bool is_made = answer->is_json ? make(&made, answer, request, ESCAPE_JSON, json)
                                   : make(&made, answer, request, ESCAPE_NONE, answer->greeting);
    if (!is_made)
        return -ENOMEM;
    made.bytes[made.length] = '\n'; /* in the place of the NUL */
    if (made.bytes == made.small)
        return hello_reply_set_body(reply, made.bytes, made.length + 1);
    hello_reply_set_body_nocopy(reply, made.bytes, made.length + 1, free, made.bytes);
    return 0;
}

int answer_say(struct hello_reply *reply, unsigned status, const char *text)
{
    hello_reply_set_status(reply, status);
    hello_reply_set_body_nocopy(reply, text, strlen(text), NULL, NULL);
    return 0;
}

/* ---- Answering ---- */

/* bits: random. */
static uint32_t choose_status(const struct answer *answer, uint32_t bits)
{
    uint32_t at = chance_below(bits, ANSWER_CERTAIN);
    for (uint32_t i = 0; i < answer->status_count; i++) {
        if (at < answer->statuses[i].share)
            return answer->statuses[i].status;
        at -= answer->statuses[i].share;
    }
    return 200;
}

bool answer_is_set(const struct answer *answer)
{
    return answer->greeting || answer->is_json || answer->status_count || answer->delay_ms[1] ||
           answer->fields.count;
}

int answer_respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    struct answer *answer = data;
    const bool draws = answer->status_count > 0 || answer->delay_ms[0] < answer->delay_ms[1];
    const uint64_t bits = draws ? chance_draw(&answer->chance) : 0;
    const uint32_t status = choose_status(answer, (uint32_t)(bits >> 32));
    const uint64_t spread = (uint64_t)answer->delay_ms[1] - answer->delay_ms[0] + 1;
    int error = 0;
    hello_reply_set_status(reply, status);
    hello_reply_set_delay(reply, answer->delay_ms[0] + chance_below((uint32_t)bits, spread));
    for (uint32_t i = 0; i < answer->fields.count && !error; i++)
        error = add_field(answer, answer->fields.items[i], request, reply);
    if (!error && answer->is_json)
        error = hello_reply_set_content_type(reply, "application/json");
    if (error == -ENOSPC) /* a large request head may leave no room for the fields of the answer */
        return answer_say(reply, 431, "431 Request Header Fields Too Large\n");
    if (error)
        return error;
    return answer->greeting || answer->is_json ? set_body(answer, request, reply)
                                               : hello_respond_greeting(NULL, request, reply);
}
