/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "flags.h"
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void log_line(const char *format, ...)
{
    static const char name[] = "hellod: ";
    char line[1024];
    const size_t room = sizeof line - sizeof name; /* with one left for the line feed */
    memcpy(line, name, sizeof name);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line + sizeof name - 1, room, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    size_t size = sizeof name - 1 + ((size_t)length < room ? (size_t)length : room - 1);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?'; /* no part of a message is taken for a line or a command */
    line[size] = '\n';
    /* One write, so that lines of several threads and processes do not mix. */
    (void)!write(STDERR_FILENO, line, size + 1);
}

/* listen: the name of the flag for the address of the server. */
static void log_setting(const struct settings *settings, const char *listen, const char *line)
{
    char source[64] = "LISTEN_FDS";
    const size_t length = strcspn(line, ":");
    const bool is_socket = strncmp(line, "listen_fd:", 10) == 0;
    const bool is_address = strncmp(line, "listen:", 7) == 0;
    const struct flag *flag =
        is_address ? flag_find(listen, strlen(listen)) : flag_find(line, length);
    if (flag)
        options_source(settings, flag, source, sizeof source);
    if (flag || is_socket)
        log_line("%s%s", source, line + length);
    else
        log_line("%s", line);
}

void log_of_main(void *settings, enum hello_log_level level, const char *line)
{
    if (level != HELLO_LOG_DEBUG)
        log_setting(settings, "listen", line);
}

void log_of_admin(void *settings, enum hello_log_level level, const char *line)
{
    if (level != HELLO_LOG_DEBUG)
        log_setting(settings, "admin", line);
}
