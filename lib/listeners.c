/* SPDX-License-Identifier: MIT */
#include "listeners.h"

#include "log.h"
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The first port that every user may listen at, unless the kernel is told otherwise. */
enum { FIRST_UNPRIVILEGED_PORT = 1024 };

/* The reason in words, and the remedy where there is one. */
static const char *explain(const char *text, int error)
{
    struct address address;
    int port = hello__address_parse(&address, text) == 0 ? hello__address_port(&address) : 0;
    if (error == -EINVAL)
        return "expected HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH";
    if (error == -ENODEV)
        return "a link-local address needs the zone of a network interface: [fe80::1%eth0]:PORT";
    if (error == -EACCES && port > 0 && port < FIRST_UNPRIVILEGED_PORT)
        return "Permission denied: ports below 1024 need CAP_NET_BIND_SERVICE, or "
               "net.ipv4.ip_unprivileged_port_start=0, which CRI-O and older podman do not set; "
               "or listen at :8080";
    return strerror(-error);
}

/* Returns the error. */
static int log_failure(const struct hello_options *options, const struct hello_listener *place,
                       int error)
{
    if (place->address)
        hello__log(options, HELLO_LOG_ERROR, "listen: '%s': %s", place->address,
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
    hello__listener_set_limits(listener, options);
    return 0;
}

int hello__listeners_open(struct listeners *listeners, const struct hello_options *options)
{
    unsigned count = hello__options_listeners(options);
    *listeners = (struct listeners){.each = calloc(count, sizeof *listeners->each)};
    if (!listeners->each)
        return -ENOMEM;
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
        int error = place.address ? hello__address_parse(&address, place.address)
                                  : hello__listener_check_fd(place.fd);
        if (error)
            return log_failure(options, &place, error);
    }
    return 0;
}

int hello__listeners_port(const struct listeners *listeners)
{
    int port = 0;
    for (unsigned i = 0; i < listeners->count && port == 0; i++)
        port = hello__address_port(&listeners->each[i].address);
    return port;
}

int hello__listeners_format(const struct listeners *listeners, unsigned index, char *text,
                            size_t size)
{
    if (index >= listeners->count)
        return -EINVAL;
    return hello__address_format(&listeners->each[index].address, text, size);
}

void hello__listeners_close(struct listeners *listeners)
{
    for (unsigned i = 0; i < listeners->count; i++)
        hello__listener_close(&listeners->each[i]);
}

void hello__listeners_finish(struct listeners *listeners)
{
    hello__listeners_close(listeners);
    free(listeners->each);
    *listeners = (struct listeners){.count = 0};
}
