/* SPDX-License-Identifier: MIT */
#include "exchange.h"

#include "bundled.h"
#include "connection.h"
#include "deferred.h"
#include "log.h"
#include "reply.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In bytes: a decoded path and its NUL up to this size need no allocation. */
enum { SHORT_PATH = 256 };

/* ---- From a reply to the wire ---- */

/* Whether the reply is sent with its body (RFC 9112, section 6.3). */
static bool has_body(const struct connection *connection, const struct hello_reply *reply)
{
    return !connection->is_head && reply->status != MHD_HTTP_NO_CONTENT &&
           reply->status != MHD_HTTP_NOT_MODIFIED;
}

/* Queue a reply and take its body over; the caller keeps the rest. */
static bool send_reply(struct connection *connection, struct hello_reply *reply)
{
    struct service *service = connection->service;
    if (reply->status == MHD_HTTP_RESET_CONTENT) /* no body (RFC 9110, section 15.3.6) */
        reply->body_size = 0;
    bool is_last = hello__connection_is_last(connection);
    if (!hello__response_queue(&service->responses, reply, is_last, connection->mhd))
        return false;
    connection->stage = STAGE_REPLY;
    connection->reply_size = has_body(connection, reply) ? reply->body_size : 0;
    hello__deadlines_enter(&service->deadlines, &connection->deadline, PHASE_REPLY);
    return true;
}

/* ---- Delayed and deferred replies ---- */

/* Take the reply over, unless the program has it. After the connection is resumed, libmicrohttpd
 * calls for the answer. */
static bool delay_reply(struct connection *connection, struct hello_reply *reply)
{
    if (!connection->deferred)
        connection->delayed = hello__reply_keep(reply, sizeof *reply);
    if (!connection->delayed)
        hello__reply_finish(reply);
    if (!connection->delayed && !connection->deferred)
        return false;
    connection->stage = STAGE_DELAYED;
    hello__deadlines_delay(&connection->service->deadlines, &connection->deadline, reply->delay_ms);
    MHD_suspend_connection(connection->mhd);
    return true;
}

/* A connection whose deferred reply has been sent, or whose PHASE_DELAY is over; NULL = none. */
static struct connection *next_due(struct service *service, uint64_t now)
{
    struct connection *connection = hello__outbox_take(service->outbox);
    if (!connection)
        connection = (struct connection *)hello__deadlines_delayed(&service->deadlines, now);
    if (connection && connection->deferred) {
        const bool cuts_off = now == NEVER_DUE;
        connection->stage = cuts_off ? STAGE_FAILED : STAGE_DELAYED;
        hello__deferred_abandon(connection, cuts_off ? -ECANCELED : -ETIMEDOUT);
    }
    return connection;
}

void hello__exchange_resume(struct service *service, uint64_t now)
{
    struct connection *connection;
    while ((connection = next_due(service, now))) {
        hello__deadlines_enter(&service->deadlines, &connection->deadline, PHASE_REPLY);
        MHD_resume_connection(connection->mhd);
    }
}

/* ---- The library's own answers ---- */

/* Answer with a status, its reason phrase as the body, and a field unless name is NULL. */
static bool send_status(struct connection *connection, unsigned status, const char *name,
                        const char *value)
{
    struct hello_reply reply;
    char body[64];
    int length = snprintf(body, sizeof body, "%u %s\n", status, MHD_get_reason_phrase_for(status));
    hello__reply_init(&reply, SIZE_MAX);
    hello_reply_set_status(&reply, status);
    bool ready = hello_reply_set_body(&reply, body, (size_t)length) == 0 &&
                 (!name || hello_reply_add_field(&reply, name, value) == 0);
    bool sent = ready && send_reply(connection, &reply);
    hello__reply_finish(&reply);
    return sent;
}

/* Send the delayed answer, or 504 if the program has not sent its reply in time. */
static bool send_late(struct connection *connection)
{
    if (!connection->delayed)
        return send_status(connection, MHD_HTTP_GATEWAY_TIMEOUT, NULL, NULL);
    bool sent = send_reply(connection, connection->delayed);
    hello__reply_free(connection->delayed);
    connection->delayed = NULL;
    return sent;
}

