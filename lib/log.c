/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdio.h>
#include <string.h>

void hello__vlog(const struct hello_options *options, enum hello_log_level level,
                 const char *format, va_list arguments)
{
    char line[256];
    if (!options->log)
        return;
    vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\n")] = '\0';
    options->log(options->log_data, level, line);
}

void hello__log(const struct hello_options *options, enum hello_log_level level, const char *format,
                ...)
{
    va_list arguments;
    va_start(arguments, format);
    hello__vlog(options, level, format, arguments);
    va_end(arguments);
}
