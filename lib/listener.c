/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include "ascii.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <hello/hello.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Any address a socket can be bound to, without a cast between pointers to structs. */
union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un unix_path;
    struct sockaddr_storage storage;
};

struct endpoint {
    union address address;
    socklen_t length;
    bool either_family; /* IPv4 will do where the kernel has no IPv6 */
};

/* "0" to "65535" */
static int parse_port(const char *text)
{
    int port = 0;
    if (!*text)
        return -EINVAL;
    for (; *text; text++) {
        if (!hello__is_digit(*text))
            return -EINVAL;
        port = port * 10 + (*text - '0');
        if (port > 65535)
            return -EINVAL;
    }
    return port;
}

static void set_v4(struct endpoint *endpoint, struct in_addr host, in_port_t port)
{
    endpoint->address.v4 =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = host, .sin_port = port};
    endpoint->length = sizeof endpoint->address.v4;
}

static void set_v6(struct endpoint *endpoint, struct in6_addr host, in_port_t port)
{
    endpoint->address.v6 =
        (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = host, .sin6_port = port};
    endpoint->length = sizeof endpoint->address.v6;
    endpoint->either_family = memcmp(&host, &in6addr_any, sizeof host) == 0;
}

/* host without brackets; "" is any. */
static int parse_host(struct endpoint *endpoint, const char *host, bool bracketed, in_port_t port)
{
    struct in_addr v4 = {htonl(INADDR_LOOPBACK)};
    struct in6_addr v6 = in6addr_any;
    if (bracketed ? inet_pton(AF_INET6, host, &v6) == 1 : !*host)
        set_v6(endpoint, v6, port);
    else if (!bracketed && (strcmp(host, "localhost") == 0 || inet_pton(AF_INET, host, &v4) == 1))
        set_v4(endpoint, v4, port);
    else
        return -EINVAL;
    return 0;
}

static int parse_unix(struct endpoint *endpoint, const char *path)
{
    struct sockaddr_un *address = &endpoint->address.unix_path;
    size_t size = strlen(path) + 1;
    if (size == 1)
        return -EINVAL;
    if (size > sizeof address->sun_path)
        return -ENAMETOOLONG;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, size);
    endpoint->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    return 0;
}

static int parse_address(struct endpoint *endpoint, const char *text)
{
    static const char unix_prefix[] = "unix:";
    char host[INET6_ADDRSTRLEN];
    *endpoint = (struct endpoint){0};
    if (strncmp(text, unix_prefix, sizeof unix_prefix - 1) == 0)
        return parse_unix(endpoint, text + sizeof unix_prefix - 1);
    const char *colon = strrchr(text, ':');
    int port = colon ? parse_port(colon + 1) : -EINVAL;
    if (port < 0)
        return port;
    bool bracketed = text[0] == '[' && colon[-1] == ']';
    size_t length = (size_t)(colon - text) - (bracketed ? 2 : 0);
    if (length >= sizeof host)
        return -EINVAL;
    memcpy(host, text + bracketed, length);
    host[length] = '\0';
    return parse_host(endpoint, host, bracketed, htons((uint16_t)port));
}

static int fail_closing(int fd)
{
    int error = -errno;
    close(fd);
    return error;
}