static bool send_empty(struct connection *connection)
{
    struct hello_reply reply;
    hello__reply_init(&reply, SIZE_MAX);
    bool sent = send_reply(connection, &reply);
    hello__reply_finish(&reply);
    return sent;
}

static bool send_redirect(struct connection *connection, const char *path, size_t length)
{
    const struct target *target = &connection->parsed;
    char *location = malloc(3 * (length + target->query_length));
    if (!location)
        return false;
    hello__location_format(location, path, length, target);
    bool sent =
        send_status(connection, MHD_HTTP_TEMPORARY_REDIRECT, MHD_HTTP_HEADER_LOCATION, location);
    free(location);
    return sent;
}

/* ---- From a request to its answer ---- */

/* libmicrohttpd writes the head of an answer into the rest of the connection's memory pool. If the
 * rest is too small, it closes the connection without an answer. The pool also holds the head of
 * the request (with pipelined requests, up to half of the pool) and an entry for each field.
 * Without our patches, it also holds an entry for each query parameter. */
static size_t field_room(const struct connection *connection)
{
    enum { ENTRY_SIZE = 64, OWN_FIELDS = 256 };
    const size_t whole = connection->service->options->max_head_size;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    size_t head = info ? info->header_size : 0;
    int entries = MHD_get_connection_values_n(connection->mhd,
                                              MHD_HEADER_KIND | MHD_GET_ARGUMENT_KIND, NULL, NULL);
    size_t used = (head > whole / 2 ? head : whole / 2) + (size_t)entries * ENTRY_SIZE + OWN_FIELDS;
    return whole > used ? whole - used : 0;
}

static void log_failure(const struct hello_options *options, int result)
{
    if (result < 0)
        hello__log(options, HELLO_LOG_ERROR, "the responder failed: %s",
                   strerror((int)-(unsigned)result));
    else
        hello__log(options, HELLO_LOG_ERROR,
                   "the responder returned %d: expected 0 or a negative errno", result);
}

static bool ask_responder(struct connection *connection, const struct hello_request *request)
{
    const struct hello_options *options = connection->service->options;
    struct hello_reply reply;
    hello__reply_init(&reply, field_room(connection));
    reply.connection = connection;
    int result = options->responder(options->responder_data, request, &reply);
    if (result == 0 && reply.delay_ms > 0)
        return delay_reply(connection, &reply);
    bool sent = result == 0 && send_reply(connection, &reply);
    hello__reply_finish(&reply);
    if (result == 0)
        return sent;
    log_failure(options, result);
    if (connection->deferred)
        hello__deferred_abandon(connection, -ECANCELED);
    return send_status(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL, NULL);
}

/* path: room for the path and a NUL. In a literal path, only empty elements and unescaped
 * dot elements are cleaned, as the model does since Go 1.22. */
static bool answer_path(struct connection *connection, const char *method, char *path)
{
    const struct target *target = &connection->parsed;
    size_t length = target->path_length;
    if (target->literal)
        memcpy(path, target->path, length);
    else
        length = hello__path_decode(path, target->path, length);
    if (!(connection->service->options->flags & HELLO_KEEP_PATH)) {
        size_t cleaned = hello__path_clean(path, length);
        if (cleaned != length)
            return send_redirect(connection, path, cleaned);
    }
    if (target->literal)
        length = hello__path_decode(path, path, length);
    path[length] = '\0';
    const struct hello_request request = {connection, method, path, length};
    return ask_responder(connection, &request);
}

/* The server makes no tunnel, so an authority names no resource. The answer is queued with the
 * head, and is the last on its connection: later bytes may be tunnel data. */
static bool answer_connect(struct connection *connection)
{
    if (connection->parsed.path_length == 0)
        return send_status(connection, MHD_HTTP_NOT_FOUND, NULL, NULL);
    return send_status(connection, MHD_HTTP_METHOD_NOT_ALLOWED, MHD_HTTP_HEADER_ALLOW,
                       "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE");
}

