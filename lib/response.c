/* SPDX-License-Identifier: MIT */
#include "response.h"

#include "reply.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

static bool add_usual_fields(struct MHD_Response *response, const char *content_type)
{
    const char *type = content_type ? content_type : "text/plain; charset=utf-8";
    return MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) &&
           MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

static bool add_fields(struct MHD_Response *response, const struct hello_reply *reply,
                       bool must_close)
{
    if (!add_usual_fields(response, reply->content_type))
        return false;
    for (const struct reply_field *field = reply->fields; field; field = field->next) {
        /* libmicrohttpd refuses an empty value; blanks around a value are no part of it. */
        const char *value = field->value[0] ? field->value : " ";
        if (!MHD_add_response_header(response, field->name, value))
            return false;
    }
    return !must_close || MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

static struct MHD_Response *take_body(struct hello_reply *reply)
{
    if (reply->body == reply->small_body)
        return MHD_create_response_from_buffer_copy(reply->body_size, reply->body);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
        reply->body_size, reply->body, reply->release, reply->release_data);
    if (response)
        reply->release = NULL;
    return response;
}

static struct MHD_Response *make(struct hello_reply *reply, bool must_close)
{
    struct MHD_Response *response = take_body(reply);
    if (!response || add_fields(response, reply, must_close))
        return response;
    MHD_destroy_response(response);
    return NULL;
}

/* ---- The usual response ---- */

#ifdef MHD_HAS_REFILL_RESPONSE
enum { REFILLS = true };
#else
enum { REFILLS = false };
#define MHD_refill_response(response, size, body) ((void)(size), MHD_NO)
#endif

static bool is_usual(const struct hello_reply *reply)
{
    return REFILLS && !reply->content_type && !reply->fields && !reply->release &&
           reply->body_size <= REPLY_SMALL_BODY;
}

/* Before the first reply: beside these blocks, musl allocates the blocks of other replies for 4 %
 * less instructions for each answer in JSON. */
bool hello__responses_start(struct responses *responses)
{
    char *body = responses->usual_body = calloc(1, REPLY_SMALL_BODY);
    if (!body)
        return false;
    responses->usual =
        MHD_create_response_from_buffer_with_free_callback_cls(REPLY_SMALL_BODY, body, free, body);
    if (!responses->usual)
        free(body);
    else if (add_usual_fields(responses->usual, NULL))
        return true;
    hello__responses_finish(responses);
    return false;
}

static bool refill(const struct responses *responses, size_t size)
{
    return responses->usual && MHD_refill_response(responses->usual, size, responses->usual_body);
}

static struct MHD_Response *take_usual(struct responses *responses, const struct hello_reply *reply)
{
    if (!is_usual(reply))
        return NULL;
    if (!refill(responses, reply->body_size)) {
        hello__responses_finish(responses); /* a connection that still sends it has a reference */
        if (!hello__responses_start(responses) || !refill(responses, reply->body_size))
            return NULL;
    }
    if (reply->body_size > 0)
        memcpy(responses->usual_body, reply->body, reply->body_size);
    return responses->usual;
}

void hello__responses_finish(struct responses *responses)
{
    if (responses->usual)
        MHD_destroy_response(responses->usual);
    responses->usual = NULL;
}

/* ---- Any response ---- */

bool hello__response_queue(struct responses *responses, struct hello_reply *reply, bool must_close,
                           struct MHD_Connection *mhd)
{
    struct MHD_Response *response = must_close ? NULL : take_usual(responses, reply);
    if (!response)
        response = make(reply, must_close);
    bool queued = response && MHD_queue_response(mhd, reply->status, response);
    if (response && response != responses->usual)
        MHD_destroy_response(response);
    return queued;
}
