/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "flags.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void log_line(const char *format, ...)
{
    static const char name[] = "hellod: ";
    char line[1024] = "hellod: ";
    const size_t room = sizeof line - sizeof name; /* with one left for the line feed */
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line + sizeof name - 1, room, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    size_t size = sizeof name - 1 + ((size_t)length < room ? (size_t)length : room - 1);
    line[size] = '\n';
    /* At once, so that the lines of threads and of processes that share the stream stay whole. */
    (void)!write(STDERR_FILENO, line, size + 1);
}

/* "max_connections: ..." -> "--max-connections", if there is such a flag. */
static bool flag_of(const char *line, char *flag, size_t size)
{
    size_t length = strcspn(line, ":");
    int written = snprintf(flag, size, "--%.*s", (int)length, line);
    for (int i = 2; i < written && i < (int)size; i++)
        if (flag[i] == '_')
            flag[i] = '-';
    return line[length] && flag_find(flag + 2, length);
}

void log_of_server(void *listen_flag, enum hello_log_level level, const char *line)
{
    char flag[64];
    if (level == HELLO_LOG_DEBUG)
        return;
    if (!flag_of(line, flag, sizeof flag))
        log_line("%s", line);
    else
        log_line("%s%s", strcmp(flag, "--listen") == 0 ? (const char *)listen_flag : flag,
                 strchr(line, ':'));
}