static bool answer(struct connection *connection, const char *method)
{
    if (connection->parsed.asterisk)
        return send_empty(connection);
    char short_path[SHORT_PATH];
    size_t size = connection->parsed.path_length + 1;
    char *path = size <= sizeof short_path ? short_path : malloc(size);
    if (!path)
        return false;
    bool answered = answer_path(connection, method, path);
    if (path != short_path)
        free(path);
    return answered;
}

/* ---- The head ---- */

static enum MHD_Result take_field(void *cls, enum MHD_ValueKind kind, const char *name,
                                  size_t name_length, const char *value, size_t value_length)
{
    if (!value) /* value_length is 0 */
        value = "";
    if (kind == MHD_FOOTER_KIND)
        hello__head_trailer(cls, name, value, value_length);
    else
        hello__head_field(cls, name, name_length, value, value_length);
    return MHD_YES;
}

static bool parse_target(struct connection *connection, const char *method)
{
    struct target *parsed = &connection->parsed;
    bool is_connect = strcmp(method, MHD_HTTP_METHOD_CONNECT) == 0;
    if (hello__target_parse(parsed, connection->target, connection->target_length, is_connect))
        return false;
    return !parsed->asterisk || strcmp(method, MHD_HTTP_METHOD_OPTIONS) == 0;
}

/* The status that refuses a request because of its head; 0 = the head is accepted. */
static unsigned check_head(struct connection *connection, const char *method)
{
    struct head *head = &connection->head;
    hello__head_start(head, method);
    MHD_get_connection_values_n(connection->mhd, MHD_HEADER_KIND, take_field, head);
    unsigned refusal = hello__head_finish(head, connection->is_1_0);
    return parse_target(connection, method) ? refusal : MHD_HTTP_BAD_REQUEST;
}

/* Whether to read an announced body before the answer. If the client waits for 100 Continue, the
 * server does not ask for the body, except for OPTIONS *, which has no path. */
static bool reads_body(const struct connection *connection)
{
    const struct head *head = &connection->head;
    if (head->expects_continue && !connection->parsed.asterisk)
        return false;
    return head->content_length < connection->service->options->max_body_size;
}

/* Keep the version, and the method for an access record. False when out of memory. */
static bool take_request_line(struct connection *connection, const char *method,
                              const char *version)
{
    connection->is_1_0 = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
    return !connection->service->options->access || connection->method ||
           hello__connection_set_method(connection, method);
}

/* libmicrohttpd closes the connection after an answer that is queued here. This is required: the
 * next request cannot be found, or the body is not worth reading. */
static bool handle_head(struct connection *connection, const char *method, const char *version)
{
    const struct head *head = &connection->head;
    if (!take_request_line(connection, method, version))
        return false;
    connection->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    unsigned refusal = check_head(connection, method);
    if (refusal)
        return send_status(connection, refusal, NULL, NULL);
    if (strcmp(method, MHD_HTTP_METHOD_CONNECT) == 0)
        return answer_connect(connection);
    if (head->is_chunked || head->content_length > 0) {
        if (!reads_body(connection))
            return answer(connection, method);
        hello__deadlines_enter(&connection->service->deadlines, &connection->deadline, PHASE_BODY);
    }
    connection->stage = STAGE_BODY;
    return true;
}

static bool handle_end_of_body(struct connection *connection, const char *method)
{
    struct head *head = &connection->head;
    if (head->is_chunked)
        MHD_get_connection_values_n(connection->mhd, MHD_FOOTER_KIND, take_field, head);
    if (!head->refusal)
        return answer(connection, method);
    connection->is_whole = false; /* do not trust the next bytes as a request */
    return send_status(connection, head->refusal, NULL, NULL);
}

/* ---- The end ---- */

