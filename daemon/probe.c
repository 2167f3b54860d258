/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include "health.h"
#include "log.h"
#include "number.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { WELL = 0, NOT_WELL = 1, PATIENCE_US = 900000, ARGUMENTS = 256 };

/* ---- Where ---- */

static int parse_port(const char *text)
{
    const char *end;
    uint64_t port = number_read(text, &end);
    return !*end && port > 0 && port <= 65535 ? (int)port : -EINVAL;
}

/* A path, or "@" and the name of an abstract socket. */
static int set_unix(struct probe_target *target, const char *path)
{
    struct sockaddr_un *address = &target->address.unix_path;
    bool has_file = path[0] != '@';
    size_t length = strlen(path) + has_file;
    if (length == 1 || length > sizeof address->sun_path)
        return -EINVAL;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length);
    if (!has_file)
        address->sun_path[0] = '\0';
    target->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return 0;
}

static void set_v4(struct probe_target *target, struct in_addr host, in_port_t port)
{
    if (host.s_addr == htonl(INADDR_ANY))
        host.s_addr = htonl(INADDR_LOOPBACK);
    target->address.v4 =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = host, .sin_port = port};
    target->length = sizeof target->address.v4;
}

/* The interface of a zone, by name or number; 0 if there is none. */
static uint32_t parse_zone(const char *zone)
{
    const char *end;
    uint32_t interface = if_nametoindex(zone);
    uint64_t number = interface ? interface : number_read(zone, &end);
    bool is_number = !interface && end > zone && !*end && number <= INT_MAX;
    return interface || is_number ? (uint32_t)number : 0;
}

/* host: between the brackets; its zone is cut off. */
static int set_v6(struct probe_target *target, char *host, in_port_t port)
{
    struct sockaddr_in6 *v6 = &target->address.v6;
    char *zone = strchr(host, '%');
    if (zone)
        *zone++ = '\0';
    *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
    target->length = sizeof *v6;
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
        return -EINVAL;
    if (IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr)) {
        v6->sin6_addr = in6addr_loopback;
        target->v4_port = port;
    }
    v6->sin6_scope_id = zone ? parse_zone(zone) : 0;
    /* Only a link-local address has a zone. */
    bool has_zone = zone && v6->sin6_scope_id > 0;
    bool is_valid = IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) ? has_zone : !zone;
    return is_valid ? 0 : -EINVAL;
}

static int set_host(struct probe_target *target, char *host, in_port_t port)
{
    struct in_addr v4 = {htonl(INADDR_LOOPBACK)};
    char every[] = "::";
    size_t length = strlen(host);
    if (length == 0)
        return set_v6(target, every, port);
    if (host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        return set_v6(target, host + 1, port);
    }
    if (strcmp(host, "localhost") != 0 && inet_pton(AF_INET, host, &v4) != 1)
        return -EINVAL;
    set_v4(target, v4, port);
    return 0;
}

int probe_parse(struct probe_target *target, const char *listen)
{
    static const char unix_prefix[] = "unix:";
    char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 2]; /* with a zone and its brackets */
    *target = (struct probe_target){0};
    if (strncmp(listen, unix_prefix, sizeof unix_prefix - 1) == 0)
        return set_unix(target, listen + sizeof unix_prefix - 1);
    const char *colon = strrchr(listen, ':');
    int port = colon ? parse_port(colon + 1) : -EINVAL;
    size_t length = port < 0 ? 0 : (size_t)(colon - listen);
    if (port < 0 || length >= sizeof host)
        return -EINVAL;
    memcpy(host, listen, length);
    host[length] = '\0';
    return set_host(target, host, htons((uint16_t)port));
}

/* ---- Process 1 ---- */

