/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <poll.h>
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
