/* SPDX-License-Identifier: MIT */
#include "admin.h"

#include "metrics.h"
#include "options.h"
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* The main server leaves few files to the rest of hellod. At this limit, the admin server
     * closes the connection that was silent for longest: a probe gets its answer at once. */
    CONNECTIONS = 16,
    HEAD_SIZE = 8192,
    REQUESTS = 16, /* so that clients take turns */
};

/* ---- Pages ---- */

static int show_readiness(const struct admin *admin, struct hello_reply *reply)
{
    return admin->ready ? answer_say(reply, 200, "ok\n") : answer_say(reply, 503, "not ready\n");
}

static int show_metrics(const struct admin *admin, struct hello_reply *reply)
{
    char *text = malloc(METRICS_SIZE);
    if (!text)
        return -ENOMEM;
    hello_reply_set_body_nocopy(reply, text, metrics_format(text, admin->main, admin->access), free,
                                text);
    return hello_reply_set_content_type(reply, "text/plain; version=0.0.4; charset=utf-8");
}

static const struct page {
    const char *path;
    int (*show)(const struct admin *admin, struct hello_reply *reply); /* NULL = "ok" */
} pages[] = {
    {"/healthz", NULL},
    {"/livez", NULL},
    {"/readyz", show_readiness},
    {"/metrics", show_metrics},
};

static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    const char *method = hello_request_method(request);
    const struct page *page = pages, *end = pages + sizeof pages / sizeof pages[0];
    while (page < end && !hello_request_path_is(request, page->path))
        page++;
    if (page == end)
        return answer_say(reply, 404, "404 Not Found\n");
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        int error = hello_reply_add_field(reply, "Allow", "GET, HEAD");
        return error ? error : answer_say(reply, 405, "405 Method Not Allowed\n");
    }
    int error = hello_reply_add_field(reply, "Cache-Control", "no-store");
    if (error)
        return error;
    return page->show ? page->show(data, reply) : answer_say(reply, 200, "ok\n");
}

/* ---- Life ---- */

struct hello_options admin_options(const struct settings *settings, struct admin *admin)
{
    struct hello_options options = HELLO_OPTIONS_INIT;
    options.listeners = settings->admin_listeners;
    options.listener_count = settings->admin_listener_count;
    options.listen_mode = settings->server.listen_mode;
    options.threads = 1;
    options.flags = HELLO_EVICT_WHEN_FULL | HELLO_NO_FORK;
    options.max_connections = CONNECTIONS;
    options.max_head_size = HEAD_SIZE;
    options.max_requests = REQUESTS;
    options.responder = respond;
    options.responder_data = admin;
    options.log = options_log_admin;
    options.log_data = (void *)settings;
    return options;
}
