/* SPDX-License-Identifier: MIT */
/* A whole server in the caller's loop, libmicrohttpd included, and one client on a unix socket.
 *
 * The first byte of the input says how the rest is sent: in pieces of its upper bits times eight
 * (0: at once), and whether the client then ends its side (bit 0) or hangs up. Whatever is sent,
 * what comes back are whole answers, and the connection does not outlive its client. */
#include "property.h"

#include <errno.h>
#include <hello/hello.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    ROUNDS = 10000, /* of dispatching until everything must have been done */
    RECEIVED_ROOM = 1 << 20,
};

static struct hello_server *server;
static struct sockaddr_un address;
static socklen_t address_length = sizeof address;

static char received[RECEIVED_ROOM + 1];
static size_t received_length;
static bool ended;

static void start(void)
{
    struct hello_options options = HELLO_OPTIONS_INIT;
    const struct sockaddr_un any = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    /* With the family alone, the kernel chooses an abstract name. */
    REQUIRE(fd >= 0 && bind(fd, (const struct sockaddr *)&any, sizeof any.sun_family) == 0);
    REQUIRE(listen(fd, 16) == 0);
    REQUIRE(getsockname(fd, (struct sockaddr *)&address, &address_length) == 0);
    options.listen_fd = fd;
    options.max_body_size = 4096;
    REQUIRE(hello_server_start(&server, &options) == 0);
    close(fd);
}

static void serve(void)
{
    struct pollfd fd = {.fd = hello_server_fd(server), .events = POLLIN};
    int rounds = 0;
    while (poll(&fd, 1, 0) == 1) {
        REQUIRE(++rounds < ROUNDS);
        REQUIRE(hello_server_dispatch(server) == 0);
    }
}

static void receive(int client)
{
    while (!ended && received_length < RECEIVED_ROOM) {
        ssize_t got =
            recv(client, received + received_length, RECEIVED_ROOM - received_length, MSG_DONTWAIT);
        if (got < 0) {
            REQUIRE(errno == EAGAIN || errno == ECONNRESET);
            ended = errno == ECONNRESET;
            return;
        }
        ended = got == 0;
        received_length += (size_t)got;
    }
}

/* Until the server has nothing more to do or to say. */
static void settle(int client)
{
    size_t before;
    do {
        before = received_length;
        serve();
        receive(client);
    } while (received_length != before);
}

static void send_piece(int client, const uint8_t *data, size_t size)
{
    while (size > 0 && !ended) {
        ssize_t sent = send(client, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return;
        if (sent > 0) {
            data += sent;
            size -= (size_t)sent;
        }
        settle(client);
    }
}

static void send_all(int client, const uint8_t *data, size_t size, size_t piece)
{
    for (size_t at = 0; at < size; at += piece)
        send_piece(client, data + at, size - at < piece ? size - at : piece);
}

/* ---- What came back ---- */

static const char *field(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);
    return at ? at + strlen(name) : NULL;
}

static void check_head(const char *head)
{
    for (const char *c = head; *c; c++)
        REQUIRE((*c >= ' ' && *c < 0x7F) || *c == '\r' || *c == '\n');
    const char *location = field(head, "\r\nLocation: ");
    REQUIRE(!location == (strncmp(head + 9, "307", 3) != 0));
    REQUIRE(!location || (location[0] == '/' && location[1] != '/'));
}

/* The length of the answer at the start of a text. No body starts like an answer, so that is how
 * one to HEAD is told. */
static size_t check_answer(const char *text, size_t left)
{
    REQUIRE(strncmp(text, "HTTP/1.1 ", 9) == 0 || strncmp(text, "HTTP/1.0 ", 9) == 0);
    const char *end = strstr(text, "\r\n\r\n");
    REQUIRE(end);
    size_t head_length = (size_t)(end - text) + 4;
    char *head = strndup(text, head_length);
    check_head(head);
    const char *length = field(head, "\r\nContent-Length: ");
    REQUIRE(length || strncmp(head + 9, "100", 3) == 0);
    size_t body = length ? strtoul(length, NULL, 10) : 0;
    free(head);
    if (left == head_length || strncmp(text + head_length, "HTTP/1.", 7) == 0)
        return head_length;
    REQUIRE(head_length + body <= left);
    return head_length + body;
}

static void check_answers(void)
{
    REQUIRE(received_length < RECEIVED_ROOM);
    received[received_length] = '\0';
    for (size_t at = 0; at < received_length;)
        at += check_answer(received + at, received_length - at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!server)
        start();
    if (size == 0)
        return 0;
    size_t piece = (size_t)(data[0] >> 1) * 8;
    bool half_closes = data[0] & 1;
    received_length = 0;
    ended = false;

    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(client >= 0);
    REQUIRE(connect(client, (const struct sockaddr *)&address, address_length) == 0);
    serve();
    send_all(client, data + 1, size - 1, piece > 0 ? piece : size);
    if (half_closes) {
        shutdown(client, SHUT_WR);
        settle(client);
        REQUIRE(ended);
    }
    check_answers();
    close(client);
    serve();
    REQUIRE(hello_server_connections(server) == 0);
    return 0;
}
