/* SPDX-License-Identifier: MIT */
/* The settings of hellod, from arguments and from the environment. */
#ifndef HELLOD_OPTIONS_H
#define HELLOD_OPTIONS_H

#include "access.h"
#include "answer.h"

#include <hello/hello.h>

struct flag;

/* A copy of a list, split into its values. */
struct copy {
    struct copy *next;
    char text[];
};

struct settings {
    /* The strings belong to argv, the environment, the heap and this struct. */
    struct hello_options server;
    struct names addresses;                               /* of listeners */
    struct hello_listener listeners[HELLO_MAX_LISTENERS]; /* of server, with inherited sockets */
    const char *admin;                                    /* NULL = none, or inherited sockets */
    struct hello_listener admin_listeners[HELLO_MAX_LISTENERS];
    uint32_t admin_listener_count;
    struct access_settings access;
    struct answer answer;
    uint32_t threads; /* 0 = auto; of server, like the next three */
    uint32_t max_body_size;
    uint32_t keep_path;
    uint32_t when_full; /* 1 = refuse */
    uint32_t unready;   /* /readyz always answers 503 */
    uint32_t shutdown_delay_ms;
    uint32_t shutdown_timeout_ms;               /* HELLO_NO_TIMEOUT = none */
    uint32_t check, healthcheck, version, help; /* whether these were given */
    uint64_t from_arguments;                    /* bit i: flags[i] was given as an argument */
    uint64_t from_environment;                  /* bit i: flags[i] was given as its variable */
    struct copy *copies;                        /* a list; never freed */
    char port_address[32];                      /* the address for PORT; "" without PORT */
    char reason[128];                           /* of an error */
    char error[384]; /* why options_read() failed; one line without a line feed */
};

/* Reads argv, then HELLOD_*, then PORT, then the defaults: the first source of a value decides.
 * Also reads the sockets of LISTEN_FDS. 0; -EINVAL with settings->error set. */
int options_read(struct settings *settings, char *const argv[]);

/* Write the source of a flag's value for messages: "--listen", "HELLOD_LISTEN", "PORT", or "default
 * of --listen". */
void options_source(const struct settings *settings, const struct flag *flag, char *source,
                    size_t size);

/* The log callbacks of the servers. They replace the name of a member at the begin of a line by the
 * source of the setting: "listen" by "HELLOD_LISTEN". settings: const struct settings *. */
hello_log_callback options_log, options_log_admin;

/* Log a line for each unknown variable that begins with HELLOD_: it may be misspelt. Variables that
 * Kubernetes sets for a Service are no mistake. */
void options_warn(void);

#endif
