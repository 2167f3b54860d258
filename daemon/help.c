/* SPDX-License-Identifier: MIT */
#include "help.h"

#include "flags.h"
#include "output.h"

#include <hello/hello.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "GCC " __VERSION__
#endif

bool help_say(const char *format, ...)
{
    char *text; /* of any length: a value may be as long as the environment allows */
    int error = 0;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return false;
    bool said = output_write(text, (size_t)length, &error) == (size_t)length;
    free(text);
    return said;
}

static bool print_flag(const struct flag *flag)
{
    char left[64];
    if (flag->group && !help_say("\n%s\n", flag->group))
        return false;
    snprintf(left, sizeof left, "--%s %s", flag->name, flag->argument ? flag->argument : "");
    return help_say("  %-30s %s\n", left, flag->help);
}

bool help_print(void)
{
    bool printed = help_say("Usage: hellod [OPTION]...\n"
                            "Answer every HTTP request with its own path.\n");
    for (size_t i = 0; i < flag_count && printed; i++)
        printed = print_flag(&flags[i]);
    return printed &&
           help_say(
               "\n"
               "TIME is 5, 5s or 500ms; 0 is no limit. Each option that takes a value is also read "
               "from\n"
               "the environment, --listen from HELLOD_LISTEN; PORT sets the port. Arguments win.\n"
               "Exit status: 0 ended by SIGTERM or SIGINT, 1 failure, 2 usage.\n");
}

bool help_print_version(void)
{
    return help_say("hellod %s (libmicrohttpd %s" HELLOD_MICROHTTPD_ORIGIN ")\n"
                    "built by " COMPILER " for " HELLOD_TARGET ", " HELLOD_LINKAGE "\n",
                    hello_version(), hello_microhttpd_version());
}
