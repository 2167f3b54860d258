/* SPDX-License-Identifier: MIT */
/* A server in a libuv loop: one uv_poll_t, and no uv_timer_t. */
#include <hello/hello.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

struct endpoint {
    struct hello_server *server;
    uv_poll_t readable;
    uv_signal_t terminate;
};

/* Without active handles, uv_run() returns. */
static void close_handles(struct endpoint *endpoint)
{
    uv_close((uv_handle_t *)&endpoint->readable, NULL);
    uv_close((uv_handle_t *)&endpoint->terminate, NULL);
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct endpoint *endpoint = handle->data;
    (void)status;
    (void)events;
    hello_server_dispatch(endpoint->server);
    if (hello_server_drained(endpoint->server))
        close_handles(endpoint);
}

static void on_terminate(uv_signal_t *handle, int number)
{
    struct endpoint *endpoint = handle->data;
    (void)number;
    hello_server_drain(endpoint->server, 5000); /* begins; on_readable() checks for its end */
}

static void add_to_loop(struct endpoint *endpoint, uv_loop_t *loop)
{
    endpoint->readable.data = endpoint->terminate.data = endpoint;
    uv_poll_init(loop, &endpoint->readable, hello_server_fd(endpoint->server));
    uv_poll_start(&endpoint->readable, UV_READABLE, on_readable);
    uv_signal_init(loop, &endpoint->terminate);
    uv_signal_start(&endpoint->terminate, on_terminate, SIGTERM);
}

int main(void)
{
    struct hello_options options = HELLO_OPTIONS_INIT;
    struct endpoint endpoint;
    uv_loop_t *loop = uv_default_loop();
    char address[128];

    int error = hello_server_start(&endpoint.server, &options);
    if (error) {
        fprintf(stderr, "cannot start: %s\n", strerror(-error));
        return 1;
    }
    add_to_loop(&endpoint, loop);
    hello_server_address(endpoint.server, 0, address, sizeof address);
    printf("%s\n", address);
    fflush(stdout);

    uv_run(loop, UV_RUN_DEFAULT);
    hello_server_stop(endpoint.server); /* after its descriptor was removed from the loop */
    uv_loop_close(loop);
    return 0;
}
