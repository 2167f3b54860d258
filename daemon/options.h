/* SPDX-License-Identifier: MIT */
/* hellod's settings, from its environment and its arguments. */
#ifndef HELLOD_OPTIONS_H
#define HELLOD_OPTIONS_H

#include <hello/hello.h>
#include <stdio.h>

struct settings {
    struct hello_options server; /* its strings are of argv and the environment */
    uint32_t shutdown_timeout_ms;
    bool version;          /* --version was given */
    bool help;             /* --help was given */
    char port_address[32]; /* what PORT makes of server.listen */
    char error[256];       /* why options_read() failed; one line without a line feed */
};

/* Reads PORT, then HELLOD_*, then argv; the later wins. 0; -EINVAL with settings->error set. */
int options_read(struct settings *settings, char *const argv[]);

void options_print_help(FILE *stream);

/* The flag that sets the member of hello_options that a log line begins with, as in
 * "max_connections: ...", written into flag as "--max-connections"; false for another line. */
bool options_flag_of(const char *line, char *flag, size_t size);

#endif
