/* SPDX-License-Identifier: MIT */
/* What a responder and an access callback can ask of a request. */
#include "connection.h"
#include "exchange.h"

#include <microhttpd.h>

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

const struct sockaddr *hello_request_peer(const struct hello_request *request)
{
    return &request->connection->peer.any;
}
