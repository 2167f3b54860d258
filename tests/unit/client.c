/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <hello/hello.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* How long anything may take that should take no time: a failure, not a measurement. */
enum { PATIENCE_MS = 20000 };

static struct hello_server *driven;

void client_drives(struct hello_server *server)
{
    driven = server;
}

/* Wait for events on fd, serving meanwhile. False when patience runs out. */
static bool wait_for(int fd, short events)
{
    struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = -1, .events = POLLIN}};
    if (driven)
        fds[1].fd = hello_server_fd(driven);
    for (;;) {
        int ready = poll(fds, 2, PATIENCE_MS);
        if (ready == 0 || (ready < 0 && errno != EINTR))
            return false;
        if (fds[0].revents)
            return true;
        if (fds[1].revents)
            ck_assert_int_eq(hello_server_dispatch(driven), 0);
    }
}

static void make(struct client *client, int family)
{
    *client = (struct client){.received_room = 1 << 16};
    client->received = malloc(client->received_room);
    ck_assert_ptr_nonnull(client->received);
    client->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(client->fd, 0);
}

static void join(const struct client *client, const void *address, socklen_t length)
{
    ck_assert_msg(connect(client->fd, address, length) == 0, "connect: %s", strerror(errno));
}

static struct sockaddr_in loopback(int port, unsigned char number)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr = {htonl(INADDR_LOOPBACK - 1 + number)},
    };
}

void client_open(struct client *client, int port)
{
    const struct sockaddr_in address = loopback(port, 1);
    make(client, AF_INET);
    join(client, &address, sizeof address);
}

void client_open_from(struct client *client, int port, unsigned char number)
{
    const struct sockaddr_in own = loopback(0, number);
    const struct sockaddr_in address = loopback(port, 1);
    make(client, AF_INET);
    ck_assert_int_eq(bind(client->fd, (const struct sockaddr *)&own, sizeof own), 0);
    join(client, &address, sizeof address);
}

void client_open_unix(struct client *client, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    socklen_t length = sizeof address;
    if (path[0] == '@') {
        address.sun_path[0] = '\0';
        length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    }
    make(client, AF_UNIX);
    join(client, &address, length);
}

void client_close(struct client *client)
{
    close(client->fd);
    free(client->received);
    client->fd = -1;
    client->received = NULL;
}

void client_expect_refused(int port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    close(fd);
}

static void remember(struct client *client, const char *bytes, size_t length)
{
    size_t room = sizeof client->sent - client->sent_length;
    size_t kept = length < room ? length : room;
    memcpy(client->sent + client->sent_length, bytes, kept);
    client->sent_length += kept;
}

void client_send(struct client *client, const char *bytes, size_t length)
{
    remember(client, bytes, length);
    while (length > 0) {
        ssize_t sent = send(client->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) {
            ck_assert_msg(wait_for(client->fd, POLLOUT), "nobody reads what is sent");
            continue;
        }
        if (sent < 0)
            return; /* refused and closed: reading will tell */
        bytes += sent;
        length -= (size_t)sent;
    }
}

void client_send_text(struct client *client, const char *text)
{
    client_send(client, text, strlen(text));
}

void client_finish_sending(struct client *client)
{
    ck_assert_int_eq(shutdown(client->fd, SHUT_WR), 0);
}

#define FAIL(client, reason)                                                                       \
    ck_abort_msg("%s\nsent: %.*s\nreceived: %.*s", reason, (int)(client)->sent_length,             \
                 (client)->sent, (int)((client)->received_length), (client)->received)

/* Read what there is; false at the end. */
static bool receive(struct client *client)
{
    if (client->ended)
        return false;
    if (client->received_length == client->received_room)
        FAIL(client, "the answer does not fit");
    if (!wait_for(client->fd, POLLIN))
        FAIL(client, "no answer comes");
    ssize_t read = recv(client->fd, client->received + client->received_length,
                        client->received_room - client->received_length, 0);
    if (read <= 0) {
        client->ended = true;
        return false;
    }
    client->received_length += (size_t)read;
    return true;
}

static void take_head(struct client *client, struct answer *answer)
{
    char *end;
    while (!(end = memmem(client->received, client->received_length, "\r\n\r\n", 4)))
        if (!receive(client))
            FAIL(client, "the connection ends without an answer");
    size_t length = (size_t)(end - client->received) + 4;
    if (length >= sizeof answer->head)
        FAIL(client, "the head is too long");
    memcpy(answer->head, client->received, length);
    answer->head[length] = '\0';
    if (sscanf(answer->head, "HTTP/1.1 %3d ", &answer->status) != 1)
        FAIL(client, "no status line");
}

static void forget(struct client *client, size_t length)
{
    client->received_length -= length;
    memmove(client->received, client->received + length, client->received_length);
}

void client_read(struct client *client, struct answer *answer, bool without_body)
{
    *answer = (struct answer){0};
    take_head(client, answer);
    const char *length = answer_field(answer, "Content-Length");
    if (!length)
        FAIL(client, "no Content-Length");
    answer->body_length = without_body ? 0 : (size_t)atol(length);
    if (answer->body_length >= sizeof answer->body)
        FAIL(client, "the body is too long");
    size_t head = strlen(answer->head);
    while (client->received_length < head + answer->body_length)
        if (!receive(client))
            FAIL(client, "the connection ends within the body");
    memcpy(answer->body, client->received + head, answer->body_length);
    forget(client, head + answer->body_length);
    client->sent_length = 0;
}

void client_ask(struct client *client, const char *request, struct answer *answer)
{
    client_send_text(client, request);
    client_read(client, answer, strncmp(request, "HEAD ", 5) == 0);
}

void client_expect_greeting(struct client *client)
{
    struct answer answer;
    client_ask(client, "GET /abc HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
    ck_assert_msg(answer.status == 200, "%s", answer.head);
    ck_assert_str_eq(answer.body, "Hello, you've requested: /abc\n");
}

void client_expect_end(struct client *client)
{
    while (receive(client))
        ;
    if (client->received_length > 0)
        FAIL(client, "more than expected before the connection ends");
}

const char *answer_field(const struct answer *answer, const char *name)
{
    static _Thread_local char value[1024];
    size_t length = strlen(name);
    for (const char *line = strstr(answer->head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        line += length + 1;
        line += strspn(line, " ");
        snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\r"), line);
        return value;
    }
    return NULL;
}

void client_let_server_work(void)
{
    struct pollfd fd = {.fd = driven ? hello_server_fd(driven) : -1, .events = POLLIN};
    if (poll(&fd, 1, 1) == 1)
        ck_assert_int_eq(hello_server_dispatch(driven), 0);
}

/* Nothing tells from outside, so this looks every millisecond. */
void client_expect_connections(struct hello_server *server, unsigned count)
{
    for (int waited = 0; hello_server_connections(server) != count; waited++) {
        ck_assert_msg(waited < PATIENCE_MS, "%u connections, not %u",
                      hello_server_connections(server), count);
        client_let_server_work();
    }
}
