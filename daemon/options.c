/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "flags.h"
#include "log.h"
#include "notify.h"
#include "number.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where a value came from, as the user wrote it: "--listen" or "HELLOD_LISTEN". */
static int refuse(struct settings *settings, const char *source, const char *value,
                  const char *reason)
{
    snprintf(settings->error, sizeof settings->error, "%s: '%.128s' %s", source, value, reason);
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

static bool is_argument(const char *source)
{
    return source[0] == '-';
}

static uint64_t bit_of(const struct flag *flag)
{
    return UINT64_C(1) << (flag - flags);
}

/* Whether the value takes the place of those before it: of one that may be given again, an argument
 * does so to a variable. */
static bool replaces(const struct settings *settings, const struct flag *flag, const char *source)
{
    return !is_argument(source) || !(settings->from_arguments & bit_of(flag));
}

/* A variable has a field in each line; an argument is one, and line feeds are none of it. */
static int set_fields(struct settings *settings, const struct flag *flag, const char *source,
                      const char *value)
{
    int error = 0;
    if (replaces(settings, flag, source))
        answer_drop_fields(&settings->answer);
    if (is_argument(source))
        return add_field(settings, source, value, strlen(value));
    while (*value && !error) {
        size_t length = strcspn(value, "\n");
        if (length > 0)
            error = add_field(settings, source, value, length);
        value += length + (value[length] == '\n');
    }
    return error;
}

static int add_address(struct settings *settings, const char *source, const char *text)
{
    struct hello_options *server = &settings->server;
    if (!*text)
        return refuse(settings, source, text, "is empty");
    if (server->listener_count == HELLO_MAX_LISTENERS)
        return refuse(settings, source, text, "is one address too many");
    settings->listeners[server->listener_count++] = (struct hello_listener){.address = text};
    return 0;
}

/* A variable has a comma between two addresses; an argument is one. */
static int set_listen(struct settings *settings, const struct flag *flag, const char *source,
                      const char *value)
{
    char *text = settings->listen_text;
    int error = 0;
    if (replaces(settings, flag, source))
        settings->server.listener_count = 0;
    if (is_argument(source))
        return add_address(settings, source, value);
    if (strlen(value) >= sizeof settings->listen_text)
        return refuse(settings, source, value, "is longer than 2047 bytes");
    memcpy(text, value, strlen(value) + 1);
    for (char *next = text; next && !error; text = next) {
        next = strchr(text, ',');
        if (next)
            *next++ = '\0';
        error = add_address(settings, source, text);
    }
    return error;
}

static int set_member(struct settings *settings, const struct flag *flag, const char *source,
                      const char *value)
{
    void *member = (char *)settings + flag->offset;
    switch (flag->kind) {
    case LISTEN: return set_listen(settings, flag, source, value);
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
    case HEADER: return set_fields(settings, flag, source, value);
    case ACCESS: return set_access_format(settings, source, value, member);
    case WHEN_FULL: return set_when_full(settings, source, value, member);
    case SWITCH: *(bool *)member = true; return 0;
    }
    return -EINVAL;
}

static int set(struct settings *settings, const struct flag *flag, const char *source,
               const char *value)
{
    int error = set_member(settings, flag, source, value);
    *(is_argument(source) ? &settings->from_arguments : &settings->from_environment) |=
        bit_of(flag);
    return error;
}

/* ---- Environment ---- */

static const char prefix[] = "HELLOD_";

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
    if (!value || !*value)
        return 0;
    int error = set_number(settings, &port_flag, "PORT", value, &port);
    if (error)
        return error;
    snprintf(settings->port_address, sizeof settings->port_address, ":%u", port);
    return add_address(settings, "PORT", settings->port_address);
}

static int read_environment(struct settings *settings)
{
    int error = read_port(settings);
    for (size_t i = 0; i < flag_count && !error; i++) {
        char name[64];
        variable_name(&flags[i], name, sizeof name);
        const char *value = flags[i].kind == SWITCH ? NULL : getenv(name);
        if (value && *value) /* an empty one is not set */
            error = set(settings, &flags[i], name, value);
    }
    return error;
}

void options_source(const struct settings *settings, const struct flag *flag, char *source,
                    size_t size)
{
    if (settings->from_arguments & bit_of(flag))
        snprintf(source, size, "--%s", flag->name);
    else if (settings->from_environment & bit_of(flag))
        variable_name(flag, source, size);
    else if (flag->kind == LISTEN && settings->port_address[0])
        snprintf(source, size, "PORT");
    else
        snprintf(source, size, "default of --%s", flag->name);
}

/* Whether a Service of Kubernetes's named hellod, or hellod-something, is why it is there:
 * HELLOD_SERVICE_HOST, HELLOD_SERVICE_PORT_HTTP, HELLOD_PORT=tcp://10.0.0.1:80,
 * HELLOD_PORT_80_TCP_ADDR. */
