/* SPDX-License-Identifier: MIT */
/* A responder that answers by path: a status, a content type, fields, and a body that is copied,
 * allocated or static. Two threads of the library run the responder, so the counter is atomic. */
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

/* A short body: copied by hello_reply_set_body(). */
static int respond_visits(struct program *program, struct hello_reply *reply)
{
    char body[64];
    unsigned visits = atomic_fetch_add(&program->visits, 1) + 1;
    int length = snprintf(body, sizeof body, "{\"visits\": %u}\n", visits);
    int error = hello_reply_set_content_type(reply, "application/json");
    if (!error)
        error = hello_reply_add_field(reply, "Cache-Control", "no-store");
    return error ? error : hello_reply_set_body(reply, body, (size_t)length);
}

/* A large body: allocated here. The library calls free(body) when it has sent the body. */
static int respond_large(struct hello_reply *reply)
{
    const size_t size = 1000000;
    char *body = malloc(size);
    if (!body)
        return -ENOMEM;
    memset(body, '.', size);
    hello_reply_set_body_nocopy(reply, body, size, free, body);
    return 0;
}

/* A static body: neither copied nor freed. */
static int respond_motto(struct hello_reply *reply)
{
    static const char body[] = "Small and correct.\n";
    hello_reply_set_body_nocopy(reply, body, sizeof body - 1, NULL, NULL);
    return 0;
}

/* The value of one field of the request. */
static int respond_agent(const struct hello_request *request, struct hello_reply *reply)
{
    const char *agent = hello_request_field(request, "User-Agent");
    return agent ? hello_reply_set_body(reply, agent, strlen(agent)) : 0;
}

static int count_field(void *data, const char *name, size_t name_length, const char *value,
                       size_t value_length)
{
    (void)name;
    (void)name_length;
    (void)value;
    (void)value_length;
    ++*(unsigned *)data;
    return 0; /* go on with the next field */
}

/* The number of all fields of the request. */
static int respond_count(const struct hello_request *request, struct hello_reply *reply)
{
    char body[32];
    unsigned count = 0;
    hello_request_fields(request, count_field, &count);
    int length = snprintf(body, sizeof body, "%u fields\n", count);
    return hello_reply_set_body(reply, body, (size_t)length);
}

static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    if (hello_request_path_is(request, "/visits"))
        return respond_visits(data, reply);
    if (hello_request_path_is(request, "/large"))
        return respond_large(reply);
    if (hello_request_path_is(request, "/agent"))
        return respond_agent(request, reply);
    if (hello_request_path_is(request, "/fields"))
        return respond_count(request, reply);
    if (hello_request_path_is(request, "/motto"))
        return respond_motto(reply);
    if (hello_request_path_is(request, "/broken"))
        return -EIO; /* 500, and a line in the log */
    if (hello_request_path_is(request, "/teapot"))
        return hello_reply_set_status(reply, 418);
    if (hello_request_path_is(request, "/hello"))
        return hello_respond_greeting(NULL, request, reply);
    return hello_reply_set_status(reply, 404);
}

static void log_line(void *data, enum hello_log_level level, const char *message)
{
    (void)data;
    if (level != HELLO_LOG_DEBUG)
        fprintf(stderr, "%s\n", message);
}

/* One line for each finished request, on the thread of the request. */
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
    sigprocmask(SIG_BLOCK, &signals, NULL); /* for sigwait(); the library's threads block it, too */
    if (hello_server_start(&server, &options))
        return 1;
    hello_server_address(server, 0, address, sizeof address);
    printf("%s\n", address);
    fflush(stdout);

    sigwait(&signals, &number);
    hello_server_drain(server, 5000); /* with threads, it waits */
    print_stats(server);
    hello_server_stop(server);
    return 0;
}
