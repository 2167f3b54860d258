/* SPDX-License-Identifier: MIT */
/* hellod's settings, from its environment and its arguments. */
#ifndef HELLOD_OPTIONS_H
#define HELLOD_OPTIONS_H

#include "access.h"
#include "answer.h"

#include <hello/hello.h>

struct flag;

/* A value that is cut into several. */
struct copy {
    struct copy *next;
    char text[];
};

struct settings {
    /* Its strings are of argv, the environment, the heap and this struct. */
    struct hello_options server;
    struct names addresses;                               /* of listeners */
    struct hello_listener listeners[HELLO_MAX_LISTENERS]; /* of server, with inherited ones */
    const char *admin; /* where the admin port listens; NULL = nowhere, or at admin_sockets */
    struct hello_listener admin_sockets[HELLO_MAX_LISTENERS]; /* inherited for the admin port */
    uint32_t admin_socket_count;
    struct access_settings access;
    struct answer answer;
    uint32_t threads; /* 0 = auto; of server, like the next three */
    uint32_t max_body_size;
    uint32_t keep_path;
    uint32_t when_full; /* 1 = refuse */
    uint32_t unready;   /* /readyz stays 503 */
    uint32_t shutdown_delay_ms;
    uint32_t shutdown_timeout_ms;               /* HELLO_NO_TIMEOUT = none */
    uint32_t check, healthcheck, version, help; /* whether these were given */
    uint64_t from_arguments;                    /* bit i: flags[i] was given as an argument */
    uint64_t from_environment;                  /* bit i: flags[i] was given as its variable */
    struct copy *copies;                        /* the latest; never freed */
    char port_address[32];                      /* the address that PORT makes; "" without PORT */
    char reason[128];                           /* of an error */
    char error[384]; /* why options_read() failed; one line without a line feed */
};

/* Reads argv; for what it does not give HELLOD_*, then PORT, then the defaults; and the sockets of
 * LISTEN_FDS. 0; -EINVAL with settings->error set. */
int options_read(struct settings *settings, char *const argv[]);

/* Write where the value of a flag is from, as the user has to change it: "--listen",
 * "HELLOD_LISTEN", "PORT", or "default of --listen". */
void options_source(const struct settings *settings, const struct flag *flag, char *source,
                    size_t size);

/* Log a line on each variable that begins with HELLOD_ and is not ours, as it may be misspelt. Not
 * on those that Kubernetes sets for a Service. */
void options_warn(void);

#endif
