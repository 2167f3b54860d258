/* SPDX-License-Identifier: MIT */
/* hellod's settings, from its environment and its arguments. */
#ifndef HELLOD_OPTIONS_H
#define HELLOD_OPTIONS_H

#include "answer.h"

#include <hello/hello.h>

struct flag;

struct settings {
    /* Its strings are of argv, the environment and this struct. */
    struct hello_options server;
    struct hello_listener listeners[HELLO_MAX_LISTENERS]; /* of server */
    const char *admin; /* where the admin port listens; NULL = nowhere, or at admin_sockets */
    struct hello_listener admin_sockets[HELLO_MAX_LISTENERS]; /* inherited for the admin port */
    uint32_t admin_socket_count;
    int access_format; /* enum access_format */
    struct answer answer;
    uint32_t shutdown_delay_ms;
    uint32_t shutdown_timeout_ms; /* HELLO_NO_TIMEOUT = none */
    bool check;                   /* --check was given */
    bool healthcheck;             /* --healthcheck was given */
    bool version;                 /* --version was given */
    bool help;                    /* --help was given */
    uint64_t from_arguments;      /* bit i: flags[i] was given as an argument */
    uint64_t from_environment;    /* bit i: flags[i] was given as its variable */
    char port_address[32];        /* the address that PORT makes; "" without PORT */
    char listen_text[2048];       /* HELLOD_LISTEN, cut at its commas */
    char error[256];              /* why options_read() failed; one line without a line feed */
};

/* Reads PORT, then HELLOD_*, then argv; the later wins; and the sockets of LISTEN_FDS. 0; -EINVAL
 * with settings->error set. */
int options_read(struct settings *settings, char *const argv[]);

/* Write where the value of a flag is from, as the user has to change it: "--listen",
 * "HELLOD_LISTEN", "PORT", or "default of --listen". */
void options_source(const struct settings *settings, const struct flag *flag, char *source,
                    size_t size);

/* Log a line on each variable that begins with HELLOD_ and is not ours, as it may be misspelt. Not
 * on those that Kubernetes sets for a Service. */
void options_warn(void);

#endif
