/* SPDX-License-Identifier: MIT */
#include "plain.h"

#include "memory.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

static int open_client(int port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_msg(connect(fd, (const struct sockaddr *)&address, sizeof address) == 0,
                  "connect: %s", strerror(errno));
    return fd;
}

static void dispatch(struct hello_server *server)
{
    memory_enter();
    int error = hello_server_dispatch(server);
    memory_leave();
    ck_assert_int_eq(error, 0);
}

/* The beginning of what comes until the end, NUL-terminated. A reset is an end, too. */
static void read_all(struct hello_server *server, int client, char *bytes, size_t size)
{
    size_t length = 0;
    for (;;) {
        struct pollfd fds[] = {{.fd = client, .events = POLLIN},
                               {.fd = hello_server_fd(server), .events = POLLIN}};
        ck_assert_msg(poll(fds, 2, PATIENCE_MS) > 0, "the server neither answers nor closes");
        if (fds[1].revents)
            dispatch(server);
        if (!fds[0].revents)
            continue;
        char chunk[4096];
        ssize_t read = recv(client, chunk, sizeof chunk, 0);
        if (read <= 0)
            break;
        size_t kept = (size_t)read < size - 1 - length ? (size_t)read : size - 1 - length;
        memcpy(bytes + length, chunk, kept);
        length += kept;
    }
    bytes[length] = '\0';
}

/* A client that has sent them. */
static int send_all(const struct hello_server *server, const char *requests)
{
    int client = open_client(hello_server_port(server));
    ck_assert_int_eq(send(client, requests, strlen(requests), MSG_NOSIGNAL), (int)strlen(requests));
    return client;
}

static void exchange(struct hello_server *server, const char *requests, char *answers, size_t size)
{
    int client = send_all(server, requests);
    read_all(server, client, answers, size);
    close(client);
}

int plain_ask_all(struct hello_server *server, const char *requests)
{
    static const char ok[] = "HTTP/1.1 200 ";
    char answers[4096];
    int count = 0;
    exchange(server, requests, answers, sizeof answers);
    for (const char *answer = strstr(answers, ok); answer; answer = strstr(answer + 1, ok))
        count++;
    return count;
}

int plain_ask(struct hello_server *server, const char *request)
{
    char answer[4096];
    int status = 0;
    exchange(server, request, answer, sizeof answer);
    if (answer[0])
        ck_assert_msg(sscanf(answer, "HTTP/1.1 %3d ", &status) == 1, "sent: %s\ncame back: %s",
                      request, answer);
    return status;
}

int plain_ask_together(struct hello_server *server, int count)
{
    int clients[PLAIN_MOST];
    int answered = 0;
    for (int i = 0; i < count; i++) {
        char request[64];
        snprintf(request, sizeof request,
                 "GET /%d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", i);
        clients[i] = send_all(server, request);
    }
    for (int i = 0; i < count; i++) {
        char answer[4096], wanted[64];
        snprintf(wanted, sizeof wanted, "\r\n\r\nHello, you've requested: /%d\n", i);
        read_all(server, clients[i], answer, sizeof answer);
        close(clients[i]);
        const char *body = strstr(answer, "\r\n\r\n");
        if (!body)
            continue;
        ck_assert_msg(strncmp(wanted, body, strlen(body)) == 0, "client %d got: %s", i, answer);
        answered += strcmp(wanted, body) == 0;
    }
    return answered;
}

static bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1;
}

void plain_settle(struct hello_server *server)
{
    while (hello_server_connections(server) > 0) {
        struct pollfd fd = {.fd = hello_server_fd(server), .events = POLLIN};
        ck_assert_msg(poll(&fd, 1, PATIENCE_MS) == 1, "a connection stays open");
        dispatch(server);
    }
    while (is_readable(hello_server_fd(server)))
        dispatch(server);
}
