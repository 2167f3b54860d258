/* SPDX-License-Identifier: MIT */
/* hellod --healthcheck checks a running hellod, in an image without a shell or a client.
 *
 * The running hellod answers at a private abstract unix socket, which needs no writable file
 * system. It works while the main port is full, and does not appear in the access log. */
#ifndef HELLOD_PROBE_H
#define HELLOD_PROBE_H

#include "options.h"

#include <netinet/in.h>
#include <sys/un.h>

/* The address of a running hellod, for connect(). */
struct probe_target {
    union {
        struct sockaddr_un unix_path; /* the largest first: an initializer zeroes no other member */
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t length;
};

/* Open the private socket of the running hellod. The main port names the socket; if port is 0, the
 * text of the address does. Returns a non-blocking descriptor; -1 after a line in the log.
 * listen: NULL for an inherited port, which has no private socket: another hellod may use the same
 * port and name, and the supervisor has a watchdog. */
int probe_open(const char *listen, int port);

/* Accept and answer one client at this socket. */
void probe_answer(int fd);

/* listen: as for --listen. 0; the error of hello_address_parse(); -EINVAL for port 0. */
int probe_parse(struct probe_target *target, const char *listen);

/* Read the settings of the hellod in the command line of process `proc` ("/proc/1"), which may be
 * an init process or an emulator. They replace the given settings of this process. false: another
 * program, or invalid settings; the given settings stay. */
bool probe_read_process(struct settings *settings, const char *proc);

/* Check the hellod of the settings; if --healthcheck is the only argument, in a container, the
 * hellod of process 1. Returns the exit code within a second: 0, or 1 with one line on stderr. */
int probe_run(struct settings *settings, bool is_alone);

#endif
