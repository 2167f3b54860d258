/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include "log.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The wait for the lock of a directory. Servers hold it for less than a millisecond, but any user
 * with read permission could hold it for ever. */
enum { LOCK_TRIES = 100, LOCK_INTERVAL_MS = 10 };

/* The first port that every user may listen at, by Linux's default. */
enum { FIRST_UNPRIVILEGED_PORT = 1024 };

/* Clients that wait for accept4(), limited by net.core.somaxconn. musl's SOMAXCONN is 128. */
enum { BACKLOG = 4096 };

static int fail_closing(int fd)
{
    int error = -errno;
    close(fd);
    return error;
}

static int set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

/* ---- The file of a unix socket ---- */

/* The absolute path, so that the file is found after a chdir(). NULL with errno set. */
static char *absolute_path(const char *path)
{
    char directory[PATH_MAX] = "";
    if (path[0] != '/' && !getcwd(directory, sizeof directory))
        return NULL;
    char *absolute;
    int length = asprintf(&absolute, "%s%s%s", directory, directory[0] ? "/" : "", path);
    return length < 0 ? NULL : absolute;
}

/* Until the descriptor is closed, no other server replaces a file in the directory. A negative
 * number (the directory is not readable) is no failure: the caller goes on without a lock. */
static int lock_directory(char *file)
{
    char *name = strrchr(file, '/') + 1;
    const char first = *name;
    *name = '\0';
    int fd = open(file, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *name = first;
    for (int i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
            break;
        poll(NULL, 0, LOCK_INTERVAL_MS);
    }
    return fd;
}

/* Whether an ended server has left the file, and no server listens at it. */
static bool is_stale(const struct address *address)
{
    struct stat status;
    if (lstat(address->unix_path.sun_path, &status) || !S_ISSOCK(status.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool refused = connect(fd, &address->any, address->length) && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static bool is_own(const struct listener *listener)
{
    struct stat status;
    return lstat(listener->file, &status) == 0 && status.st_dev == listener->device &&
           status.st_ino == listener->inode;
}

/* ---- Opening ---- */

/* An unbound socket of the address's family, or a negative errno. */
static int make_socket(const struct address *address)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (address->any.sa_family == AF_UNIX)
        return fd;
    if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
        (hello__address_is_every(address) && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0)) ||
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1)) /* accepted sockets inherit it */
        return fail_closing(fd);
    return fd;
}

/* Take over fd, which is closed on failure, and read its address. */
static int take(struct listener *listener, int fd)
{
    struct address *address = &listener->address;
    address->length = sizeof address->unix_path; /* the longest */
    if (getsockname(fd, &address->any, &address->length))
        return fail_closing(fd);
    listener->fd = fd;
    return 0;
}

static int bind_replacing(int fd, const struct address *address)
{
    if (bind(fd, &address->any, address->length) == 0)
        return 0;
    if (errno != EADDRINUSE || !is_stale(address))
        return -1;
    unlink(address->unix_path.sun_path);
    return bind(fd, &address->any, address->length);
}

/* 0, or -1 with errno set. No client can connect before listen(). */
static int listen_at_file(struct listener *listener, int fd, uint32_t mode)
{
    struct stat status;
    if (bind_replacing(fd, &listener->address))
        return -1;
    if ((mode == 0 || chmod(listener->file, mode) == 0) && lstat(listener->file, &status) == 0 &&
        listen(fd, BACKLOG) == 0) {
        listener->device = status.st_dev;
        listener->inode = status.st_ino;
        return 0;
    }
    int error = errno;
    unlink(listener->file);
    errno = error;
    return -1;
}

/* 0 or a negative errno. */
static int open_socket(struct listener *listener, uint32_t mode)
{
    const struct address *address = &listener->address;
    int fd = make_socket(address);
    if (fd < 0)
        return fd;
    if (listener->file ? listen_at_file(listener, fd, mode)
                       : bind(fd, &address->any, address->length) || listen(fd, BACKLOG))
        return fail_closing(fd);
    return take(listener, fd);
}

static int open_file(struct listener *listener, uint32_t mode)
{
    listener->file = absolute_path(listener->address.unix_path.sun_path);
    if (!listener->file)
        return -errno;
    int lock = lock_directory(listener->file);
    int error = open_socket(listener, mode);
    if (lock >= 0)
        close(lock);
    if (error) {
        free(listener->file);
        listener->file = NULL;
    }
    return error;
}

int hello__listener_open(struct listener *listener, const char *text, uint32_t mode)
{
    *listener = (struct listener){.fd = -1};
    int error = hello__address_parse(&listener->address, text);
    if (error)
        return error;
    if (hello__address_has_file(&listener->address))
        return open_file(listener, mode);
    error = open_socket(listener, mode);
    if ((error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL) &&
        hello__address_is_every(&listener->address)) {
        hello__address_make_v4(&listener->address);
        error = open_socket(listener, mode);
    }
    return error;
}

/* ---- Inheriting ---- */

