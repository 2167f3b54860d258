/* SPDX-License-Identifier: MIT */
/* The practical limit: one thread with epoll reads a request, finds its path and writes hellod's
 * answer with a constant header. It checks nothing, and reads a request whole or not at all.
 *
 * Usage: bare PORT [close]
 *
 * It listens on 127.0.0.1; port 0 lets the kernel choose. With "close", it closes each connection
 * after one answer. */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_AT_ONCE = 256, REQUEST_SIZE = 8192 };

static const char head[] = "HTTP/1.1 200 OK\r\n"
                           "Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n"
                           "%sContent-Type: text/plain; charset=utf-8\r\n"
                           "X-Content-Type-Options: nosniff\r\n"
                           "Content-Length: ";
static const char greeting[] = "Hello, you've requested: ";

/* The constant part of every answer. */
static char fixed[sizeof head + sizeof "Connection: close\r\n"];
static size_t fixed_length;
static bool closes;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_on(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) || listen(fd, 4096))
        fail("bare: cannot listen");
    return fd;
}

static void print_address(int listener)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &length))
        fail("bare: getsockname");
    fprintf(stderr, "bare: listening on http://127.0.0.1:%u\n", ntohs(address.sin_port));
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
        fail("bare: epoll_ctl");
}

static void accept_all(int epoll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
        watch(epoll, fd);
}

static size_t append_number(char *text, size_t number)
{
    char digits[20];
    size_t count = 0, written = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count > 0)
        text[written++] = digits[--count];
    return written;
}

static size_t append(char *text, const void *bytes, size_t length)
{
    memcpy(text, bytes, length);
    return length;
}

/* Returns false when the connection is over. */
static bool answer(int fd)
{
    char request[REQUEST_SIZE], reply[REQUEST_SIZE + 512];
    ssize_t got = recv(fd, request, sizeof request, 0);
    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    const char *path = memchr(request, ' ', (size_t)got);
    const char *end = path ? memchr(path + 1, ' ', (size_t)(request + got - path - 1)) : NULL;
    if (!end)
        return false;
    size_t length = (size_t)(end - ++path);
    size_t size = append(reply, fixed, fixed_length);
    size += append_number(reply + size, sizeof greeting - 1 + length + 1);
    size += append(reply + size, "\r\n\r\n", 4);
    size += append(reply + size, greeting, sizeof greeting - 1);
    size += append(reply + size, path, length);
    size += append(reply + size, "\n", 1);
    return send(fd, reply, size, MSG_NOSIGNAL) == (ssize_t)size && !closes;
}

int main(int argc, char *argv[])
{
    struct epoll_event events[EVENTS_AT_ONCE];
    if (argc < 2) {
        fprintf(stderr, "usage: bare PORT [close]\n");
        return 2;
    }
    closes = argc > 2;
    fixed_length =
        (size_t)snprintf(fixed, sizeof fixed, head, closes ? "Connection: close\r\n" : "");
    int listener = listen_on((uint16_t)atoi(argv[1]));
    int epoll = epoll_create1(0);
    watch(epoll, listener);
    print_address(listener);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == listener)
                accept_all(epoll, listener);
            else if (!answer(fd))
                close(fd);
        }
    }
}
