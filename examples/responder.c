/* SPDX-License-Identifier: MIT */
/* Answers of one's own, by path: a status, a content type, fields and a body that is copied or
 * handed over. Two threads of the library's run the responder, so what it shares is atomic. */
#include <errno.h>
#include <hello/hello.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct program {
    atomic_uint visits;
};

/* A path is bytes with a length: it may hold any byte, and no NUL ends it. */
static bool path_is(const struct hello_request *request, const char *path)
{
    size_t length;
    const char *bytes = hello_request_path(request, &length);
    return length == strlen(path) && memcmp(bytes, path, length) == 0;
}

/* A short body: copied by hello_reply_set_body(). */
static int respond_visits(struct program *program, struct hello_reply *reply)
{
    char body[64];
    unsigned visits = atomic_fetch_add(&program->visits, 1) + 1;
    int length = snprintf(body, sizeof body, "{\"visits\": %u}\n", visits);
    int error = hello_reply_set_content_type(reply, "application/json");
    if (!error)
        error = hello_reply_add_field(reply, "Cache-Control", "no-store");
    return error ? error : hello_reply_set_body(reply, body, (size_t)length, NULL);
}

/* A large body: made once and handed over, to be freed when it has been sent. */
static int respond_large(struct hello_reply *reply)
{
    const size_t size = 1000000;
    char *body = malloc(size);
    if (!body)
        return -ENOMEM;
    memset(body, '.', size);
    return hello_reply_set_body(reply, body, size, free);
}

/* What the client sent, by name. */
static int respond_agent(const struct hello_request *request, struct hello_reply *reply)
{
    const char *agent = hello_request_field(request, "User-Agent");
    return agent ? hello_reply_set_body(reply, agent, strlen(agent), NULL) : 0;
}

static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    if (path_is(request, "/visits"))
        return respond_visits(data, reply);
    if (path_is(request, "/large"))
        return respond_large(reply);
    if (path_is(request, "/agent"))
        return respond_agent(request, reply);
    if (path_is(request, "/broken"))
        return -EIO; /* 500, and a line in the log */
    if (path_is(request, "/teapot"))
        return hello_reply_set_status(reply, 418);
    if (path_is(request, "/hello"))
        return hello_respond_greeting(NULL, request, reply);
    return hello_reply_set_status(reply, 404);
}

static void log_line(void *data, enum hello_log_level level, const char *message)
{
    (void)data;
    if (level != HELLO_LOG_DEBUG)
        fprintf(stderr, "%s\n", message);
}

/* One line for each request that is over, from whichever thread it was on. */
static void log_access(void *data, const struct hello_access_record *record)
{
    size_t length;
    const char *target = hello_request_target(record->request, &length);
    (void)data;
    fprintf(stderr, "%s %.*s %u %" PRIu64 " bytes %" PRIu64 " ns\n",
            hello_request_method(record->request), (int)length, target, record->status,
            record->body_size, record->duration_ns);
}

static void print_stats(const struct hello_server *server)
{
    struct hello_stats stats;
    hello_server_stats(server, &stats, sizeof stats);
    fprintf(stderr, "%" PRIu64 " requests on %" PRIu64 " connections\n", stats.requests,
            stats.connections_accepted);
}

int main(void)
{
    struct program program = {0};
    struct hello_options options = HELLO_OPTIONS_INIT;
    struct hello_server *server;
    char address[128];
    sigset_t signals;
    int number;

    options.threads = 2;
    options.responder = respond;
    options.responder_data = &program;
    options.log = log_line;
    options.access = log_access;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL); /* for sigwait(); the library's threads block all */
    if (hello_server_start(&server, &options))
        return 1;
    hello_server_address(server, 0, address, sizeof address);
    printf("%s\n", address);
    fflush(stdout);

    sigwait(&signals, &number);
    hello_server_drain(server, 5000); /* with threads it waits */
    print_stats(server);
    hello_server_stop(server);
    return 0;
}
