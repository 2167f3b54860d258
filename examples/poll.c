/* SPDX-License-Identifier: MIT */
/* A server in the program's own poll() loop: no thread, one more descriptor, and no timeout to
 * compute: the descriptor also covers the server's timer. SIGTERM and SIGINT drain the server. */
#include <hello/hello.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Signals also come through a descriptor, so the program needs no signal handler. */
static int open_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

static void on_signal(int fd, struct hello_server *server)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) == sizeof info)
        hello_server_drain(server, 5000); /* begins; the loop runs until the drain is complete */
}

int main(void)
{
    struct hello_options options = HELLO_OPTIONS_INIT; /* threads = 0: the loop below drives it */
    struct hello_server *server;
    char address[128];

    int signals = open_signals();
    int error = hello_server_start(&server, &options);
    if (error) {
        fprintf(stderr, "cannot start: %s\n", strerror(-error));
        return 1;
    }
    hello_server_address(server, 0, address, sizeof address);
    printf("%s\n", address);
    fflush(stdout);

    struct pollfd fds[] = {
        {.fd = signals, .events = POLLIN}, {.fd = hello_server_fd(server), .events = POLLIN},
        /* ... and the program's other descriptors */
    };
    while (!hello_server_drained(server)) {
        if (poll(fds, sizeof fds / sizeof fds[0], -1) < 0)
            break;
        if (fds[0].revents)
            on_signal(signals, server);
        if (fds[1].revents)
            hello_server_dispatch(server);
    }
    hello_server_stop(server);
    close(signals);
    return 0;
}
