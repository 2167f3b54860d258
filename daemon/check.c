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

/* ---- Numbers that the library chooses ---- */

enum { FEW_CONNECTIONS = 512 };

/* libhello does not report the number that it chooses for 0 or HELLO_THREADS_AUTO. It reports the
 * memory, which grows with that number. Returns the smallest number from least on with the same
 * memory; 0 for invalid options. */
static uint32_t resolve(struct hello_options options, uint32_t least,
                        void (*set)(struct hello_options *options, uint32_t number))
{
    uint64_t bytes, tried;
    uint32_t most = UINT16_MAX;
    options.log = NULL;
    if (hello_memory_bound(&options, &bytes, NULL))
        return 0;
    while (least < most) {
        const uint32_t middle = least + (most - least) / 2;
        set(&options, middle);
        if (hello_memory_bound(&options, &tried, NULL) == 0 && tried < bytes)
            least = middle + 1;
        else
            most = middle;
    }
    return least;
}

static void set_threads(struct hello_options *options, uint32_t number)
{
    options->threads = (int)number;
}

static void set_connections(struct hello_options *options, uint32_t number)
{
    options->max_connections = number;
}

static void resolve_all(struct settings *settings, struct hello_options options)
{
    const uint32_t connections = options.max_connections;
    options.max_connections = connections > 0 ? connections : FEW_CONNECTIONS;
    if (settings->threads == 0)
        settings->threads = resolve(options, 1, set_threads);
    options.max_connections = connections;
    set_threads(&options, settings->threads);
    if (connections == 0)
        settings->server.max_connections = resolve(options, settings->threads, set_connections);
    if (settings->server.listen_mode == 0) {
        const mode_t mask = umask(0);
        umask(mask);
        settings->server.listen_mode = 0777 & ~mask;
    }
}

/* ---- Printing ---- */

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

static bool print_memory(const struct settings *settings, uint64_t bytes, uint64_t kernel_bytes)
{
    if (settings->access.format != ACCESS_OFF)
        bytes += (uint64_t)settings->threads * RING_SIZE;
    const uint64_t program = mebibytes(bytes), kernel = mebibytes(kernel_bytes);
    return help_say("memory: at most %" PRIu64 " MiB, and %" PRIu64 " MiB in the kernel\n"
                    "Set the memory limit of a container to at least %" PRIu64
                    " MiB, or to %" PRIu64
                    " MiB if it counts the kernel's memory for sockets (cgroup v2).\n",
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
    resolve_all(settings, *options);
    bool printed = true;
    settings->check = 0; /* do not print --check */
    for (size_t i = 0; i < flag_count && printed; i++)
        printed = print_setting(settings, &flags[i]);
    return printed && print_memory(settings, bytes, kernel_bytes) ? 0 : -EIO;
}