static bool is_service_link(const char *variable)
{
    static const char service[] = "_SERVICE_", port[] = "_PORT";
    for (const char *at = variable; *at && *at != '='; at++) {
        if (strncmp(at, service, sizeof service - 1) == 0)
            return true;
        if (strncmp(at, port, sizeof port - 1) != 0)
            continue;
        const char *behind = at + sizeof port - 1;
        if (behind[0] == '_' && behind[1] >= '0' && behind[1] <= '9')
            return true;
        if (behind[0] == '=' && strncmp(behind + strcspn(behind, ":"), "://", 3) == 0)
            return true;
    }
    return false;
}

/* The option that "MAX_CONECTIONS=5" may be meant for, and the exact one if there is one. NULL when
 * there is none. */
static const struct flag *meant_by(const char *variable)
{
    char name[64];
    size_t length = 0;
    for (; length < sizeof name && variable[length] && variable[length] != '='; length++) {
        char c = variable[length];
        name[length] = (char)(c == '_' ? '-' : c >= 'A' ? c | 0x20 : c);
    }
    const struct flag *flag = flag_find(name, length);
    if (!flag)
        flag = flag_nearest(name, length);
    return flag && flag->kind != SWITCH ? flag : NULL;
}

static void warn_about(const char *variable)
{
    char name[64] = "";
    const size_t length = strcspn(variable, "=");
    const struct flag *flag = meant_by(variable + sizeof prefix - 1);
    if (flag)
        variable_name(flag, name, sizeof name);
    bool is_known = strncmp(name, variable, length) == 0 && !name[length];
    if (is_known || !variable[length] || !variable[length + 1] || is_service_link(variable))
        return;
    log_line("%.*s: not a variable of hellod; %s%s%s", (int)length, variable,
             flag ? "did you mean " : "see hellod --help", name, flag ? "?" : "");
}

void options_warn(void)
{
    for (char **variable = environ; *variable; variable++)
        if (strncmp(*variable, prefix, sizeof prefix - 1) == 0)
            warn_about(*variable);
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
    const char *name = argument + strspn(argument, "-");
    size_t length = strcspn(name, "=");
    if (argument[0] != '-')
        return refuse(settings, "arguments", argument,
                      "is unexpected: only options are; see hellod --help");
    const struct flag *flag = name == argument + 2 ? flag_find(name, length) : NULL;
    if (!flag)
        return refuse_unknown(settings, argument, flag_nearest(name, length));
    char source[64];
    snprintf(source, sizeof source, "--%s", flag->name);
    if (name[length]) {
        const char *value = name + length + 1;
        if (flag->kind == SWITCH)
            return refuse(settings, source, value, "is unexpected: it takes no value");
        return set(settings, flag, source, value) ? -EINVAL : 1;
    }
    if (flag->kind == SWITCH)
        return set(settings, flag, source, "") ? -EINVAL : 1;
    if (!argv[1]) {
        snprintf(settings->error, sizeof settings->error, "%s needs a value", source);
        return -EINVAL;
    }
    return set(settings, flag, source, argv[1]) ? -EINVAL : 2;
}

/* ---- Inherited sockets ---- */

static int refuse_sockets(struct settings *settings, const char *reason)
{
    return refuse(settings, "LISTEN_FDS", getenv("LISTEN_FDS"), reason);
}

/* The flag of this name gave an address, too. */
static int refuse_socket(struct settings *settings, const char *name)
{
    char source[64], reason[104];
    options_source(settings, flag_find(name, strlen(name)), source, sizeof source);
    snprintf(reason, sizeof reason, "has a socket for the address that %s sets", source);
    return refuse_sockets(settings, reason);
}

/* Those that are named "admin" are for the admin port, others for the main port. */
static void take_socket(struct settings *settings, const struct inherited_socket *socket)
{
    const struct hello_listener place = {.fd = socket->fd};
    if (socket->is_admin)
        settings->admin_sockets[settings->admin_socket_count++] = place;
    else
        settings->listeners[settings->server.listener_count++] = place;
}

static int read_sockets(struct settings *settings)
{
    struct inherited_socket sockets[HELLO_MAX_LISTENERS];
    uint64_t count = notify_sockets(sockets, HELLO_MAX_LISTENERS);
    bool has_addresses = settings->server.listener_count > 0;
    if (count > HELLO_MAX_LISTENERS)
        return refuse_sockets(settings, "are more than 16 sockets");
    for (uint64_t i = 0; i < count; i++) {
        if (sockets[i].is_admin && settings->admin)
            return refuse_socket(settings, "admin");
        if (!sockets[i].is_admin && has_addresses)
            return refuse_socket(settings, "listen");
        take_socket(settings, &sockets[i]);
    }
    return 0;
}

int options_read(struct settings *settings, char *const argv[])
{
    *settings = (struct settings){
        .server = HELLO_OPTIONS_INIT,
        .shutdown_timeout_ms = 8000,
    };
    settings->server.threads = HELLO_THREADS_AUTO;
    settings->server.listeners = settings->listeners;
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
    if (!error && settings->server.listener_count == 0)
        error = add_address(settings, "", ":8080");
    return error;
}
