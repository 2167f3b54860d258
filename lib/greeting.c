/* SPDX-License-Identifier: MIT */
/* The default responder. */
#include "reply.h"

#include <errno.h>
#include <hello/hello.h>
#include <string.h>

int hello_respond_greeting(void *data, const struct hello_request *request,
                           struct hello_reply *reply)
{
    static const char salutation[] = "Hello, you've requested: ";
    enum { PREFIX = sizeof salutation - 1 };
    size_t length;
    const char *path = hello_request_path(request, &length);
    (void)data;
    char *body = hello__reply_make_body(reply, NULL, PREFIX + length + 1);
    if (!body)
        return -ENOMEM;
    memcpy(body, salutation, PREFIX);
    memcpy(body + PREFIX, path, length);
    body[PREFIX + length] = '\n';
    return 0;
}
