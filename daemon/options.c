/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "flags.h"
#include "notify.h"
#include "output.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* source: "--listen" or "HELLOD_LISTEN". */
static int refuse(struct settings *settings, const char *source, const char *value,
                  const char *reason)
{
    snprintf(settings->error, sizeof settings->error, "%s: '%.128s' %s", source, value, reason);
    return -EINVAL;
}

static bool is_switch(const struct flag *flag)
{
    return !flag_part(flag, FLAG_ARGUMENT);
}

static bool is_listen(const struct flag *flag)
{
    return flag->offset == offsetof(struct settings, addresses);
}

static uint64_t bit_of(const struct flag *flag)
{
    return UINT64_C(1) << (flag - flags);
}

static int set_one(struct settings *settings, const struct flag *flag, const char *source,
                   const char *value)
{
    const char *reason = flag->kind->read(settings, flag, value);
    return reason ? refuse(settings, source, value, reason) : 0;
}

/* Several values with a separator between them are split in a copy, which lives as long as the
 * settings. */
static int set(struct settings *settings, const struct flag *flag, const char *source,
               const char *value, char separator)
{
    const size_t size = strlen(value) + 1;
    int error = 0;
    if (!separator || !strchr(value, separator))
        return set_one(settings, flag, source, value);
    struct copy *copy = malloc(sizeof *copy + size);
    if (!copy)
        return refuse(settings, source, value, "does not fit into memory");
    copy->next = settings->copies;
    settings->copies = copy;
    for (char *rest = memcpy(copy->text, value, size); rest && !error;) {
        const char *item = strsep(&rest, (char[]){separator, '\0'});
        if (*item || separator != '\n') /* a line may be empty */
            error = set_one(settings, flag, source, item);
    }
    return error;
}

/* ---- Environment ---- */

static const char prefix[] = "HELLOD_";

/* "max-connections" as "HELLOD_MAX_CONNECTIONS" */
static void variable_name(const struct flag *flag, char *name, size_t size)
{
    snprintf(name, size, "HELLOD_%s", flag->name);
    for (; *name; name++)
        *name = (char)(*name == '-' ? '_' : toupper(*name));
}

/* For an option without an argument and without a variable. Platforms that choose the port set PORT
 * to a number; hellod must listen on every address. */
static int set_usual(struct settings *settings, const struct flag *flag)
{
    const char *usual = flag_part(flag, FLAG_USUAL), *port = getenv("PORT"), *end;
    if (is_listen(flag) && port && *port) {
        const uint64_t number = value_digits(port, &end, 10);
        if (*end || number > UINT16_MAX)
            return refuse(settings, "PORT", port, "is not a number from 0 to 65535");
        usual = settings->port_address;
        snprintf(settings->port_address, sizeof settings->port_address, ":%u", (unsigned)number);
    } else if (!usual || (is_listen(flag) && settings->server.listener_count > 0)) {
        return 0;
    }
    return set(settings, flag, "", usual, flag->kind->in_argument);
}

