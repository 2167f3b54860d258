/* SPDX-License-Identifier: MIT */
/* A server in a libevent loop: one persistent read event. */
#include <event2/event.h>
#include <hello/hello.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct endpoint {
    struct hello_server *server;
    struct event_base *base;
};

static void on_readable(evutil_socket_t fd, short events, void *data)
{
    struct endpoint *endpoint = data;
    (void)fd;
    (void)events;
    hello_server_dispatch(endpoint->server);
    if (hello_server_drained(endpoint->server))
        event_base_loopbreak(endpoint->base);
}

static void on_terminate(evutil_socket_t number, short events, void *data)
{
    struct endpoint *endpoint = data;
    (void)number;
    (void)events;
    hello_server_drain(endpoint->server, 5000); /* begins; on_readable() checks for its end */
}

static void run(struct endpoint *endpoint)
{
    struct event *readable = event_new(endpoint->base, hello_server_fd(endpoint->server),
                                       EV_READ | EV_PERSIST, on_readable, endpoint);
    struct event *terminate = evsignal_new(endpoint->base, SIGTERM, on_terminate, endpoint);
    if (readable && terminate && !event_add(readable, NULL) && !event_add(terminate, NULL))
        event_base_dispatch(endpoint->base);
    if (terminate)
        event_free(terminate);
    if (readable)
        event_free(readable);
}

int main(void)
{
    struct hello_options options = HELLO_OPTIONS_INIT;
    struct endpoint endpoint;
    char address[128];

    int error = hello_server_start(&endpoint.server, &options);
    if (error) {
        fprintf(stderr, "cannot start: %s\n", strerror(-error));
        return 1;
    }
    hello_server_address(endpoint.server, 0, address, sizeof address);
    printf("%s\n", address);
    fflush(stdout);

    endpoint.base = event_base_new();
    if (endpoint.base) {
        run(&endpoint);
        event_base_free(endpoint.base);
    }
    hello_server_stop(endpoint.server); /* after its descriptor was removed from the loop */
    return 0;
}
