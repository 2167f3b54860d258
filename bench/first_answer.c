/* SPDX-License-Identifier: MIT */
/* Start a server and print the time to its first answer: microseconds from before the exec to the
 * last byte, on stdout. Then end the server.
 *
 * Usage: first_answer PORT CPU COMMAND [ARGUMENT]...: the command runs on that CPU and listens on
 * that port. Its standard input stays open and empty; its output goes to /dev/null. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
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

/* A child inherits its parent's CPUs. The parent connects from its own CPUs in the meantime. */
static int spawn_on(int cpu, pid_t *server, const posix_spawn_file_actions_t *actions,
                    char *const command[])
{
    cpu_set_t own, of_server;
    CPU_ZERO(&of_server);
    CPU_SET(cpu, &of_server);
    if (sched_getaffinity(0, sizeof own, &own) ||
        sched_setaffinity(0, sizeof of_server, &of_server))
        return errno;
    int error = posix_spawn(server, command[0], actions, NULL, command, environ);
    sched_setaffinity(0, sizeof own, &own);
    return error;
}

/* Try to connect until the server listens. */
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

/* Whether the complete greeting for /first has arrived. */
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
    int input[2];
    if (argc < 4 || pipe2(input, O_CLOEXEC)) {
        fprintf(stderr, "usage: first_answer PORT CPU COMMAND [ARGUMENT]...\n");
        return 2;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    double start = clock_us();
    errno = spawn_on(atoi(argv[2]), &server, &actions, argv + 3);
    if (errno) {
        perror(argv[3]);
        return 1;
    }
    int fd = connect_to(atoi(argv[1]), start + PATIENCE_S * 1e6);
    int answered = fd >= 0 && ask(fd);
    double end = clock_us();
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    if (!answered) {
        fprintf(stderr, "first_answer: %s has not answered\n", argv[3]);
        return 1;
    }
    printf("%.0f\n", end - start);
    return 0;
}
