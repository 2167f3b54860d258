/* SPDX-License-Identifier: MIT */
/* A server in a GLib main loop, as in GTK and GStreamer programs: one GSource. */
#include <glib-unix.h>
#include <hello/hello.h>
#include <signal.h>
#include <string.h>

struct endpoint {
    struct hello_server *server;
    GMainLoop *loop;
};

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
    struct endpoint *endpoint = data;
    (void)fd;
    (void)condition;
    hello_server_dispatch(endpoint->server);
    if (hello_server_drained(endpoint->server))
        g_main_loop_quit(endpoint->loop);
    return G_SOURCE_CONTINUE;
}

static gboolean on_terminate(gpointer data)
{
    struct endpoint *endpoint = data;
    hello_server_drain(endpoint->server, 5000); /* begins; on_readable() checks for its end */
    return G_SOURCE_CONTINUE;
}

int main(void)
{
    struct hello_options options = HELLO_OPTIONS_INIT;
    struct endpoint endpoint;
    char address[128];

    int error = hello_server_start(&endpoint.server, &options);
    if (error) {
        g_printerr("cannot start: %s\n", strerror(-error));
        return 1;
    }
    endpoint.loop = g_main_loop_new(NULL, FALSE);
    guint readable =
        g_unix_fd_add(hello_server_fd(endpoint.server), G_IO_IN, on_readable, &endpoint);
    guint terminate = g_unix_signal_add(SIGTERM, on_terminate, &endpoint);
    hello_server_address(endpoint.server, 0, address, sizeof address);
    g_print("%s\n", address);

    g_main_loop_run(endpoint.loop);
    g_source_remove(terminate);
    g_source_remove(readable);
    hello_server_stop(endpoint.server); /* after its descriptor was removed from the loop */
    g_main_loop_unref(endpoint.loop);
    return 0;
}
