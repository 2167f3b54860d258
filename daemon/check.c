/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "admin.h"
#include "flags.h"
#include "help.h"
#include "ring.h"
#include "value.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

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

static bool print_setting(const struct settings *settings, const struct flag *flag)
{
    char buffer[VALUE_SIZE];
    const char *value = flag->kind->write(settings, flag, 0, buffer);
    bool printed = true;
    if (!flag_part(flag, FLAG_ARGUMENT))
        return strcmp(value, "on") != 0 || help_say("--%s\n", flag->name);
    if (!value)
        return help_say("--%s (none)\n", flag->name);
    for (uint32_t i = 1; value && printed; i++) {
        printed = help_say("--%s %s\n", flag->name, value);
        value = flag->kind->in_variable ? flag->kind->write(settings, flag, i, buffer) : NULL;
    }
    return printed;
}

static uint64_t mebibytes(uint64_t bytes)
{
    return (bytes >> 20) + 1; /* hellod itself takes less than one */
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

static bool print_memory(const struct settings *settings, uint64_t bytes, uint64_t kernel_bytes)
{
    bytes += answers(settings);
    if (settings->access.format != ACCESS_OFF) /* the main thread logs, too, when it stops */
        bytes += (settings->threads + UINT64_C(1)) * RING_SIZE;
    const uint64_t program = mebibytes(bytes), kernel = mebibytes(kernel_bytes);
    return help_say("memory: at most %" PRIu64 " MiB, and %" PRIu64 " MiB in the kernel\n"
                    "Set the memory limit of a container to at least %" PRIu64
                    " MiB, or to %" PRIu64 " MiB if it counts sockets (cgroup v2).\n",
                    program, kernel, program, program + kernel);
}

int check_run(struct settings *settings, const struct hello_options *options)
{
    uint64_t bytes, kernel_bytes;
    int error = hello_memory_bound(options, &bytes, &kernel_bytes);
    if (!error)
        error = admin_add_memory(settings, &bytes, &kernel_bytes);
    if (error)
        return error;
    resolve(settings, *options);
    bool printed = true;
    settings->check = 0; /* do not print --check */
    for (size_t i = 0; i < flag_count && printed; i++)
        printed = print_setting(settings, &flags[i]);
    return printed && print_memory(settings, bytes, kernel_bytes) ? 0 : -EIO;
}
