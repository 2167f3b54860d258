/* SPDX-License-Identifier: MIT */
#include "flags.h"

#include "options.h"

#include <ctype.h>
#include <string.h>

#define FLAG(group, name, argument, usual, words, kind, member, least, most, help)                 \
    {                                                                                              \
        name "\0" group "\0" argument "\0" usual "\0" words "\0" help, &value_##kind,              \
            offsetof(struct settings, member), least, most                                         \
    }

const struct flag flags[] = {
    FLAG("Listening", "listen", "ADDR", ":8080", "", texts, addresses, 0, HELLO_MAX_LISTENERS,
         "HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH; may be repeated"),
    FLAG("", "listen-mode", "MODE", "", "", mode, server.listen_mode, 1, 0777,
         "permissions of a unix socket's file, such as 0660; default: by the umask"),
    FLAG("", "threads", "N", "auto", "auto", number, threads, 1, 1024,
         "threads that serve requests; auto: one for each usable CPU"),

    FLAG("Answers", "greeting", "FORMAT", "", "Hello, you've requested: {path}", greeting,
         answer.greeting, 0, 0,
         "body of each answer; " FORMAT_PLACEHOLDERS " stand for parts of the request"),
    FLAG("", "format", "FORMAT", "text", "text|json", choice, answer.is_json, 0, 0,
         "text: the greeting; json: the whole request as an object"),
    FLAG("", "header", "FIELD", "", "", fields, answer.fields, 0, MOST_NAMES,
         "'Name: value' to add to each answer, with the same placeholders; may be repeated"),
    FLAG("", "status", "N", "", "200", status, answer.statuses, 200, 599,
         "status of the answers, or of a share of them, such as 503@10%; may be repeated (default "
         "200)"),
    FLAG("", "delay", "TIME", "0s", "", span, answer.delay_ms, 0, 0,
         "wait before each answer; a random time within a range like 50ms..2s"),
    FLAG("", "seed", "N", "random", "random", number, answer.chance.seed, 1, UINT32_MAX,
         "makes random statuses and delays repeatable"),
    FLAG("", "keep-path", "", "", "off|on", choice, keep_path, 0, 0,
         "answer a path like /a//b/../c as it is, without a redirect"),
    FLAG("", "redact", "NAMES", "Authorization,Cookie,Proxy-Authorization,Set-Cookie", "", names,
         answer.secrets, 0, MOST_NAMES,
         "fields whose values are shown as [redacted] in answers and in the access log"),

    FLAG("Limits", "max-connections", "N", "auto", "auto", number, server.max_connections, 1,
         UINT32_MAX, "open connections; auto: as many as open files allow, at most 10000"),
    FLAG("", "when-full", "WHAT", "wait", "wait|refuse", choice, when_full, 0, 0,
         "wait: new clients at the limit wait; refuse: they get 503"),
    FLAG("", "max-connections-per-client", "N", "any", "any", number,
         server.max_connections_per_client, 1, UINT32_MAX,
         "open connections of one IPv4 address or IPv6 /64 network"),
    FLAG("", "max-head-size", "BYTES", "32768", "", number, server.max_head_size, 1024, 16777216,
         "memory for the head of a request and of its answer"),
    FLAG("", "max-body-size", "BYTES", "262144", "", number, max_body_size, 1, UINT32_MAX,
         "bytes of a request's body to read and discard"),
    FLAG("", "header-timeout", "TIME", "10s", "", duration, server.header_timeout_ms, 0,
         HELLO_NO_TIMEOUT, "time for the head of a request to arrive"),
    FLAG("", "body-timeout", "TIME", "60s", "", duration, server.body_timeout_ms, 0,
         HELLO_NO_TIMEOUT, "time for the body of a request to arrive"),
    FLAG("", "reply-timeout", "TIME", "60s", "", duration, server.reply_timeout_ms, 0,
         HELLO_NO_TIMEOUT, "time for the client to read the answer"),
    FLAG("", "idle-timeout", "TIME", "620s", "", duration, server.idle_timeout_ms, 0,
         HELLO_NO_TIMEOUT, "time without a request, then the connection is closed"),

    FLAG("Access log", "access-log", "FORMAT", "auto", "auto|off|common|combined|json", choice,
         access.format, 0, 0,
         "a line on standard output for each request: off, common, combined, json, or auto: "
         "combined on a terminal, otherwise off"),
    FLAG("", "log-field", "NAME", "", "", members, access.fields, 0, MOST_NAMES,
         "request field to add to each line; may be repeated"),
    FLAG("", "log-skip", "PATH", "", "", texts, access.skipped, 0, MOST_NAMES,
         "path whose requests are not logged; may be repeated"),

    FLAG("Operation", "admin", "ADDR", "", "", text, admin, 0, 0,
         "where to serve /healthz, /readyz and /metrics; an address as for --listen"),
    FLAG("", "unready", "", "", "off|on", choice, unready, 0, 0,
         "keep /readyz at 503, to test that a rollout waits"),
    FLAG("", "shutdown-delay", "TIME", "0s", "", duration, shutdown_delay_ms, 0, 0,
         "time to serve after SIGTERM, while /readyz is 503"),
    FLAG("", "shutdown-timeout", "TIME", "8s", "", duration, shutdown_timeout_ms, 0,
         HELLO_NO_TIMEOUT, "time for open requests after --shutdown-delay"),

    FLAG("Instead of serving", "check", "", "", "off|on", choice, check, 0, 0,
         "print the settings and the memory limit to set, or the mistake"),
    FLAG("", "healthcheck", "", "", "off|on", choice, healthcheck, 0, 0,
         "check the running hellod (in a container, process 1); exit with 0 if healthy"),
    FLAG("", "version", "", "", "off|on", choice, version, 0, 0, "print the versions"),
    FLAG("", "help", "", "", "off|on", choice, help, 0, 0, "print this text; -h does the same"),
};

const size_t flag_count = sizeof flags / sizeof flags[0];
_Static_assert(sizeof flags / sizeof flags[0] <= 64, "settings has a bit for each");
const char *flag_part(const struct flag *flag, enum flag_part part)
{
    const char *text = flag->name;
    for (int i = 0; i < (int)part; i++)
        text += strlen(text) + 1;
    return *text ? text : NULL;
}

/* Of a member or a variable: as in the name of a flag. */
static char plain(char c)
{
    return (char)(c == '_' ? '-' : tolower((unsigned char)c));
}

/* The wrong, missing and additional characters in a text that may be the beginning of the name. */
static size_t count_mistakes(const char *text, size_t length, const char *name)
{
    const char *end = text + length;
    size_t mistakes = 0;
    for (; text < end; text++, name += *name != '\0') {
        if (plain(*text) == *name)
            continue;
        mistakes++;
        if (text + 1 < end && plain(text[1]) == *name)
            text++;
        else if (*name && plain(*text) == name[1])
            name++;
    }
    return mistakes;
}

const struct flag *flag_find(const char *name, size_t length)
{
    for (size_t i = 0; i < flag_count; i++)
        if (strlen(flags[i].name) == length && count_mistakes(name, length, flags[i].name) == 0)
            return &flags[i];
    return NULL;
}

const struct flag *flag_nearest(const char *name, size_t length)
{
    const struct flag *nearest = NULL;
    /* One character of three may be wrong, and at most two. */
    size_t bound = length < 3 ? 0 : length < 6 ? 2 : 3;
    for (size_t i = 0; i < flag_count; i++) {
        size_t steps = count_mistakes(name, length, flags[i].name);
        if (steps < bound) {
            bound = steps;
            nearest = &flags[i];
        }
    }
    return nearest;
}
