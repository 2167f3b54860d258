/* SPDX-License-Identifier: MIT */
/* hellod: libhello as a daemon. Parse, start, wait for a signal, drain. */
#include "options.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum exit_code { EXIT_CLEAN = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2 };

static void print_version(void)
{
    printf("hellod %s (libmicrohttpd %s)\n", hello_version(), hello_microhttpd_version());
}

/* A connection is an open file, and the soft limit is low for the sake of select(). */
static void raise_file_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static void log_line(void *data, enum hello_log_level level, const char *line)
{
    char flag[64];
    (void)data;
    if (level == HELLO_LOG_DEBUG)
        return;
    if (options_flag_of(line, flag, sizeof flag))
        fprintf(stderr, "hellod: %s%s\n", flag, strchr(line, ':'));
    else
        fprintf(stderr, "hellod: %s\n", line);
}

static void print_address(const struct hello_server *server)
{
    char address[128];
    hello_server_address(server, address, sizeof address);
    fprintf(stderr, "hellod: listening on %s\n", address);
}

/* The signals are blocked everywhere but in sigwait(). */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigprocmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void exit_at_once(int number)
{
    _exit(128 + number);
}

/* A handler, since the default action does not reach PID 1. */
static void end_on_second_signal(const sigset_t *signals)
{
    struct sigaction action = {.sa_handler = exit_at_once};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigprocmask(SIG_UNBLOCK, signals, NULL);
}

static int serve(const struct settings *settings)
{
    struct hello_server *server;
    sigset_t signals;
    int number;
    block_signals(&signals);
    int error = hello_server_start(&server, &settings->server);
    if (error)
        return error == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME;
    print_address(server);
    sigwait(&signals, &number);
    end_on_second_signal(&signals);
    if (hello_server_drain(server, settings->shutdown_timeout_ms))
        fprintf(stderr, "hellod: requests in flight were cut off by --shutdown-timeout\n");
    hello_server_stop(server);
    return EXIT_CLEAN;
}

int main(int argc, char *argv[])
{
    struct settings settings;
    (void)argc;
    if (options_read(&settings, argv)) {
        fprintf(stderr, "hellod: %s\n", settings.error);
        return EXIT_USAGE;
    }
    if (settings.help || settings.version) {
        if (settings.help)
            options_print_help(stdout);
        else
            print_version();
        return fflush(stdout) ? EXIT_RUNTIME : EXIT_CLEAN;
    }
    settings.server.log = log_line;
    raise_file_limit();
    return serve(&settings);
}