/* Arguments override variables. */
static int read_environment(struct settings *settings)
{
    int error = 0;
    for (const struct flag *flag = flags; flag < flags + flag_count && !error; flag++) {
        char name[64];
        variable_name(flag, name, sizeof name);
        const char *value = is_switch(flag) ? NULL : getenv(name);
        if (settings->from_arguments & bit_of(flag))
            continue;
        if (!value || !*value) { /* an empty one is not set */
            error = set_usual(settings, flag);
            continue;
        }
        settings->from_environment |= bit_of(flag);
        error = set(settings, flag, name, value, flag->kind->in_variable);
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
    else if (is_listen(flag) && settings->port_address[0])
        snprintf(source, size, "PORT");
    else
        snprintf(source, size, "default of --%s", flag->name);
}

/* listen: the name of the flag for the address of the server. */
static void log_setting(const struct settings *settings, const char *listen,
                        enum hello_log_level level, const char *line)
{
    if (level == HELLO_LOG_DEBUG)
        return;
    char source[64] = "LISTEN_FDS";
    const size_t length = strcspn(line, ":");
    const bool is_socket = strncmp(line, "listen_fd:", 10) == 0;
    const bool is_address = strncmp(line, "listen:", 7) == 0;
    const struct flag *flag =
        is_address ? flag_find(listen, strlen(listen)) : flag_find(line, length);
    if (flag)
        options_source(settings, flag, source, sizeof source);
    const bool is_setting = flag || is_socket;
    output_line("%s%s", is_setting ? source : "", is_setting ? line + length : line);
}

void options_log(void *settings, enum hello_log_level level, const char *line)
{
    log_setting(settings, "listen", level, line);
}

void options_log_admin(void *settings, enum hello_log_level level, const char *line)
{
    log_setting(settings, "admin", level, line);
}

/* Whether Kubernetes sets the variable for a Service named hellod or hellod-NAME, such as
 * HELLOD_SERVICE_HOST, HELLOD_SERVICE_PORT_HTTP, HELLOD_PORT=tcp://10.0.0.1:80 and
 * HELLOD_PORT_80_TCP_ADDR. */
static bool is_service_link(const char *variable)
{
    for (const char *at = variable; *at && *at != '='; at++) {
        const char *port = strncmp(at, "_PORT", 5) == 0 ? at + 5 : "";
        const bool has_number = port[0] == '_' && port[1] >= '0' && port[1] <= '9';
        const bool is_url = port[0] == '=' && strncmp(port + strcspn(port, ":"), "://", 3) == 0;
        if (has_number || is_url || strncmp(at, "_SERVICE_", 9) == 0)
            return true;
    }
    return false;
}

static void warn_about(const char *variable)
{
    char name[64] = "";
    const size_t length = strcspn(variable, "="), size = sizeof prefix - 1;
    const struct flag *flag = flag_find(variable + size, length - size);
    if (!flag)
        flag = flag_nearest(variable + size, length - size);
    if (flag && is_switch(flag))
        flag = NULL;
    if (flag)
        variable_name(flag, name, sizeof name);
    bool is_known = flag && strncmp(name, variable, length) == 0 && !name[length];
    if (is_known || !variable[length] || !variable[length + 1] || is_service_link(variable))
        return;
    output_line("%.*s: not a variable of hellod; %s%s%s", (int)length, variable,
                flag ? "did you mean " : "see hellod --help", name, flag ? "?" : "");
}

void options_warn(void)
{
    for (char **variable = environ; *variable; variable++)
        if (strncmp(*variable, prefix, sizeof prefix - 1) == 0)
            warn_about(*variable);
}

/* ---- Arguments ---- */

/* Read "--flag=value", or "--flag" and its value, and go on to the next argument. */
static int read_argument(struct settings *settings, char *const **argv)
{
    const char *argument = strcmp(**argv, "-h") == 0 ? "--help" : **argv;
    const char *name = argument + strspn(argument, "-");
    const size_t length = strcspn(name, "=");
    const char *value = name[length] ? name + length + 1 : NULL;
    char source[64];
    if (argument[0] != '-')
        return refuse(settings, "arguments", argument,
                      "is unexpected: only options are accepted; see hellod --help");
    const struct flag *flag = name == argument + 2 ? flag_find(name, length) : NULL;
    if (!flag || strncmp(flag->name, name, length) != 0) {
        flag = flag_nearest(name, length);
        snprintf(settings->reason, sizeof settings->reason, "is not an option; %s%s%s",
                 flag ? "did you mean --" : "see hellod --help", flag ? flag->name : "",
                 flag ? "?" : "");
        return refuse(settings, "arguments", argument, settings->reason);
    }
    snprintf(source, sizeof source, "--%s", flag->name);
    if (is_switch(flag) && value)
        return refuse(settings, source, value, "is unexpected: the option accepts no value");
    if (!is_switch(flag) && !value)
        value = *++*argv;
    if (!is_switch(flag) && !value) {
        snprintf(settings->error, sizeof settings->error,
                 "%s: the value is missing; expected %s, see hellod --help", source,
                 flag_part(flag, FLAG_ARGUMENT));
        return -EINVAL;
    }
    ++*argv;
    settings->from_arguments |= bit_of(flag);
    return set(settings, flag, source, value ? value : "on", flag->kind->in_argument);
}

/* ---- Inherited sockets ---- */

/* Sockets with the name "admin" are for the admin port, others for the main port. */
static int take_sockets(struct settings *settings)
{
    const uint64_t count = notify_sockets();
    if (count > HELLO_MAX_LISTENERS)
        return refuse(settings, "LISTEN_FDS", getenv("LISTEN_FDS"),
                      "is not a number of sockets up to 16");
    for (int i = 0; i < (int)count; i++) {
        const struct hello_listener socket = {.fd = NOTIFY_FIRST_SOCKET + i};
        if (notify_is_admin(i))
            settings->admin_listeners[settings->admin_listener_count++] = socket;
        else
            settings->listeners[settings->server.listener_count++] = socket;
    }
    return 0;
}

/* A flag sets an address for a port that has a socket. */
static int refuse_sockets(struct settings *settings, const struct flag *flag)
{
    char source[64], reason[128];
    options_source(settings, flag, source, sizeof source);
    snprintf(reason, sizeof reason, "passes a socket, and %s sets an address; expected only one",
             source);
    return refuse(settings, "LISTEN_FDS", getenv("LISTEN_FDS"), reason);
}

/* ---- All of it ---- */

/* Convert values into the form of the library, and check their combination. */
static int complete(struct settings *settings)
{
    struct hello_options *server = &settings->server;
    const struct names *addresses = &settings->addresses;
    if (settings->admin && settings->admin_listener_count > 0)
        return refuse_sockets(settings, flag_find("admin", 5));
    if (addresses->count > 0 && server->listener_count > 0)
        return refuse_sockets(settings, flag_find("listen", 6));
    if (settings->admin)
        settings->admin_listeners[settings->admin_listener_count++].address = settings->admin;
    for (uint32_t i = 0; i < addresses->count; i++)
        settings->listeners[server->listener_count++].address = addresses->items[i];
    server->listeners = settings->listeners;
    server->threads = settings->threads > 0 ? (int)settings->threads : HELLO_THREADS_AUTO;
    server->max_body_size = settings->max_body_size;
    server->flags = HELLO_NO_FORK | (settings->keep_path ? HELLO_KEEP_PATH : 0) |
                    (settings->when_full ? HELLO_REFUSE_WHEN_FULL : 0);
    if (settings->access.format == ACCESS_AUTO)
        settings->access.format = isatty(STDOUT_FILENO) ? ACCESS_COMBINED : ACCESS_OFF;
    if (settings->answer.is_json && settings->answer.greeting)
        return refuse(settings, "--format", "json",
                      "cannot be used with --greeting; expected only one");
    return 0;
}

int options_read(struct settings *settings, char *const argv[])
{
    *settings = (struct settings){.server = HELLO_OPTIONS_INIT};
    int error = take_sockets(settings);
    for (argv++; *argv && !error;)
        error = read_argument(settings, &argv);
    if (!error)
        error = read_environment(settings);
    return error ? error : complete(settings);
}
