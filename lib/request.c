/* SPDX-License-Identifier: MIT */
/* The accessors of a request, for responders and access callbacks. */
#include "connection.h"
#include "exchange.h"

#include <microhttpd.h>
#include <string.h>

const char *hello_request_method(const struct hello_request *request)
{
    return request->method;
}

const char *hello_request_protocol(const struct hello_request *request)
{
    if (!request->method[0])
        return "";
    return request->connection->is_1_0 ? "HTTP/1.0" : "HTTP/1.1";
}

const char *hello_request_target(const struct hello_request *request, size_t *length)
{
    if (length)
        *length = request->connection->target_length;
    return request->connection->target_length > 0 ? request->connection->target : "";
}

const char *hello_request_path(const struct hello_request *request, size_t *length)
{
    if (length)
        *length = request->path_length;
    return request->path;
}

bool hello_request_path_is(const struct hello_request *request, const char *path)
{
    size_t length = strlen(path);
    return request->path && length == request->path_length &&
           memcmp(request->path, path, length) == 0;
}

const char *hello_request_query(const struct hello_request *request, size_t *length)
{
    if (length)
        *length = request->connection->parsed.query_length;
    return request->connection->parsed.query;
}

const char *hello_request_field(const struct hello_request *request, const char *name)
{
    if (!request->method[0])
        return NULL;
    return MHD_lookup_connection_value(request->connection->mhd, MHD_HEADER_KIND, name);
}

struct visit {
    hello_field_callback *callback;
    void *data;
    int result; /* of the last call */
};

static enum MHD_Result visit_field(void *cls, enum MHD_ValueKind kind, const char *name,
                                   size_t name_length, const char *value, size_t value_length)
{
    struct visit *visit = cls;
    (void)kind;
    visit->result =
        visit->callback(visit->data, name, name_length, value ? value : "", value_length);
    return visit->result ? MHD_NO : MHD_YES;
}

int hello_request_fields(const struct hello_request *request, hello_field_callback *callback,
                         void *data)
{
    struct visit visit = {callback, data, 0};
    if (request->method[0])
        MHD_get_connection_values_n(request->connection->mhd, MHD_HEADER_KIND, visit_field, &visit);
    return visit.result;
}

uint64_t hello_request_body_size(const struct hello_request *request)
{
    return request->connection->body_received;
}

const struct sockaddr *hello_request_local(const struct hello_request *request)
{
    struct connection *connection = request->connection;
    socklen_t size = sizeof connection->local;
    if (connection->local.any.sa_family == AF_UNSPEC) {
        connection->local.any.sa_family = connection->peer.any.sa_family;
        if (connection->peer.any.sa_family != AF_UNIX)
            getsockname(connection->deadline.fd, &connection->local.any, &size);
    }
    return &connection->local.any;
}

const struct sockaddr *hello_request_peer(const struct hello_request *request)
{
    return &request->connection->peer.any;
}
