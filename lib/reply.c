/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include "ascii.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Fields that frame the message or that every answer has already. */
static const char *const reserved_fields[] = {
    "Connection",
    "Content-Length",
    "Content-Type",
    "Date",
    "Keep-Alive",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "X-Content-Type-Options",
};

void hello__reply_init(struct hello_reply *reply, size_t field_room)
{
    memset(reply, 0, offsetof(struct hello_reply, small_body)); /* written before it is read */
    reply->status = 200;
    reply->last = &reply->fields;
    reply->field_room = field_room;
}

void hello_reply_set_body_nocopy(struct hello_reply *reply, const void *body, size_t size,
                                 void (*release)(void *), void *data)
{
    if (reply->release)
        reply->release(reply->release_data);
    reply->body = body;
    reply->body_size = size;
    reply->release = release;
    reply->release_data = data;
}

void *hello__reply_keep(const struct hello_reply *reply, size_t size)
{
    struct hello_reply *kept = malloc(size);
    if (!kept)
        return NULL;
    *kept = *reply;
    if (reply->body == reply->small_body)
        kept->body = kept->small_body;
    if (!reply->fields)
        kept->last = &kept->fields;
    return kept;
}

void hello__reply_finish(struct hello_reply *reply)
{
    hello_reply_set_body_nocopy(reply, NULL, 0, NULL, NULL);
    free(reply->content_type);
    while (reply->fields) {
        struct reply_field *next = reply->fields->next;
        free(reply->fields);
        reply->fields = next;
    }
}

void hello__reply_free(struct hello_reply *reply)
{
    if (!reply)
        return;
    hello__reply_finish(reply);
    free(reply);
}

static bool is_field_value(const char *text)
{
    return hello__all_bytes(text, strlen(text), ASCII_FIELD_VALUE);
}

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved_fields / sizeof reserved_fields[0]; i++)
        if (strcasecmp(name, reserved_fields[i]) == 0)
            return true;
    return false;
}

int hello_reply_set_status(struct hello_reply *reply, unsigned status)
{
    if (status < 200 || status > 599)
        return -EINVAL;
    reply->status = status;
    return 0;
}

int hello_reply_set_content_type(struct hello_reply *reply, const char *content_type)
{
    if (!*content_type || !is_field_value(content_type))
        return -EINVAL;
    /* field_room never includes the name Content-Type. The replaced value gives its room back. */
    size_t before = reply->content_type ? strlen(reply->content_type) : 0;
    size_t length = strlen(content_type);
    if (length > reply->field_room + before)
        return -ENOSPC;
    char *copy = strdup(content_type);
    if (!copy)
        return -ENOMEM;
    free(reply->content_type);
    reply->content_type = copy;
    reply->field_room = reply->field_room + before - length;
    return 0;
}

char *hello__reply_make_body(struct hello_reply *reply, const void *from, size_t size)
{
    char *body = size <= sizeof reply->small_body ? reply->small_body : malloc(size);
    if (!body)
        return NULL;
    if (from)
        memmove(body, from, size);
    hello_reply_set_body_nocopy(reply, body, size, body == reply->small_body ? NULL : free, body);
    return body;
}

void hello_reply_set_delay(struct hello_reply *reply, uint32_t delay_ms)
{
    if (reply->connection) /* the reply is not deferred */
        reply->delay_ms = delay_ms;
}

int hello_reply_set_body(struct hello_reply *reply, const void *body, size_t size)
{
    if (!body && size > 0) /* the client would get whatever the memory contains */
        return -EINVAL;
    return hello__reply_make_body(reply, body, size) ? 0 : -ENOMEM;
}

int hello_field_check(const char *name, const char *value)
{
    bool is_name = *name && hello__all_bytes(name, strlen(name), ASCII_TOKEN);
    return is_name && !is_reserved(name) && is_field_value(value) ? 0 : -EINVAL;
}

int hello_reply_add_field(struct hello_reply *reply, const char *name, const char *value)
{
    int error = hello_field_check(name, value);
    if (error)
        return error;
    size_t name_size = strlen(name) + 1;
    size_t value_size = strlen(value) + 1;
    size_t size = name_size + value_size + 2; /* two bytes of ": \r\n" in place of each NUL */
    if (size > reply->field_room)
        return -ENOSPC;
    struct reply_field *field = malloc(sizeof *field + name_size + value_size);
    if (!field)
        return -ENOMEM;
    char *text = (char *)(field + 1);
    field->next = NULL;
    field->name = memcpy(text, name, name_size);
    field->value = memcpy(text + name_size, value, value_size);
    *reply->last = field;
    reply->last = &field->next;
    reply->field_room -= size;
    return 0;
}
