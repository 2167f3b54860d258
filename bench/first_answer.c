/* SPDX-License-Identifier: MIT */
/* Start a server and say how long it took until it had answered its first request: microseconds
 * from before the exec to the last byte, on stdout. The server is ended.
 *
 * Usage: first_answer PORT COMMAND [ARGUMENT]...: the command listens on that port. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 20 };

extern char **environ;

static double clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Knock until somebody opens. */
static int connect_to(int port, double deadline)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    while (clock_us() < deadline) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        close(fd);
    }
    return -1;
}

/* Whether the greeting for /first has come back whole. */
static int ask(int fd)
{
    static const char request[] = "GET /first HTTP/1.1\r\nHost: h\r\n\r\n";
    char answer[1024];
    size_t length = 0;
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0)
        return 0;
    while (length < sizeof answer - 1) {
        ssize_t got = recv(fd, answer + length, sizeof answer - 1 - length, 0);
        if (got <= 0)
            return 0;
        length += (size_t)got;
        answer[length] = '\0';
        if (strstr(answer, "\r\n\r\nHello, you've requested: /first\n"))
            return 1;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    pid_t server;
    posix_spawn_file_actions_t actions;
    if (argc < 3) {
        fprintf(stderr, "usage: first_answer PORT COMMAND [ARGUMENT]...\n");
        return 2;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    double start = clock_us();
    if (posix_spawn(&server, argv[2], &actions, NULL, argv + 2, environ)) {
        perror(argv[2]);
        return 1;
    }
    int fd = connect_to(atoi(argv[1]), start + PATIENCE_S * 1e6);
    int answered = fd >= 0 && ask(fd);
    double end = clock_us();
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    if (!answered) {
        fprintf(stderr, "first_answer: %s has not answered\n", argv[2]);
        return 1;
    }
    printf("%.0f\n", end - start);
    return 0;
}