/* A file left over by a server that is gone, not one that somebody listens at. */
static bool is_stale(const struct endpoint *endpoint)
{
    const char *path = endpoint->address.unix_path.sun_path;
    struct stat status;
    if (endpoint->address.any.sa_family != AF_UNIX || lstat(path, &status) ||
        !S_ISSOCK(status.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool refused = connect(fd, &endpoint->address.any, endpoint->length) && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static int bind_replacing(int fd, const struct endpoint *endpoint)
{
    if (bind(fd, &endpoint->address.any, endpoint->length) == 0)
        return 0;
    if (errno != EADDRINUSE || !is_stale(endpoint))
        return -1;
    unlink(endpoint->address.unix_path.sun_path);
    return bind(fd, &endpoint->address.any, endpoint->length);
}

/* A socket bound and listening at the endpoint, or a negative errno. */
static int listen_at(const struct endpoint *endpoint)
{
    const int on = 1;
    const int off = 0;
    int family = endpoint->address.any.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (family != AF_UNIX && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
        return fail_closing(fd);
    if (endpoint->either_family && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off))
        return fail_closing(fd);
    /* The sockets that are accepted inherit it. */
    if (family != AF_UNIX && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
        return fail_closing(fd);
    if (bind_replacing(fd, endpoint) || listen(fd, SOMAXCONN))
        return fail_closing(fd);
    return fd;
}

static int port_of(const union address *address)
{
    switch (address->any.sa_family) {
    case AF_INET: return ntohs(address->v4.sin_port);
    case AF_INET6: return ntohs(address->v6.sin6_port);
    default: return 0;
    }
}

/* Take over fd, closed on failure, and learn its address. */
static int take(struct listener *listener, int fd, bool unlinks)
{
    union address address = {0};
    socklen_t length = sizeof address;
    if (getsockname(fd, &address.any, &length))
        return fail_closing(fd);
    *listener = (struct listener){
        .fd = fd, .port = port_of(&address), .unlinks = unlinks, .address = address.storage};
    return 0;
}

int hello__listener_check(const char *text)
{
    struct endpoint endpoint;
    return parse_address(&endpoint, text);
}

int hello__listener_open(struct listener *listener, const char *text)
{
    struct endpoint endpoint;
    int error = parse_address(&endpoint, text);
    if (error)
        return error;
    int fd = listen_at(&endpoint);
    if (endpoint.either_family && (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)) {
        set_v4(&endpoint, (struct in_addr){htonl(INADDR_ANY)}, endpoint.address.v6.sin6_port);
        fd = listen_at(&endpoint);
    }
    return fd < 0 ? fd : take(listener, fd, endpoint.address.any.sa_family == AF_UNIX);
}

int hello__listener_check_fd(int fd)
{
    int type = 0;
    int listening = 0;
    socklen_t length = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length))
        return -errno;
    length = sizeof listening;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length))
        return -errno;
    return type == SOCK_STREAM && listening ? 0 : -EOPNOTSUPP;
}

int hello__listener_adopt(struct listener *listener, int fd)
{
    int error = hello__listener_check_fd(fd);
    if (error)
        return error;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return -errno;
    int flags = fcntl(own, F_GETFL);
    if (flags < 0 || fcntl(own, F_SETFL, flags | O_NONBLOCK))
        return fail_closing(own);
    return take(listener, own, false);
}

static void set_buffer(int fd, int option, uint32_t size)
{
    const int bytes = size < INT_MAX ? (int)size : INT_MAX;
    if (size != HELLO_KERNEL_BUFFER)
        setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof bytes);
}

void hello__listener_set_limits(const struct listener *listener,
                                const struct hello_options *options)
{
    set_buffer(listener->fd, SO_SNDBUF, options->send_buffer_size);
    set_buffer(listener->fd, SO_RCVBUF, options->receive_buffer_size);
    /* Of sockets that are closed already, the kernel alone still holds unsent bytes. */
    const unsigned limit = options->reply_timeout_ms;
    const unsigned twice = limit < UINT_MAX / 2 ? 2 * limit : 0;
    setsockopt(listener->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &twice, sizeof twice);
}

int hello__listener_format(const struct listener *listener, char *text, size_t size)
{
    union address address = {.storage = listener->address};
    char host[INET6_ADDRSTRLEN] = "";
    switch (address.any.sa_family) {
    case AF_INET:
        inet_ntop(AF_INET, &address.v4.sin_addr, host, sizeof host);
        return snprintf(text, size, "http://%s:%d", host, listener->port);
    case AF_INET6:
        inet_ntop(AF_INET6, &address.v6.sin6_addr, host, sizeof host);
        return snprintf(text, size, "http://[%s]:%d", host, listener->port);
    default: return snprintf(text, size, "unix:%s", address.unix_path.sun_path);
    }
}

void hello__listener_close(struct listener *listener)
{
    if (listener->fd < 0)
        return;
    union address address = {.storage = listener->address};
    if (listener->unlinks)
        unlink(address.unix_path.sun_path);
    close(listener->fd);
    listener->fd = -1;
}
