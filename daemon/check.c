/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "access_line.h"
#include "admin.h"
#include "flags.h"
#include "help.h"
#include "ring.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Behind an option that is not set, what the help ends in: "(default 10s)". */
static bool print_default(const struct flag *flag)
{
    const char *words = strrchr(flag->help, '('); /* strstr() would take 1.3 kB */
    return help_say("--%s %s\n", flag->name, words ? words : "(none)");
}

static bool print_number(const struct flag *flag, uint64_t number, const char *unit)
{
    return number == 0 ? print_default(flag)
                       : help_say("--%s %" PRIu64 "%s\n", flag->name, number, unit);
}

static bool print_mode(const struct flag *flag, uint32_t mode)
{
    return mode == 0 ? print_default(flag) : help_say("--%s %04o\n", flag->name, (unsigned)mode);
}

static bool print_text(const struct flag *flag, const char *text)
{
    return text ? help_say("--%s %s\n", flag->name, text) : print_default(flag);
}

static bool print_listeners(const struct flag *flag, const struct hello_options *server)
{
    bool printed = true;
    for (uint32_t i = 0; i < server->listener_count && printed; i++)
        printed = server->listeners[i].address ? print_text(flag, server->listeners[i].address)
                                               : help_say("--%s (inherited descriptor %d)\n",
                                                          flag->name, server->listeners[i].fd);
    return printed;
}

static bool print_fields(const struct answer *answer)
{
    bool printed = true;
    for (uint32_t i = 0; i < answer->field_count && printed; i++)
        printed = help_say("--header %s: %s\n", answer->fields[i].name, answer->fields[i].value);
    return printed;
}

static bool print_time(const struct flag *flag, uint32_t milliseconds)
{
    return milliseconds == HELLO_NO_TIMEOUT ? print_text(flag, "0")
                                            : print_number(flag, milliseconds, "ms");
}

static bool print_setting(const struct settings *settings, const struct flag *flag)
{
    const void *member = (const char *)settings + flag->offset;
    switch (flag->kind) {
    case LISTEN: return print_listeners(flag, &settings->server);
    case GREETING:
    case TEXT: return print_text(flag, *(const char *const *)member);
    case NUMBER: return print_number(flag, *(const uint32_t *)member, "");
    case SIZE: return print_number(flag, *(const uint64_t *)member, "");
    case MODE: return print_mode(flag, *(const uint32_t *)member);
    case THREADS:
        return *(const int *)member == HELLO_THREADS_AUTO
                   ? print_text(flag, "auto")
                   : print_number(flag, (uint64_t) * (const int *)member, "");
    case LIMIT:
    case DELAY: return print_time(flag, *(const uint32_t *)member);
    case WHEN_FULL:
        return print_text(flag,
                          *(const uint32_t *)member & HELLO_REFUSE_WHEN_FULL ? "refuse" : "wait");
    case ACCESS: return print_text(flag, access_format_names[*(const int *)member]);
    case HEADER: return print_fields(member);
    case SWITCH: break;
    }
    return true;
}

static bool print_memory(const struct settings *settings, uint64_t bytes, uint64_t kernel_bytes)
{
    bool printed = help_say("memory: at most %" PRIu64 " bytes", bytes);
    if (printed && settings->access_format != ACCESS_OFF)
        printed = help_say(", and %d for each thread's log", RING_SIZE);
    if (kernel_bytes == UINT64_MAX)
        return printed && help_say("; in the kernel, without a bound\n");
    return printed && help_say("; in the kernel, %" PRIu64 "\n", kernel_bytes);
}

int check_run(const struct settings *settings, const struct hello_options *options)
{
    uint64_t bytes, kernel_bytes;
    int error = hello_memory_bound(options, &bytes, &kernel_bytes);
    if (!error)
        error = admin_add_memory(settings, &bytes, &kernel_bytes);
    if (error)
        return error;
    bool printed = true;
    for (size_t i = 0; i < flag_count && printed; i++)
        printed = print_setting(settings, &flags[i]);
    return printed && print_memory(settings, bytes, kernel_bytes) ? 0 : -EIO;
}
