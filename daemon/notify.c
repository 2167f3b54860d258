/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include "flags.h"

#include <hello/hello.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A number from the environment; 0 if it is unset or invalid. */
static uint64_t variable_number(const char *name)
{
    const char *value = getenv(name), *end = "";
    const uint64_t number = value ? value_digits(value, &end, 10) : 0;
    return *end ? 0 : number;
}

/* A child process inherits variables that are for its parent. */
static bool is_for_us(const char *pid_name)
{
    return variable_number(pid_name) == (uint64_t)getpid();
}

uint64_t notify_sockets(void)
{
    return is_for_us("LISTEN_PID") ? variable_number("LISTEN_FDS") : 0;
}

bool notify_is_admin(int index)
{
    const char *names = getenv("LISTEN_FDNAMES"); /* with a colon between two */
    for (names = names ? names : ""; index > 0; index--) {
        names += strcspn(names, ":");
        names += *names == ':';
    }
    return strcspn(names, ":") == 5 && memcmp(names, "admin", 5) == 0;
}

void notify_send(const char *state)
{
    char text[128];
    struct sockaddr_un address;
    const char *path = getenv("NOTIFY_SOCKET");
    snprintf(text, sizeof text, "unix:%s", path ? path : "");
    int length = hello_address_parse(text, (struct sockaddr *)&address, sizeof address);
    int fd = length < 0 ? -1 : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) /* an error has no remedy here */
        return;
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
                  (socklen_t)length);
    close(fd);
}

uint32_t notify_watchdog_period(void)
{
    if (getenv("WATCHDOG_PID") && !is_for_us("WATCHDOG_PID"))
        return 0;
    uint64_t milliseconds = variable_number("WATCHDOG_USEC") / 1000;
    return milliseconds > UINT32_MAX ? UINT32_MAX : (uint32_t)((milliseconds + 1) / 2);
}
