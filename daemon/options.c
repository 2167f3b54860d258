/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, NUMBER, THREADS, DURATION, SWITCH };

struct flag {
    const char *name;     /* without "--" */
    const char *argument; /* as the help names it; NULL exactly for a SWITCH */
    enum kind kind;
    size_t offset; /* of the member of struct settings */
    uint32_t least, most;
    const char *help;
};

#define SERVER(member) offsetof(struct settings, server.member)

static const struct flag flags[] = {
    {"listen", "ADDR", TEXT, SERVER(listen), 0, 0,
     "HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH (default :8080)"},
    {"threads", "N", THREADS, SERVER(threads), 1, 1024,
     "threads that serve, or auto (default: the CPUs it may use)"},
    {"max-connections", "N", NUMBER, SERVER(max_connections), 1, UINT32_MAX,
     "connections open at once; more wait (default: by the limit of open files, up to 10000)"},
    {"max-head-size", "BYTES", NUMBER, SERVER(max_head_size), 1024, 16777216,
     "memory per connection for a request's head (default 8192)"},
    {"header-timeout", "TIME", DURATION, SERVER(header_timeout_ms), 0, 0,
     "for a request's head to arrive (default 10s)"},
    {"idle-timeout", "TIME", DURATION, SERVER(idle_timeout_ms), 0, 0,
     "until a connection without a request is closed (default 60s)"},
    {"shutdown-timeout", "TIME", DURATION, offsetof(struct settings, shutdown_timeout_ms), 0, 0,
     "for requests in flight after SIGTERM or SIGINT (default 8s)"},
    {"version", NULL, SWITCH, offsetof(struct settings, version), 0, 0, "print versions and exit"},
    {"help", NULL, SWITCH, offsetof(struct settings, help), 0, 0, "print this and exit"},
};

enum { FLAGS = sizeof flags / sizeof flags[0] };

/* Where a value came from, as the user wrote it: "--listen" or "HELLOD_LISTEN". */
static int refuse(struct settings *settings, const char *source, const char *value,
                  const char *reason)
{
    snprintf(settings->error, sizeof settings->error, "%s: '%s' %s", source, value, reason);
    return -EINVAL;
}

/* Digits only, as far as they go; *end behind them. UINT64_MAX for what is too large. */
static uint64_t read_digits(const char *text, const char **end)
{
    uint64_t number = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        number = number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : number * 10 + digit;
    }
    *end = text;
    return number;
}

static int set_number(struct settings *settings, const struct flag *flag, const char *source,
                      const char *value, uint32_t *member)
{
    char reason[64];
    const char *end;
    uint64_t number = read_digits(value, &end);
    if (end == value || *end || number < flag->least || number > flag->most) {
        snprintf(reason, sizeof reason, "is not a number from %u to %u", flag->least, flag->most);
        return refuse(settings, source, value, reason);
    }
    *member = (uint32_t)number;
    return 0;
}

/* "5", "5s" or "500ms"; 0 is no limit, for which hello_options has another word. */
static int set_duration(struct settings *settings, const char *source, const char *value,
                        uint32_t *member)
{
    const char *unit;
    uint64_t number = read_digits(value, &unit);
    uint64_t scale = strcmp(unit, "ms") == 0 ? 1 : 1000;
    bool known = scale == 1 || strcmp(unit, "s") == 0 || !*unit;
    if (unit == value || !known || number > (HELLO_NO_TIMEOUT - 1) / scale)
        return refuse(settings, source, value, "is not a duration like 5, 5s or 500ms");
    *member = number == 0 ? HELLO_NO_TIMEOUT : (uint32_t)(number * scale);
    return 0;
}

static int set(struct settings *settings, const struct flag *flag, const char *source,
               const char *value)
{
    void *member = (char *)settings + flag->offset;
    uint32_t threads;
    int error;
    switch (flag->kind) {
    case TEXT:
        if (!*value)
            return refuse(settings, source, value, "is empty");
        *(const char **)member = value;
        return 0;
    case NUMBER: return set_number(settings, flag, source, value, member);
    case THREADS:
        if (strcmp(value, "auto") == 0) {
            *(int *)member = HELLO_THREADS_AUTO;
            return 0;
        }
        error = set_number(settings, flag, source, value, &threads);
        if (!error)
            *(int *)member = (int)threads;
        return error;
    case DURATION: return set_duration(settings, source, value, member);
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
    for (size_t i = 0; i < FLAGS && !error; i++) {
        char name[64];
        variable_name(&flags[i], name, sizeof name);
        const char *value = flags[i].kind == SWITCH ? NULL : getenv(name);
        if (value)
            error = set(settings, &flags[i], name, value);
    }
    return error;
}

/* ---- Arguments ---- */

static const struct flag *find_flag(const char *name, size_t length)
{
    for (size_t i = 0; i < FLAGS; i++)
        if (strlen(flags[i].name) == length && strncmp(flags[i].name, name, length) == 0)
            return &flags[i];
    return NULL;
}

/* Reads argv[0] and, for "--flag value", argv[1]. Returns how many it read, or -EINVAL. */
static int read_argument(struct settings *settings, char *const argv[])
{
    const char *argument = argv[0];
    const char *name = argument + 2;
    if (strncmp(argument, "--", 2) != 0)
        return refuse(settings, "arguments", argument, "is not an option; see hellod --help");
    size_t length = strcspn(name, "=");
    const struct flag *flag = find_flag(name, length);
    if (!flag)
        return refuse(settings, "arguments", argument, "is not known; see hellod --help");
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

int options_read(struct settings *settings, char *const argv[])
{
    *settings = (struct settings){
        .server = HELLO_OPTIONS_INIT,
        .shutdown_timeout_ms = 8000,
    };
    settings->server.listen = ":8080";
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
    return 0;
}

/* ---- For people ---- */

void options_print_help(FILE *stream)
{
    fputs("Usage: hellod [OPTION]...\n"
          "Answer every HTTP request with its own path.\n"
          "\n",
          stream);
    for (size_t i = 0; i < FLAGS; i++) {
        char left[64];
        const char *argument = flags[i].argument ? flags[i].argument : "";
        snprintf(left, sizeof left, "--%s %s", flags[i].name, argument);
        fprintf(stream, "  %-26s %s\n", left, flags[i].help);
    }
    fputs(
        "\n"
        "TIME is 5, 5s or 500ms; 0 is no limit. Each option that takes a value is also read from\n"
        "the environment, --listen from HELLOD_LISTEN; PORT sets the port. Arguments win.\n"
        "Exit status: 0 ended by SIGTERM or SIGINT, 1 failure, 2 usage.\n",
        stream);
}

bool options_flag_of(const char *line, char *flag, size_t size)
{
    size_t length = strcspn(line, ":");
    int written = snprintf(flag, size, "--%.*s", (int)length, line);
    for (int i = 2; i < written && i < (int)size; i++)
        if (flag[i] == '_')
            flag[i] = '-';
    return line[length] && find_flag(flag + 2, length);
}
