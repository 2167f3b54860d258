/* SPDX-License-Identifier: MIT */
/* A server in a systemd event loop: one I/O source. */
#include <hello/hello.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-event.h>

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *data)
{
    struct hello_server *server = data;
    (void)fd;
    (void)events;
    int error = hello_server_dispatch(server);
    if (error || hello_server_drained(server))
        return sd_event_exit(sd_event_source_get_event(source), error);
    return 0;
}

static int on_terminate(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
    (void)source;
    (void)info;
    hello_server_drain(data, 5000); /* begins; on_readable() checks for its end */
    return 0;
}

/* sd-event reads signals from a descriptor, so the program must block them. */
static void block_terminate(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}

static int run(struct hello_server *server)
{
    sd_event *event = NULL;
    int error = sd_event_default(&event);
    if (error >= 0)
        error = sd_event_add_io(event, NULL, hello_server_fd(server), EPOLLIN, on_readable, server);
    if (error >= 0)
        error = sd_event_add_signal(event, NULL, SIGTERM, on_terminate, server);
    if (error >= 0)
        error = sd_event_loop(event);
    sd_event_unref(event); /* also frees the sources */
    return error;
}

int main(void)
{
    struct hello_options options = HELLO_OPTIONS_INIT;
    struct hello_server *server;
    char address[128];

    block_terminate();
    int error = hello_server_start(&server, &options);
    if (error) {
        fprintf(stderr, "cannot start: %s\n", strerror(-error));
        return 1;
    }
    hello_server_address(server, 0, address, sizeof address);
    printf("%s\n", address);
    fflush(stdout);

    error = run(server);
    hello_server_stop(server); /* after its descriptor was removed from the loop */
    return error < 0;
}
