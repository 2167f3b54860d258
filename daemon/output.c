/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

size_t output_write(const char *bytes, size_t size, int *error)
{
    size_t written = 0;
    while (written < size) {
        ssize_t count = write(STDOUT_FILENO, bytes + written, size - written);
        if (count >= 0) {
            written += (size_t)count;
        } else if (errno == EAGAIN) {
            struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
            poll(&output, 1, -1); /* another process made the file non-blocking */
        } else if (errno != EINTR) {
            *error = errno;
            break;
        }
    }
    return written;
}

void output_line(const char *format, ...)
{
    char line[1024];
    const size_t begin = (size_t)(stpcpy(line, "hellod: ") - line), room = sizeof line - begin;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line + begin, room, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    size_t size = begin + ((size_t)length < room ? (size_t)length : room - 1);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?'; /* no part of a message is taken for a line or a command */
    line[size] = '\n';
    /* One write, so that lines of several threads and processes do not mix. */
    (void)!write(STDERR_FILENO, line, size + 1);
}
