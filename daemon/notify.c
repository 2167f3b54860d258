/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include "number.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_SOCKET = 3 };

/* A number from the environment; 0 if it is unset or invalid. */
static uint64_t variable_number(const char *name)
{
    const char *value = getenv(name);
    const char *end;
    uint64_t number = value ? number_read(value, &end) : 0;
    return value && !*end ? number : 0;
}

/* A child process inherits variables that are for its parent. */
static bool is_for_us(const char *pid_name)
{
    return variable_number(pid_name) == (uint64_t)getpid();
}

/* ---- Sockets ---- */

/* Whether the name at an index of a list with colons is "admin". */
static bool is_named_admin(const char *names, uint64_t index)
{
    static const char admin[] = "admin";
    for (; index > 0; index--) {
        names += strcspn(names, ":");
        names += *names == ':';
    }
    size_t length = strcspn(names, ":");
    return length == sizeof admin - 1 && memcmp(names, admin, length) == 0;
}

uint64_t notify_sockets(struct inherited_socket *sockets, size_t most)
{
    const char *names = getenv("LISTEN_FDNAMES");
    uint64_t count = is_for_us("LISTEN_PID") ? variable_number("LISTEN_FDS") : 0;
    for (size_t i = 0; i < count && i < most; i++)
        sockets[i] = (struct inherited_socket){
            .fd = FIRST_SOCKET + (int)i,
            .is_admin = is_named_admin(names ? names : "", i),
        };
    return count;
}

/* ---- State ---- */

/* '@' stands for the NUL of an abstract address. Returns the length; 0 for an invalid path. */
static socklen_t set_address(struct sockaddr_un *address, const char *path)
{
    size_t length = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || length >= sizeof address->sun_path)
        return 0;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, path, length);
    if (path[0] == '@')
        address->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

void notify_send(const char *state)
{
    struct sockaddr_un address;
    const char *path = getenv("NOTIFY_SOCKET");
    socklen_t length = path ? set_address(&address, path) : 0;
    if (length == 0)
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    /* An error has no remedy here. */
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, length);
    close(fd);
}

uint32_t notify_watchdog_period(void)
{
    if (getenv("WATCHDOG_PID") && !is_for_us("WATCHDOG_PID"))
        return 0;
    uint64_t milliseconds = variable_number("WATCHDOG_USEC") / 1000;
    return milliseconds > UINT32_MAX ? UINT32_MAX : (uint32_t)((milliseconds + 1) / 2);
}