/* Read a file of NUL-terminated strings. Returns the length; a too long file is cut. */
static size_t read_strings(const char *proc, const char *name, char *text, size_t size)
{
    char path[64];
    size_t length = 0;
    ssize_t count = 0;
    snprintf(path, sizeof path, "%s/%s", proc, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while (length < size - 1 && (count = read(fd, text + length, size - 1 - length)) > 0)
        length += (size_t)count;
    close(fd);
    text[length] = '\0';
    return length;
}

static bool is_hellod(const char *argument)
{
    const char *slash = strrchr(argument, '/');
    return strcmp(slash ? slash + 1 : argument, "hellod") == 0;
}

/* Begin with the argument "hellod": an init process may precede it. */
static bool split_arguments(char *text, size_t length, char *argv[ARGUMENTS])
{
    size_t count = 0;
    for (char *at = text; at < text + length && count < ARGUMENTS - 1; at += strlen(at) + 1)
        if (count > 0 || is_hellod(at))
            argv[count++] = at;
    argv[count] = NULL;
    return count > 0;
}

/* Put these variables before our own. Not putenv(), which would add realloc() to the static hellod.
 * text: must live to the end. */
static void take_environment(char *text, size_t length)
{
    static char *variables[ARGUMENTS];
    size_t count = 0;
    for (char *at = text; at < text + length && count < ARGUMENTS - 1; at += strlen(at) + 1)
        if (strncmp(at, "HELLOD_", 7) == 0 || strncmp(at, "PORT=", 5) == 0)
            variables[count++] = at;
    for (char **own = environ; *own && count < ARGUMENTS - 1; own++)
        variables[count++] = *own;
    environ = variables;
}

bool probe_read_process(struct settings *settings, const char *proc)
{
    static char arguments[16384], environment[32768]; /* settings and environ point into them */
    char *argv[ARGUMENTS];
    size_t length = read_strings(proc, "cmdline", arguments, sizeof arguments);
    if (!split_arguments(arguments, length, argv))
        return false;
    length = read_strings(proc, "environ", environment, sizeof environment);
    take_environment(environment, length); /* if unreadable: our environment is the same */
    return options_read(settings, argv) == 0;
}

/* ---- Check ---- */

static int complain(const char *what, const char *listen, int error)
{
    log_line("%s: %s: %s", listen, what, strerror(error));
    return NOT_WELL;
}

static void on_timeout(int number)
{
    static const char line[] = "hellod: no answer within a second\n";
    (void)number;
    (void)!write(STDERR_FILENO, line, sizeof line - 1);
    _exit(NOT_WELL);
}

/* A connected socket or a negative errno. */
static int connect_to(const struct probe_target *target)
{
    int fd = socket(target->address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, &target->address.any, target->length) == 0)
        return fd;
    int error = -errno;
    close(fd);
    return error;
}

static int connect_either(struct probe_target *target)
{
    int fd = connect_to(target);
    if (fd < 0 && target->v4_port) {
        set_v4(target, (struct in_addr){htonl(INADDR_LOOPBACK)}, target->v4_port);
        fd = connect_to(target);
    }
    return fd;
}

static int port_of(const struct probe_target *target)
{
    switch (target->address.any.sa_family) {
    case AF_INET: return ntohs(target->address.v4.sin_port);
    case AF_INET6: return ntohs(target->address.v6.sin6_port);
    default: return 0;
    }
}

/* --status and --delay change the answers for paths, but not the answer to `OPTIONS *`. */
static bool send_request(int fd)
{
    static const char request[] = "OPTIONS * HTTP/1.1\r\n"
                                  "Host: localhost\r\nConnection: close\r\n\r\n";
    return send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t)sizeof request - 1;
}

static int read_answer(int fd, const char *listen)
{
    static const char well[] = HEALTH_WELL;
    char answer[sizeof well] = "";
    ssize_t length = recv(fd, answer, sizeof well - 1, MSG_WAITALL);
    if (length < 0)
        return complain("no answer", listen, errno);
    if (strcmp(answer, well) == 0)
        return WELL;
    log_line("%s: the answer is not 200 but '%s'", listen, answer);
    return NOT_WELL;
}

/* Use the admin port if there is one. Otherwise use the private socket: at a full main port,
 * clients wait. Without a private socket, as with an inherited port, use the main port. */
static int ask(struct probe_target *target, const struct settings *settings, const char *listen)
{
    bool sent = true;
    int fd = settings->admin ? -1 : health_connect(listen, port_of(target));
    if (fd < 0) {
        fd = connect_either(target);
        sent = fd < 0 || send_request(fd);
    }
    if (fd < 0)
        return complain("cannot connect", listen, -fd);
    int result = sent ? read_answer(fd, listen) : complain("cannot send", listen, errno);
    close(fd);
    return result;
}

int probe_run(struct settings *settings, char *const argv[])
{
    struct probe_target target;
    bool alone = argv[1] && !argv[2]; /* --healthcheck and nothing else */
    if (alone)
        probe_read_process(settings, "/proc/1");
    const char *listen = settings->admin ? settings->admin : settings->listeners[0].address;
    if (!listen || probe_parse(&target, listen)) {
        log_line("--healthcheck: '%s': expected --admin or --listen with HOST:PORT, [IPV6]:PORT, "
                 ":PORT or unix:PATH, and a port from 1 to 65535",
                 listen ? listen : "LISTEN_FDS");
        return NOT_WELL;
    }
    const struct itimerval patience = {.it_value.tv_usec = PATIENCE_US};
    signal(SIGALRM, on_timeout);
    setitimer(ITIMER_REAL, &patience, NULL);
    return ask(&target, settings, listen);
}
