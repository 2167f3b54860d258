/* SPDX-License-Identifier: MIT */
#include "show.h"

#include "admin.h"
#include "flags.h"
#include "output.h"
#include "ring.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifdef __clang__
/* Not __VERSION__, which names the distribution: one release of clang makes one file. */
#define TEXT(number) #number
#define RELEASE(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)
#define COMPILER "Clang " RELEASE(__clang_major__, __clang_minor__, __clang_patchlevel__)
#else
#define COMPILER "GCC " __VERSION__
#endif

/* 0, or -EIO after the first failure: then say() does nothing. */
static int result;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char *text; /* of any length, like a value from the environment */
    int error = 0;
    va_list arguments;
    va_start(arguments, format);
    int length = result ? -1 : vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0 || output_write(text, (size_t)length, &error) < (size_t)length)
        result = -EIO;
    if (length >= 0)
        free(text);
}

/* ---- Help ---- */

enum { COLUMN = 26, WIDTH = 79 }; /* of the texts, and of all */

/* Print words from this column on. Begin a new line if the next word does not fit. */
static void print_words(const char *text, int column)
{
    while (*text) {
        const int length = (int)strcspn(text, " ");
        const bool breaks = column + 1 + length > WIDTH;
        if (breaks)
            column = COLUMN - 1;
        say("%s%*s%.*s", breaks ? "\n" : "", breaks ? COLUMN : 1, "", length, text);
        column += 1 + length;
        text += length + (text[length] == ' ');
    }
}

static void print_flag(const struct flag *flag)
{
    char left[64], text[512];
    const char *group = flag_part(flag, FLAG_GROUP), *argument = flag_part(flag, FLAG_ARGUMENT);
    const char *usual = flag_part(flag, FLAG_USUAL);
    int length = snprintf(left, sizeof left, "  --%s %s", flag->name, argument ? argument : "");
    snprintf(text, sizeof text, usual ? "%s (default %s)" : "%s", flag_part(flag, FLAG_HELP),
             usual);
    if (group)
        say("\n%s:\n", group);
    /* A long option has a line of its own. */
    const int column = length < COLUMN ? COLUMN - 1 : WIDTH;
    say("%-*s", column < WIDTH ? column : 0, left);
    print_words(text, column);
    say("\n");
}

int show_help(void)
{
    say("Usage: hellod [OPTION]...\n"
        "Answer every HTTP request with its own path.\n");
    for (size_t i = 0; i < flag_count; i++)
        print_flag(&flags[i]);
    say("\nTIME is 5, 5s or 500ms; as a limit, 0 means none. Each option with a value\n"
        "is also read from the environment: --listen from HELLOD_LISTEN. PORT sets the\n"
        "port of --listen. Arguments override the environment.\n"
        "Exit status: 0 ended by SIGTERM or SIGINT, 1 failure, 2 usage.\n");
    return result;
}

int show_version(void)
{
    say("hellod %s (libmicrohttpd %s" HELLOD_MICROHTTPD_ORIGIN ")\n"
        "built by " COMPILER " for " HELLOD_TARGET ", " HELLOD_LINKAGE "\n",
        hello_version(), hello_microhttpd_version());
    return result;
}

/* ---- Check ---- */

/* The numbers that the library and the system choose. */
static void resolve(struct settings *settings, struct hello_options options)
{
    hello_options_resolve(&options);
    settings->threads = (uint32_t)options.threads;
    settings->server.max_connections = options.max_connections;
    if (settings->server.listen_mode == 0) {
        const mode_t mask = umask(0);
        umask(mask);
        settings->server.listen_mode = 0777 & ~mask;
    }
}

static void print_setting(const struct settings *settings, const struct flag *flag)
{
    char buffer[VALUE_SIZE];
    const char *value = flag->kind->write(settings, flag, 0, buffer);
    if (!flag_part(flag, FLAG_ARGUMENT)) {
        if (strcmp(value, "on") == 0)
            say("--%s\n", flag->name);
        return;
    }
    if (!value)
        say("--%s (none)\n", flag->name);
    for (uint32_t i = 1; value; i++) {
        say("--%s %s\n", flag->name, value);
        value = flag->kind->in_variable ? flag->kind->write(settings, flag, i, buffer) : NULL;
    }
}

/* The most memory of the answers that hellod itself makes. JSON shows a byte of a query twice, as
 * "\uHHHH". A field is in the reply and in libmicrohttpd. */
static uint64_t answers(const struct settings *settings)
{
    const struct answer *answer = &settings->answer;
    const uint64_t head = settings->server.max_head_size;
    uint64_t size = (answer->is_json ? 12 * head : 0) + (answer->fields.count ? 2 * head : 0);
    for (const char *at = answer->greeting; at && *at; at++)
        size += *at == '{' ? 2 * head : 1;
    return size * settings->server.max_connections;
}

int show_check(struct settings *settings, const struct hello_options *options)
{
    const struct hello_options admin = admin_options(settings, NULL);
    uint64_t bytes, kernel_bytes, admin_bytes = 0, admin_kernel_bytes = 0;
    int error = hello_memory_bound(options, &bytes, &kernel_bytes);
    if (!error && admin.listener_count > 0)
        error = hello_memory_bound(&admin, &admin_bytes, &admin_kernel_bytes);
    if (error)
        return error;
    resolve(settings, *options);
    settings->check = 0; /* do not print --check */
    for (size_t i = 0; i < flag_count; i++)
        print_setting(settings, &flags[i]);
    bytes += admin_bytes + answers(settings);
    if (settings->access.format != ACCESS_OFF) /* the main thread logs, too, when it stops */
        bytes += (settings->threads + UINT64_C(1)) * RING_SIZE;
    /* In MiB; hellod itself takes less than one. */
    bytes = (bytes >> 20) + 1;
    kernel_bytes = ((kernel_bytes + admin_kernel_bytes) >> 20) + 1;
    say("memory: at most %" PRIu64 " MiB, and %" PRIu64 " MiB in the kernel\n"
        "Set the memory limit of a container to at least %" PRIu64 " MiB, or to %" PRIu64
        " MiB if it counts sockets (cgroup v2).\n",
        bytes, kernel_bytes, bytes, bytes + kernel_bytes);
    return result;
}
