/* SPDX-License-Identifier: MIT */
/* hellod --healthcheck: is the running hellod well? For an image without a shell or a client. */
#ifndef HELLOD_PROBE_H
#define HELLOD_PROBE_H

#include "options.h"

#include <netinet/in.h>
#include <sys/un.h>

/* Where a hellod listens, as a client has to address it. */
struct probe_target {
    union {
        struct sockaddr_un unix_path; /* the largest first: an initializer zeroes no other member */
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t length;
    in_port_t v4_port; /* in network order: try 127.0.0.1 when ::1 refuses; 0 = do not */
};

/* listen as --listen takes it; an address that stands for all is read as loopback. 0; -EINVAL
 * for another text, and for port 0, which only the daemon knows. */
int probe_parse(struct probe_target *target, const char *listen);

/* The settings of the hellod that process `proc` ("/proc/1") is or has been told to run, laid
 * over those given, which were read from our own environment. false: it is another program. */
bool probe_read_process(struct settings *settings, const char *proc);

/* Ask the hellod of the settings, and in a container the one that is process 1 there, unless
 * arguments say which. Returns the exit code, within a second; one line on stderr with a 1. */
int probe_run(struct settings *settings, char *const argv[]);

#endif
