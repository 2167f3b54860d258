/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include "output.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    PATIENCE_US = 900000,
    ARGUMENTS = 256,
    BACKLOG = 16,
    PAUSE_MS = 100, /* after an error, such as EMFILE, so that the loop does not spin */
};

/* The beginning of a good answer. */
#define HEALTHY "HTTP/1.1 200 "

/* ---- Where ---- */

static int port_of(const struct probe_target *target)
{
    /* The port of sockaddr_in6 has the same offset. */
    return target->address.any.sa_family == AF_UNIX ? 0 : ntohs(target->address.v4.sin_port);
}

int probe_parse(struct probe_target *target, const char *listen)
{
    *target = (struct probe_target){0};
    int length = hello_address_parse(listen, &target->address.any, sizeof target->address);
    if (length < 0)
        return length;
    target->length = (socklen_t)length;
    return target->address.any.sa_family != AF_UNIX && port_of(target) == 0 ? -EINVAL : 0;
}

/* "@hellod:8080" or "@hellod:unix:/run/hello.sock". A text that is cut is too long anyway. */
static int parse_private(struct probe_target *target, const char *listen, int port)
{
    char text[160], digits[16];
    snprintf(digits, sizeof digits, "%d", port);
    snprintf(text, sizeof text, "unix:@hellod:%s", port > 0 ? digits : listen);
    return probe_parse(target, text);
}

/* ---- Answer ---- */

int probe_open(const char *listen_text, int port)
{
    struct probe_target private;
    if (!listen_text)
        return -1;
    int error = parse_private(&private, listen_text, port);
    int fd = error ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (!error && (fd < 0 || bind(fd, &private.address.any, private.length) || listen(fd, BACKLOG)))
        error = -errno;
    if (!error)
        return fd;
    output_line("--healthcheck: cannot open the private socket: %s", strerror(-error));
    close(fd);
    return -1;
}

void probe_answer(int fd)
{
    static const char answer[] = HEALTHY "OK\r\n\r\n";
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) {
        poll(NULL, 0, PAUSE_MS);
        return;
    }
    (void)!send(client, answer, sizeof answer - 1, MSG_NOSIGNAL);
    close(client);
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
    for (char *at = text; at < text + length && count < ARGUMENTS - 1; at += strlen(at) + 1) {
        if (count == 1 && is_hellod(at))
            count = 0; /* an emulator has the path, and then the arguments */
        if (count > 0 || is_hellod(at))
            argv[count++] = at;
    }
    argv[count] = NULL;
    return count > 0;
}

/* Replace the environment by the variables for hellod. text: must live to the end. */
static void take_environment(char *text, size_t length)
{
    static char *variables[ARGUMENTS];
    size_t count = 0;
    for (char *at = text; at < text + length && count < ARGUMENTS - 1; at += strlen(at) + 1)
        if (strncmp(at, "HELLOD_", 7) == 0 || strncmp(at, "PORT=", 5) == 0)
            variables[count++] = at;
    environ = variables;
}

bool probe_read_process(struct settings *settings, const char *proc)
{
    static char arguments[16384], environment[32768]; /* settings and environ point into them */
    static struct settings others;
    char *argv[ARGUMENTS];
    size_t length = read_strings(proc, "cmdline", arguments, sizeof arguments);
    if (!split_arguments(arguments, length, argv))
        return false;
    length = read_strings(proc, "environ", environment, sizeof environment);
    /* If the environment is unreadable or too long, ours is the same. */
    if (length > 0 && length < sizeof environment - 1)
        take_environment(environment, length);
    if (options_read(&others, argv))
        return false;
    *settings = others;
    return true;
}

/* ---- Check ---- */

static int complain(const char *what, const char *listen, int error)
{
    output_line("%s: %s: %s", listen, what, strerror(error));
    return EXIT_FAILURE;
}

static void on_timeout(int number)
{
    static const char line[] = "hellod: no answer within a second\n";
    (void)number;
    (void)!write(STDERR_FILENO, line, sizeof line - 1);
    _exit(EXIT_FAILURE);
}

/* A connected socket or a negative errno. */
static int connect_to(const struct probe_target *target)
{
    int fd = socket(target->address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, &target->address.any, target->length) == 0)
        return fd;
    int error = -errno;
    close(fd);
    return error;
}

/* Network namespaces may be shared, so the hellod must have the same user and PID namespace. */
static int connect_privately(const char *listen, int port)
{
    struct probe_target private;
    struct ucred peer;
    socklen_t size = sizeof peer;
    int error = parse_private(&private, listen, port);
    int fd = error ? error : connect_to(&private);
    if (fd < 0 || (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0 &&
                   peer.uid == geteuid())) /* the pid is 0 in another namespace */
        return fd;
    close(fd);
    return -EPERM;
}

/* Linux connects to the loopback address in place of "::" and "0.0.0.0". Without IPv6, a server at
 * "::" listens at "0.0.0.0". */
static int connect_either(struct probe_target *target)
{
    int fd = connect_to(target);
    if (fd < 0 && target->address.any.sa_family == AF_INET6 &&
        IN6_IS_ADDR_UNSPECIFIED(&target->address.v6.sin6_addr)) {
        target->address.v4 =
            (struct sockaddr_in){.sin_family = AF_INET, .sin_port = target->address.v6.sin6_port};
        target->length = sizeof target->address.v4;
        fd = connect_to(target);
    }
    return fd;
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
    static const char well[] = HEALTHY;
    char answer[sizeof well] = "";
    ssize_t length = recv(fd, answer, sizeof well - 1, MSG_WAITALL);
    if (length < 0)
        return complain("no answer", listen, errno);
    if (strcmp(answer, well) == 0)
        return EXIT_SUCCESS;
    output_line("%s: the answer is not 200 but '%s'", listen, answer);
    return EXIT_FAILURE;
}

/* Use the admin port if there is one. Otherwise use the private socket: at a full main port,
 * clients wait. Without a private socket, as with an inherited port, use the main port. */
static int ask(struct probe_target *target, const struct settings *settings, const char *listen)
{
    bool sent = true;
    int fd = settings->admin ? -1 : connect_privately(listen, port_of(target));
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

int probe_run(struct settings *settings, bool is_alone)
{
    struct probe_target target;
    if (is_alone)
        probe_read_process(settings, "/proc/1");
    const char *listen = settings->admin ? settings->admin : settings->listeners[0].address;
    if (!listen || probe_parse(&target, listen)) {
        output_line(
            "--healthcheck: '%s': expected an address of --admin or --listen, with a port from "
            "1 to 65535",
            listen ? listen : "LISTEN_FDS");
        return EXIT_FAILURE;
    }
    const struct itimerval patience = {.it_value.tv_usec = PATIENCE_US};
    signal(SIGALRM, on_timeout);
    setitimer(ITIMER_REAL, &patience, NULL);
    return ask(&target, settings, listen);
}
