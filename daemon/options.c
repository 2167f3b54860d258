/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "flags.h"
#include "notify.h"
#include "number.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a value came from, as the user wrote it: "--listen" or "HELLOD_LISTEN". */
static int refuse(struct settings *settings, const char *source, const char *value,
                  const char *reason)
{
    snprintf(settings->error, sizeof settings->error, "%s: '%s' %s", source, value, reason);
    return -EINVAL;
}

static int set_number(struct settings *settings, const struct flag *flag, const char *source,
                      const char *value, uint32_t *member)
{
    char reason[64];
    const char *end;
    uint64_t number = number_read(value, &end);
    if (end == value || *end || number < flag->least || number > flag->most) {
        snprintf(reason, sizeof reason, "is not a number from %u to %u", flag->least, flag->most);
        return refuse(settings, source, value, reason);
    }
    *member = (uint32_t)number;
    return 0;
}

/* "0660" or "660" */
static int set_mode(struct settings *settings, const char *source, const char *value,
                    uint32_t *member)
{
    uint32_t mode = 0;
    const char *at = value;
    for (; *at >= '0' && *at <= '7' && mode <= 0777; at++)
        mode = mode * 8 + (uint32_t)(*at - '0');
    if (*at || mode == 0 || mode > 0777)
        return refuse(settings, source, value, "is not an octal number from 1 to 777");
    *member = mode;
    return 0;
}

/* "5", "5s" or "500ms" */
static int set_duration(struct settings *settings, const char *source, const char *value,
                        uint32_t *member)
{
    const char *unit;
    uint64_t number = number_read(value, &unit);
    uint64_t scale = strcmp(unit, "ms") == 0 ? 1 : 1000;
    bool known = scale == 1 || strcmp(unit, "s") == 0 || !*unit;
    if (unit == value || !known || number > (HELLO_NO_TIMEOUT - 1) / scale)
        return refuse(settings, source, value, "is not a duration like 5, 5s or 500ms");
    *member = (uint32_t)(number * scale);
    return 0;
}

/* 0 is no limit, for which hello_options has another word. */
static int set_limit(struct settings *settings, const char *source, const char *value,
                     uint32_t *member)
{
    int error = set_duration(settings, source, value, member);
    if (!error && *member == 0)
        *member = HELLO_NO_TIMEOUT;
    return error;
}

static int set_size(struct settings *settings, const struct flag *flag, const char *source,
                    const char *value, uint64_t *member)
{
    uint32_t size;
    int error = set_number(settings, flag, source, value, &size);
    if (!error)
        *member = size;
    return error;
}

static int set_when_full(struct settings *settings, const char *source, const char *value,
                         uint32_t *member)
{
    bool refuses = strcmp(value, "refuse") == 0;
    if (!refuses && strcmp(value, "wait") != 0)
        return refuse(settings, source, value, "is neither wait nor refuse");
    *member = (*member & ~HELLO_REFUSE_WHEN_FULL) | (refuses ? HELLO_REFUSE_WHEN_FULL : 0);
    return 0;
}

static int set_threads(struct settings *settings, const struct flag *flag, const char *source,
                       const char *value, int *member)
{
    uint32_t threads;
    if (strcmp(value, "auto") == 0) {
        *member = HELLO_THREADS_AUTO;
        return 0;
    }
    int error = set_number(settings, flag, source, value, &threads);
    if (!error)
        *member = (int)threads;
    return error;
}

static int set_access_format(struct settings *settings, const char *source, const char *value,
                             int *member)
{
    for (int i = 0; access_format_names[i]; i++) {
        if (strcmp(access_format_names[i], value) == 0) {
            *member = i;
            return 0;
        }
    }
    return refuse(settings, source, value, "is not off, common, combined or json");
}

static int set_greeting(struct settings *settings, const char *source, const char *value,
                        const char **member)
{
    if (!answer_is_greeting(value))
        return refuse(settings, source, value, "has a { that begins no known {name}, nor a {{");
    *member = value;
    return 0;
}

static int add_field(struct settings *settings, const char *source, const char *line, size_t length)
{
    char text[128];
    int error = answer_add_field(&settings->answer, line, length);
    if (!error)
        return 0;
    snprintf(text, sizeof text, "%.*s", (int)length, line);
    return refuse(settings, source, text,
                  error == -EINVAL ? "is not a field 'Name: value' that may be set"
                                   : "is one field too many");
}

/* A variable has a field in each line; an argument is one, and line feeds are none of it. */
static int set_fields(struct settings *settings, const char *source, const char *value,
                      struct answer *answer)
{
    bool is_argument = source[0] == '-';
    int error = 0;
    if (is_argument && !settings->has_own_fields)
        answer_drop_fields(answer);
    settings->has_own_fields = is_argument;
    if (is_argument)
        return add_field(settings, source, value, strlen(value));
    while (*value && !error) {
        size_t length = strcspn(value, "\n");
        if (length > 0)
            error = add_field(settings, source, value, length);
        value += length + (value[length] == '\n');
    }
    return error;
}

static int set(struct settings *settings, const struct flag *flag, const char *source,
               const char *value)
{
    void *member = (char *)settings + flag->offset;
    const uint64_t bit = UINT64_C(1) << (flag - flags);
    *(source[0] == '-' ? &settings->from_arguments : &settings->from_environment) |= bit;
    switch (flag->kind) {
    case TEXT:
        if (!*value)
            return refuse(settings, source, value, "is empty");
        *(const char **)member = value;
        return 0;
    case NUMBER: return set_number(settings, flag, source, value, member);
    case SIZE: return set_size(settings, flag, source, value, member);
    case MODE: return set_mode(settings, source, value, member);
    case THREADS: return set_threads(settings, flag, source, value, member);
    case LIMIT: return set_limit(settings, source, value, member);
    case DELAY: return set_duration(settings, source, value, member);
    case GREETING: return set_greeting(settings, source, value, member);
    case HEADER: return set_fields(settings, source, value, member);
    case ACCESS: return set_access_format(settings, source, value, member);
    case WHEN_FULL: return set_when_full(settings, source, value, member);
    case SWITCH: *(bool *)member = true; return 0;
    }
    return -EINVAL;
}

