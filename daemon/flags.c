/* SPDX-License-Identifier: MIT */
#include "flags.h"

#include "options.h"

#include <string.h>

#define SETTING(member) offsetof(struct settings, member)

enum { LONGEST_NAME = 32 };

const char *const access_format_names[] = {"off", "common", "combined", "json", NULL};

const struct flag flags[] = {
    {"Server", "listen", "ADDR", LISTEN, SETTING(listeners), 0, 0,
     "HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH; may be given again (default :8080)"},
    {NULL, "listen-mode", "MODE", MODE, SETTING(server.listen_mode), 0, 0,
     "permissions of the file of a unix socket, as 0660 (default: by the umask)"},
    {NULL, "threads", "N", THREADS, SETTING(server.threads), 1, 1024,
     "threads that serve, or auto (default: the CPUs it may use)"},

    {"Answers", "greeting", "FORMAT", GREETING, SETTING(answer.greeting), 0, 0,
     "the answer, with {path} {method} {host} {query} {remote} {hostname}; {{ is a brace"},
    {NULL, "header", "FIELD", HEADER, SETTING(answer), 0, 0,
     "'Name: value' of each answer; may be given again"},
    {NULL, "status", "N", NUMBER, SETTING(answer.status), 200, 599, "of the answers (default 200)"},
    {NULL, "delay", "TIME", DELAY, SETTING(answer.delay_ms), 0, 0,
     "until an answer is sent, without a thread that waits (default 0)"},

    {"Limits", "max-connections", "N", NUMBER, SETTING(server.max_connections), 1, UINT32_MAX,
     "connections open at once (default: by the limit of open files, up to 10000)"},
    {NULL, "when-full", "WHAT", WHEN_FULL, SETTING(server.flags), 0, 0,
     "then: wait, or refuse, which is a 503 (default wait)"},
    {NULL, "max-connections-per-client", "N", NUMBER, SETTING(server.max_connections_per_client), 1,
     UINT32_MAX, "from one address, or one IPv6 network of 64 bits (default: any number)"},
    {NULL, "max-requests", "N", NUMBER, SETTING(server.max_requests), 1, UINT32_MAX,
     "on one connection (default: any number)"},
    {NULL, "max-head-size", "BYTES", NUMBER, SETTING(server.max_head_size), 1024, 16777216,
     "memory for the head of a request (default 32768)"},
    {NULL, "max-body-size", "BYTES", SIZE, SETTING(server.max_body_size), 1, UINT32_MAX,
     "of a request's body that are read and dropped (default 262144)"},
    {NULL, "header-timeout", "TIME", LIMIT, SETTING(server.header_timeout_ms), 0, 0,
     "for a request's head to arrive (default 10s)"},
    {NULL, "body-timeout", "TIME", LIMIT, SETTING(server.body_timeout_ms), 0, 0,
     "for a request's body (default 60s)"},
    {NULL, "reply-timeout", "TIME", LIMIT, SETTING(server.reply_timeout_ms), 0, 0,
     "for the client to take the answer (default 60s)"},
    {NULL, "min-reply-rate", "BYTES", NUMBER, SETTING(server.min_reply_rate), 1, UINT32_MAX,
     "of answers per second that prolong it (default 500)"},
    {NULL, "idle-timeout", "TIME", LIMIT, SETTING(server.idle_timeout_ms), 0, 0,
     "until a connection without a request is closed (default 620s)"},
    {NULL, "send-buffer-size", "BYTES", NUMBER, SETTING(server.send_buffer_size), 1, UINT32_MAX,
     "of answers that the kernel holds for a client (default 65536)"},
    {NULL, "receive-buffer-size", "BYTES", NUMBER, SETTING(server.receive_buffer_size), 1,
     UINT32_MAX, "of requests that the kernel holds of a client (default 65536)"},

    {"Operation", "admin", "ADDR", TEXT, SETTING(admin), 0, 0,
     "where to answer /healthz, /readyz and /metrics; see --listen (default: nowhere)"},
    {NULL, "access-log", "FORMAT", ACCESS, SETTING(access_format), 0, 0,
     "a line on stdout for each request: off, common, combined or json (default off)"},
    {NULL, "shutdown-delay", "TIME", DELAY, SETTING(shutdown_delay_ms), 0, 0,
     "serve on after SIGTERM, while /readyz is 503 already (default 0)"},
    {NULL, "shutdown-timeout", "TIME", LIMIT, SETTING(shutdown_timeout_ms), 0, 0,
     "then, for requests in flight (default 8s)"},

    {"Instead of serving", "check", NULL, SWITCH, SETTING(check), 0, 0,
     "print the settings and the memory they take at most, or what is wrong, and exit"},
    {NULL, "healthcheck", NULL, SWITCH, SETTING(healthcheck), 0, 0,
     "ask the hellod that runs, in a container process 1, and exit with 0 if it is well"},
    {NULL, "version", NULL, SWITCH, SETTING(version), 0, 0, "print versions and exit"},
    {NULL, "help", NULL, SWITCH, SETTING(help), 0, 0, "print this and exit"},
};

const size_t flag_count = sizeof flags / sizeof flags[0];
_Static_assert(sizeof flags / sizeof flags[0] <= 64, "settings has a bit for each");

const struct flag *flag_find(const char *name, size_t length)
{
    for (size_t i = 0; i < flag_count; i++)
        if (strlen(flags[i].name) == length && strncmp(flags[i].name, name, length) == 0)
            return &flags[i];
    return NULL;
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many insertions, deletions and changes of a character lead from text to the beginning of a
 * name that it is the nearest to. */
static size_t distance(const char *text, size_t length, const char *name)
{
    size_t row[LONGEST_NAME + 1]; /* of a part of text, to the beginnings of name */
    const size_t columns = strlen(name);
    for (size_t j = 0; j <= columns; j++)
        row[j] = j;
    for (size_t i = 0; i < length; i++) {
        size_t diagonal = row[0]++;
        for (size_t j = 0; j < columns; j++) {
            size_t change = diagonal + (text[i] != name[j]);
            diagonal = row[j + 1];
            row[j + 1] = min(change, min(row[j], diagonal) + 1);
        }
    }
    size_t least = row[columns];
    for (size_t j = 0; j < columns; j++)
        least = min(least, row[j]);
    return least;
}

const struct flag *flag_nearest(const char *name, size_t length)
{
    const struct flag *nearest = NULL;
    /* One in three may be wrong, and no more than two. */
    size_t bound = length < 3 ? 0 : min(3, length / 3 + 1);
    for (size_t i = 0; i < flag_count; i++) {
        size_t steps = distance(name, length, flags[i].name);
        if (steps < bound) {
            bound = steps;
            nearest = &flags[i];
        }
    }
    return nearest;
}