/* The status of a deadline's 408, or of the answer that libmicrohttpd has sent; 0 = no answer. */
static unsigned final_status(const struct connection *connection)
{
    if (connection->deadline.answered)
        return MHD_HTTP_REQUEST_TIMEOUT;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_HTTP_STATUS);
    return info ? info->http_status : 0;
}

static void count(struct connection *connection, const struct hello_access_record *record)
{
    struct counters *counters = &connection->service->counters;
    hello__count(counters, COUNTER(responses) + record->status / 100 % 6, 1);
    hello__count(counters, COUNTER(body_bytes_received), connection->body_received);
    hello__count(counters, COUNTER(body_bytes_sent), record->body_size);
}

static void report(struct connection *connection, struct hello_access_record *record)
{
    const struct hello_options *options = connection->service->options;
    const char *method = connection->method ? connection->method : "";
    const struct hello_request request = {connection, method, NULL, 0};
    record->request = &request;
    record->duration_ns = hello__clock_ns() - connection->began;
    options->access(options->access_data, record);
}

/* ---- The callbacks ---- */

/* If libmicrohttpd provides the request line, take it now: a request that libmicrohttpd refuses by
 * itself does not reach hello__exchange_handle(). */
static bool take_early_request_line(struct connection *connection)
{
#ifdef MHD_HAS_REQUEST_LINE_INFO
    const char *method =
        MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_HTTP_METHOD)->text;
    const char *version =
        MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_HTTP_VERSION)->text;
    return take_request_line(connection, method, version);
#else
    (void)connection;
    return true;
#endif
}

void hello__exchange_begin(struct connection *connection, const char *target)
{
    hello__deadlines_enter(&connection->service->deadlines, &connection->deadline, PHASE_HEAD);
    hello__connection_set_target(connection, target);
    if (connection->service->options->access && connection->stage == STAGE_HEAD &&
        !take_early_request_line(connection))
        connection->stage = STAGE_FAILED;
    if (connection->stage == STAGE_FAILED)
        hello__log(connection->service->options, HELLO_LOG_ERROR, "no memory for a request-target");
    if (connection->service->options->access)
        connection->began = hello__clock_ns();
}

/* The connection is closed without an answer. */
static bool give_up(const struct connection *connection)
{
    hello__log(connection->service->options, HELLO_LOG_ERROR, "no memory for an answer");
    return false;
}

bool hello__exchange_handle(struct connection *connection, const char *method, const char *version,
                            size_t *upload_size)
{
    if (connection->deadline.phase == PHASE_LAST) {
        bool has_more = *upload_size > 0;
        *upload_size = 0;
        return has_more;
    }
    switch (connection->stage) {
    case STAGE_HEAD: return handle_head(connection, method, version) || give_up(connection);
    case STAGE_BODY: break;
    case STAGE_DELAYED: return send_late(connection) || give_up(connection);
    case STAGE_REPLY: return true;
    case STAGE_FAILED: return false;
    }
    connection->is_whole = *upload_size == 0;
    if (connection->is_whole)
        return handle_end_of_body(connection, method) || give_up(connection);
    connection->body_received += *upload_size;
    if (connection->body_received <= connection->service->options->max_body_size) {
        *upload_size = 0;
        return true;
    }
    if (!ANSWERS_IN_A_BODY)
        return false;
    /* libmicrohttpd calls again for bytes that are not taken: the answer may be delayed, too. */
    return answer(connection, method) || give_up(connection);
}

void hello__exchange_end(struct connection *connection, bool complete)
{
    struct hello_access_record record = {.status = final_status(connection)};
    /* libmicrohttpd reports its own answers as errors. */
    record.complete = complete || (record.status && connection->stage != STAGE_REPLY);
    record.body_size = complete ? connection->reply_size : 0;
    connection->last_status = (uint16_t)record.status;
    count(connection, &record);
    if (connection->service->options->access)
        report(connection, &record);
    hello__reply_free(connection->delayed);
    connection->delayed = NULL;
    hello__connection_drop_target(connection);
    hello__deadlines_enter(&connection->service->deadlines, &connection->deadline, PHASE_IDLE);
}