/* 0 if fd is a listening stream socket; otherwise a negative errno. */
static int check_fd(int fd)
{
    int type = 0;
    int listening = 0;
    socklen_t length = sizeof(int);
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length))
        return -errno;
    return type == SOCK_STREAM && listening ? 0 : -EOPNOTSUPP;
}

int hello__listener_adopt(struct listener *listener, int fd)
{
    *listener = (struct listener){.fd = -1, .inherited = true};
    int error = check_fd(fd);
    if (error)
        return error;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return -errno;
    int flags = fcntl(own, F_GETFL);
    if (flags < 0 || fcntl(own, F_SETFL, flags | O_NONBLOCK))
        return fail_closing(own);
    return take(listener, own);
}

/* ---- Limits ---- */

static void set_buffer(int fd, int option, uint32_t size)
{
    if (size != HELLO_KERNEL_BUFFER)
        set_option(fd, SOL_SOCKET, option, size < INT_MAX ? (int)size : INT_MAX);
}

/* Limit a client's kernel memory, and its time. Accepted TCP sockets inherit both limits. */
static void set_limits(const struct listener *listener, const struct hello_options *options)
{
    set_buffer(listener->fd, SO_SNDBUF, options->send_buffer_size);
    set_buffer(listener->fd, SO_RCVBUF, options->receive_buffer_size);
    /* After close(), only the kernel still holds unsent bytes. */
    const uint32_t limit = options->reply_timeout_ms;
    set_option(listener->fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
               limit < INT_MAX / 2 ? (int)(2 * limit) : 0);
}

void hello__listener_prepare(const struct listener *listener, const struct hello_options *options,
                             int fd)
{
    if (listener->address.any.sa_family == AF_UNIX)
        set_buffer(fd, SO_SNDBUF, options->send_buffer_size);
    else if (listener->inherited) /* may lack TCP_NODELAY */
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

/* ---- Closing ---- */

void hello__listener_close(struct listener *listener)
{
    if (listener->fd < 0)
        return;
    /* While the socket is open, no other file has its inode. */
    if (listener->file && is_own(listener))
        unlink(listener->file);
    free(listener->file);
    listener->file = NULL;
    close(listener->fd);
    listener->fd = -1;
}

/* ---- The listeners of a server ---- */

/* The reason and the accepted form, for errors that a user can correct. */
static const struct {
    int error;
    const char *words;
} reasons[] = {
    {-EINVAL, "expected HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH"},
    {-ENODEV, "a link-local address needs the zone of a network interface: [fe80::1%eth0]:PORT"},
    {-EADDRINUSE, "Address in use: expected a free port, 0 for any free port, or a free path"},
    {-EADDRNOTAVAIL, "Address not available: expected an address of this machine"},
    {-ENAMETOOLONG, "File name too long: expected at most 107 bytes after unix:"},
    {-ENOENT, "No such directory: expected a path in an existing directory"},
};

static const char *explain(const char *text, int error)
{
    struct address address;
    int port = hello__address_parse(&address, text) == 0 ? hello__address_port(&address) : 0;
    if (error == -EACCES && port > 0 && port < FIRST_UNPRIVILEGED_PORT)
        return "Permission denied: ports below 1024 need CAP_NET_BIND_SERVICE, or "
               "net.ipv4.ip_unprivileged_port_start=0, which CRI-O and older podman do not set; "
               "or listen at :8080";
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].error == error)
            return reasons[i].words;
    return strerror(-error);
}

/* Returns the error. */
static int log_failure(const struct hello_options *options, const struct hello_listener *place,
                       int error)
{
    if (place->address)
        hello__log(options, HELLO_LOG_ERROR, "listen: '%.128s': %s", place->address,
                   explain(place->address, error));
    else
        hello__log(options, HELLO_LOG_ERROR, "listen_fd: '%d': %s", place->fd, strerror(-error));
    return error;
}

static int open_one(struct listener *listener, const struct hello_options *options,
                    const struct hello_listener *place)
{
    int error = place->address
                    ? hello__listener_open(listener, place->address, options->listen_mode)
                    : hello__listener_adopt(listener, place->fd);
    if (error)
        return log_failure(options, place, error);
    set_limits(listener, options);
    return 0;
}

int hello__listeners_open(struct listeners *listeners, const struct hello_options *options)
{
    unsigned count = hello__options_listeners(options);
    for (; listeners->count < count; listeners->count++) {
        const struct hello_listener place = hello__options_listener(options, listeners->count);
        int error = open_one(&listeners->each[listeners->count], options, &place);
        if (error)
            return error;
    }
    return 0;
}

int hello__listeners_check(const struct hello_options *options)
{
    unsigned count = hello__options_listeners(options);
    for (unsigned i = 0; i < count; i++) {
        const struct hello_listener place = hello__options_listener(options, i);
        struct address address;
        int error =
            place.address ? hello__address_parse(&address, place.address) : check_fd(place.fd);
        if (error)
            return log_failure(options, &place, error);
    }
    return 0;
}

void hello__listeners_close(struct listeners *listeners)
{
    for (unsigned i = 0; i < listeners->count; i++)
        hello__listener_close(&listeners->each[i]);
}
