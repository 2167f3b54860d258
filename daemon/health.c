/* SPDX-License-Identifier: MIT */
#include "health.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 16,
    PAUSE_MS = 100, /* after an error, such as EMFILE, so that the loop does not spin */
};

/* An abstract address: NUL, then "hellod:8080" or "hellod:unix:/run/hello.sock". Returns the length
 * of the address; 0 if the text is too long. */
static socklen_t set_name(struct sockaddr_un *address, const char *listen, int port)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    char *name = address->sun_path + 1;
    const size_t room = sizeof address->sun_path - 1;
    int length = port > 0 ? snprintf(name, room, "hellod:%d", port)
                          : snprintf(name, room, "hellod:%s", listen);
    if (length < 0 || (size_t)length >= room)
        return 0;
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

static int fail_closing(int fd)
{
    int error = -errno;
    close(fd);
    return error;
}

int health_open(const char *listen_text, int port)
{
    struct sockaddr_un address;
    socklen_t length = set_name(&address, listen_text, port);
    if (length == 0)
        return -ENAMETOOLONG;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, BACKLOG))
        return fail_closing(fd);
    return fd;
}

void health_answer(int fd)
{
    static const char answer[] = HEALTH_WELL "OK\r\n\r\n";
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) {
        poll(NULL, 0, PAUSE_MS);
        return;
    }
    (void)!send(client, answer, sizeof answer - 1, MSG_NOSIGNAL);
    close(client);
}

int health_connect(const char *listen, int port)
{
    struct sockaddr_un address;
    struct ucred peer;
    socklen_t size = sizeof peer;
    socklen_t length = set_name(&address, listen, port);
    if (length == 0)
        return -ENAMETOOLONG;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, length) ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
        return fail_closing(fd);
    if (peer.pid > 0 && peer.uid == geteuid()) /* the pid is 0 in another namespace */
        return fd;
    close(fd);
    return -EPERM;
}
