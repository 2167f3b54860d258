/* SPDX-License-Identifier: MIT */
#include "help.h"

#include "flags.h"
#include "output.h"

#include <hello/hello.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __clang__
/* Not __VERSION__, which names the distribution: one release of clang makes one file. */
#define TEXT(number) #number
#define RELEASE(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)
#define COMPILER "Clang " RELEASE(__clang_major__, __clang_minor__, __clang_patchlevel__)
#else
#define COMPILER "GCC " __VERSION__
#endif

bool help_say(const char *format, ...)
{
    char *text; /* of any length, like a value from the environment */
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

enum { COLUMN = 26, WIDTH = 79 }; /* of the texts, and of all */

/* Print words from this column on. Begin a new line if the next word does not fit. */
static bool print_words(const char *text, int column)
{
    bool printed = true;
    while (*text && printed) {
        const int length = (int)strcspn(text, " ");
        const bool breaks = column + 1 + length > WIDTH;
        if (breaks)
            column = COLUMN - 1;
        printed = help_say("%s%*s%.*s", breaks ? "\n" : "", breaks ? COLUMN : 1, "", length, text);
        column += 1 + length;
        text += length + (text[length] == ' ');
    }
    return printed;
}

static bool print_flag(const struct flag *flag)
{
    char left[64], text[512];
    const char *group = flag_part(flag, FLAG_GROUP), *argument = flag_part(flag, FLAG_ARGUMENT);
    const char *usual = flag_part(flag, FLAG_USUAL);
    int length = snprintf(left, sizeof left, "  --%s %s", flag->name, argument ? argument : "");
    snprintf(text, sizeof text, usual ? "%s (default %s)" : "%s", flag_part(flag, FLAG_HELP),
             usual);
    /* A long option has a line of its own. */
    const int column = length < COLUMN ? COLUMN - 1 : WIDTH;
    return (!group || help_say("\n%s:\n", group)) &&
           help_say("%-*s", column < WIDTH ? column : 0, left) && print_words(text, column) &&
           help_say("\n");
}

bool help_print(void)
{
    bool printed = help_say("Usage: hellod [OPTION]...\n"
                            "Answer every HTTP request with its own path.\n");
    for (size_t i = 0; i < flag_count && printed; i++)
        printed = print_flag(&flags[i]);
    return printed &&
           help_say(
               "\nTIME is 5, 5s or 500ms; as a limit, 0 means none. Each option with a value\n"
               "is also read from the environment: --listen from HELLOD_LISTEN. PORT sets the\n"
               "port of --listen. Arguments override the environment.\n"
               "Exit status: 0 ended by SIGTERM or SIGINT, 1 failure, 2 usage.\n");
}

bool help_print_version(void)
{
    return help_say("hellod %s (libmicrohttpd %s" HELLOD_MICROHTTPD_ORIGIN ")\n"
                    "built by " COMPILER " for " HELLOD_TARGET ", " HELLOD_LINKAGE "\n",
                    hello_version(), hello_microhttpd_version());
}
