/* SPDX-License-Identifier: MIT */
/* A server on a unix socket, for clients on this host that may write to its file:
 *
 *     ./unix_socket unix:/tmp/hello.sock &
 *     curl --unix-socket /tmp/hello.sock http://localhost/abc
 *
 * The server replaces a file that an ended server has left behind. The server removes its file when
 * it drains or stops. */
#include <hello/hello.h>
#include <signal.h>
#include <stdio.h>

/* The log has the reason of an error: "listen: 'unix:/...': Permission denied" */
static void log_line(void *data, enum hello_log_level level, const char *message)
{
    (void)data;
    if (level != HELLO_LOG_DEBUG)
        fprintf(stderr, "%s\n", message);
}

int main(int argc, char *argv[])
{
    struct hello_options options = HELLO_OPTIONS_INIT;
    struct hello_server *server;
    char address[128];
    sigset_t signals;
    int number;

    if (argc != 2) {
        fprintf(stderr, "usage: %s unix:PATH\n", argv[0]);
        return 2;
    }
    options.listen = argv[1];
    options.listen_mode = 0600; /* only this user can connect */
    options.threads = 1;
    options.log = log_line;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    if (hello_server_start(&server, &options))
        return 1;
    hello_server_address(server, 0, address, sizeof address);
    printf("%s\n", address);
    fflush(stdout);

    sigwait(&signals, &number);
    hello_server_drain(server, 5000);
    hello_server_stop(server);
    return 0;
}