/* ---- Environment ---- */

/* "max-connections" as "HELLOD_MAX_CONNECTIONS" */
static void variable_name(const struct flag *flag, char *name, size_t size)
{
    int length = snprintf(name, size, "HELLOD_%s", flag->name);
    for (int i = 0; i < length; i++) {
        if (name[i] == '-')
            name[i] = '_';
        else if (name[i] >= 'a' && name[i] <= 'z')
            name[i] = (char)(name[i] - 'a' + 'A');
    }
}

/* The contract of platforms that choose the port: only a number, and on every address. */
static int read_port(struct settings *settings)
{
    static const struct flag port_flag = {.least = 0, .most = 65535};
    const char *value = getenv("PORT");
    uint32_t port;
    if (!value)
        return 0;
    int error = set_number(settings, &port_flag, "PORT", value, &port);
    if (error)
        return error;
    snprintf(settings->port_address, sizeof settings->port_address, ":%u", port);
    settings->server.listen = settings->port_address;
    return 0;
}

static int read_environment(struct settings *settings)
{
    int error = read_port(settings);
    for (size_t i = 0; i < flag_count && !error; i++) {
        char name[64];
        variable_name(&flags[i], name, sizeof name);
        const char *value = flags[i].kind == SWITCH ? NULL : getenv(name);
        if (value)
            error = set(settings, &flags[i], name, value);
    }
    return error;
}

void options_source(const struct settings *settings, const struct flag *flag, char *source,
                    size_t size)
{
    const uint64_t bit = UINT64_C(1) << (flag - flags);
    bool is_listen = flag->offset == offsetof(struct settings, server.listen);
    if (settings->from_arguments & bit)
        snprintf(source, size, "--%s", flag->name);
    else if (settings->from_environment & bit)
        variable_name(flag, source, size);
    else if (is_listen && settings->port_address[0])
        snprintf(source, size, "PORT");
    else
        snprintf(source, size, "default of --%s", flag->name);
}

/* ---- Arguments ---- */

static int refuse_unknown(struct settings *settings, const char *argument,
                          const struct flag *nearest)
{
    char reason[64] = "is not known; see hellod --help";
    if (nearest)
        snprintf(reason, sizeof reason, "is not known; did you mean --%s?", nearest->name);
    return refuse(settings, "arguments", argument, reason);
}

/* Reads argv[0] and, for "--flag value", argv[1]. Returns how many it read, or -EINVAL. */
static int read_argument(struct settings *settings, char *const argv[])
{
    const char *argument = argv[0];
    const char *name = argument + 2;
    if (strncmp(argument, "--", 2) != 0)
        return refuse(settings, "arguments", argument, "is not an option; see hellod --help");
    size_t length = strcspn(name, "=");
    const struct flag *flag = flag_find(name, length);
    if (!flag)
        return refuse_unknown(settings, argument, flag_nearest(name, length));
    char source[64];
    snprintf(source, sizeof source, "--%s", flag->name);
    if (name[length]) {
        const char *value = name + length + 1;
        if (flag->kind == SWITCH)
            return refuse(settings, source, value, "is a value, and it takes none");
        return set(settings, flag, source, value) ? -EINVAL : 1;
    }
    if (flag->kind == SWITCH)
        return set(settings, flag, source, "") ? -EINVAL : 1;
    if (!argv[1])
        return refuse(settings, source, "", "is not enough; it takes a value");
    return set(settings, flag, source, argv[1]) ? -EINVAL : 2;
}

/* ---- Inherited sockets ---- */

static int refuse_sockets(struct settings *settings, const char *reason)
{
    return refuse(settings, "LISTEN_FDS", getenv("LISTEN_FDS"), reason);
}

static int take_socket(struct settings *settings, const struct inherited_socket *socket)
{
    int *member = socket->is_admin ? &settings->admin_fd : &settings->server.listen_fd;
    const char *address = socket->is_admin ? settings->admin : settings->server.listen;
    if (*member)
        return refuse_sockets(settings, "are two sockets for one port");
    if (address)
        return refuse_sockets(settings, socket->is_admin
                                            ? "has the socket that --admin is to open"
                                            : "has the socket that --listen or PORT is to open");
    *member = socket->fd;
    return 0;
}

/* That named "admin" is for the admin port, another for the main port. */
static int read_sockets(struct settings *settings)
{
    enum { PORTS = 2 };
    struct inherited_socket sockets[PORTS];
    uint64_t count = notify_sockets(sockets, PORTS);
    int error = 0;
    if (count > PORTS)
        return refuse_sockets(settings, "are more sockets than there are ports");
    for (uint64_t i = 0; i < count && !error; i++)
        error = take_socket(settings, &sockets[i]);
    return error;
}

int options_read(struct settings *settings, char *const argv[])
{
    *settings = (struct settings){
        .server = HELLO_OPTIONS_INIT,
        .shutdown_timeout_ms = 8000,
    };
    settings->server.threads = HELLO_THREADS_AUTO;
    int error = read_environment(settings);
    if (error)
        return error;
    for (argv++; argv[0];) {
        int read = read_argument(settings, argv);
        if (read < 0)
            return read;
        argv += read;
    }
    error = read_sockets(settings);
    if (!settings->server.listen && settings->server.listen_fd == 0)
        settings->server.listen = ":8080";
    return error;
}
