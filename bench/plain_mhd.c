/* SPDX-License-Identifier: MIT */
/* A typical program with libmicrohttpd: libmicrohttpd's epoll and thread pool, and a new response
 * for each request.
 *
 * Usage: plain_mhd PORT THREADS [CONNECTIONS]
 *
 * It listens on 127.0.0.1; port 0 lets the kernel choose. Without CONNECTIONS, libmicrohttpd's
 * default limit applies. SIGTERM ends the program. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum MHD_Result greet(struct MHD_Connection *connection, const char *path)
{
    size_t size = strlen(path) + sizeof "Hello, you've requested: \n";
    char *body = malloc(size);
    if (!body)
        return MHD_NO;
    snprintf(body, size, "Hello, you've requested: %s\n", path);
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(size - 1, body, free);
    if (!response) {
        free(body);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    enum MHD_Result queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_size, void **context)
{
    static int seen;
    (void)cls;
    (void)method;
    (void)version;
    (void)upload_data;
    if (!*context) { /* an answer now would close the connection */
        *context = &seen;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    return greet(connection, path);
}

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

static struct MHD_Daemon *start(unsigned port, unsigned threads, unsigned connections)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    struct MHD_OptionItem items[4] = {{MHD_OPTION_SOCK_ADDR, 0, &address}};
    int count = 1;
    if (threads > 1)
        items[count++] =
            (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL};
    if (connections > 0)
        items[count++] =
            (struct MHD_OptionItem){MHD_OPTION_CONNECTION_LIMIT, (intptr_t)connections, NULL};
    items[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, NULL,
                            MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

int main(int argc, char *argv[])
{
    sigset_t ending;
    int received;
    if (argc < 3) {
        fprintf(stderr, "usage: plain_mhd PORT THREADS [CONNECTIONS]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    struct MHD_Daemon *daemon =
        start(number(argv[1]), number(argv[2]), argc > 3 ? number(argv[3]) : 0);
    if (!daemon) {
        perror("plain_mhd: cannot start");
        return 1;
    }
    fprintf(stderr, "plain_mhd: listening on http://127.0.0.1:%u\n",
            MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    sigwait(&ending, &received);
    MHD_stop_daemon(daemon);
    return 0;
}
