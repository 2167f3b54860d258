/* SPDX-License-Identifier: MIT */
/* hellod: libhello as a daemon. Parse, start, wait for a signal, drain. */
#include "access.h"
#include "admin.h"
#include "check.h"
#include "health.h"
#include "help.h"
#include "log.h"
#include "notify.h"
#include "options.h"
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum exit_code { EXIT_CLEAN = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2 };

/* Files to have room for: as many connections as libhello allows by default, and its own. */
enum { USUAL_CONNECTIONS = 10000, OTHER_FILES = 512 };

/* One stop often arrives as several signals: timeout(1) signals the process group, too, a wrapper
 * forwards the Ctrl-C that the terminal has sent already, `docker stop` is repeated. */
enum { REPEAT_MS = 1000 };

/* How often to look whether the server still runs. */
enum { LOOK_MS = 10000 };

struct daemon {
    struct settings *settings;
    struct hello_server *server; /* owned */
    struct access access;
    struct admin admin;
    int health; /* the socket for health checks; owned; negative = none */
};

/* A connection is an open file, and the soft limit is low for the sake of select(). */
static void raise_file_limit(void)
{
    struct rlimit files;
    /* Not setrlimit(): a static one stops every thread to fall back on, and takes 1.5 kB. */
    if (prlimit(0, RLIMIT_NOFILE, NULL, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        prlimit(0, RLIMIT_NOFILE, &files, NULL);
    }
}

/* The server does so when it starts, see lib/server.c. But the access log and the admin port have
 * threads by then, and it would take 20 ms. */
static void make_room_for_files(const struct settings *settings)
{
    struct rlimit files;
    rlim_t connections = settings->server.max_connections;
    rlim_t most = (connections ? connections : USUAL_CONNECTIONS) + OTHER_FILES;
    if (prlimit(0, RLIMIT_NOFILE, NULL, &files))
        return;
    int last = (int)(most < files.rlim_cur ? most : files.rlim_cur) - 1;
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, last);
    if (fd >= 0)
        close(fd);
}

static struct timespec milliseconds(uint32_t count)
{
    return (struct timespec){.tv_sec = count / 1000, .tv_nsec = (long)(count % 1000) * 1000000};
}

/* What is opened must not become standard output, or error. Writing there still fails. */
static void keep_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/", O_PATH | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* ---- Signals ---- */

/* The first SIGTERM or SIGINT, in milliseconds of the monotonic clock; 0 = none has come. Only the
 * main thread takes these signals. */
static volatile uint64_t stopped_at;

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + 1; /* never 0 */
}

/* The default action would not reach PID 1. */
static void on_stop(int number)
{
    uint64_t now = clock_ms();
    if (stopped_at == 0)
        stopped_at = now;
    else if (now - stopped_at >= REPEAT_MS)
        _exit(128 + number);
}

/* SIGTERM and SIGINT are blocked outside of ppoll() until the first has come. */
static void take_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigprocmask(SIG_BLOCK, signals, NULL);
    signal(SIGTERM, on_stop);
    signal(SIGINT, on_stop);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* there is no file to read again */
}

static bool has_failed(const struct daemon *daemon)
{
    return stopped_at == 0 && hello_server_drained(daemon->server);
}

/* Wait for a health check, and answer it, or until a signal comes. */
static void answer_check(const struct daemon *daemon, uint32_t time_ms)
{
    sigset_t none;
    sigemptyset(&none);
    const struct timespec time = milliseconds(time_ms);
    struct pollfd checks = {.fd = daemon->health, .events = POLLIN};
    if (ppoll(&checks, 1, &time, &none) > 0 && !has_failed(daemon))
        health_answer(daemon->health);
}

/* Until the first signal, or until the server has failed. Keep the watchdog of a supervisor
 * quiet. */
static void wait_for_signal(const struct daemon *daemon)
{
    const uint32_t period = notify_watchdog_period();
    while (stopped_at == 0 && !has_failed(daemon)) {
        if (period > 0)
            notify_send("WATCHDOG=1");
        answer_check(daemon, period > 0 ? period : LOOK_MS);
    }
}

/* Signals do not make it shorter. */
static void wait_for_delay(const struct daemon *daemon)
{
    const uint64_t end = clock_ms() + daemon->settings->shutdown_delay_ms;
    for (uint64_t now = clock_ms(); now < end; now = clock_ms())
        answer_check(daemon, (uint32_t)(end - now));
}

/* ---- Life ---- */

static void print_addresses(const struct hello_server *server, const char *what)
{
    char address[128];
    for (unsigned i = 0; hello_server_address(server, i, address, sizeof address) >= 0; i++)
        log_line("%s on %s", what, address);
}

/* The servers have duplicates, which they close when they stop accepting. */
static void close_inherited(const struct hello_listener *listeners, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (listeners[i].fd > 0)
            close(listeners[i].fd);
}

/* Requests are recorded if someone wants to know of them: it takes time. */
static struct hello_options server_options(struct daemon *daemon)
{
    struct settings *settings = daemon->settings;
    struct hello_options options = settings->server;
    options.log = log_of_main;
    options.log_data = settings;
    options.flags |= HELLO_NO_FORK;
    if (answer_is_set(&settings->answer)) {
        options.responder = answer_respond;
        options.responder_data = &settings->answer;
    }
    if (settings->access.format != ACCESS_OFF || settings->admin ||
        settings->admin_socket_count > 0) {
        options.access = access_take;
        options.access_data = &daemon->access;
    }
    return options;
}

/* An inherited port may have another hellod behind it, which has that name; and a supervisor has
 * its watchdog. */
static void open_health(struct daemon *daemon)
{
    const char *listen = daemon->settings->listeners[0].address;
    daemon->health = -1;
    if (!listen)
        return; /* an inherited socket */
    bool is_unix = strncmp(listen, "unix:", 5) == 0;
    daemon->health = health_open(listen, is_unix ? 0 : hello_server_port(daemon->server));
    if (daemon->health < 0)
        log_line("--healthcheck: cannot open the private socket: %s", strerror(-daemon->health));
}

static void close_health(struct daemon *daemon)
{
    if (daemon->health >= 0)
        close(daemon->health);
    daemon->health = -1;
}

/* The admin port first: what would hold that up must not cost a request. */
static int start(struct daemon *daemon)
{
    const struct settings *settings = daemon->settings;
    struct hello_options options = server_options(daemon);
    int error = access_start(&daemon->access, &settings->access, &settings->answer.secrets);
    if (!error)
        error = admin_start(&daemon->admin, settings, &daemon->access);
    if (!error)
        error = hello_server_start(&daemon->server, &options);
    if (error)
        return error;
    close_inherited(settings->listeners, settings->server.listener_count);
    close_inherited(settings->admin_sockets, settings->admin_socket_count);
    open_health(daemon);
    admin_set_main(&daemon->admin, daemon->server, !settings->unready);
    print_addresses(daemon->server, "listening");
    if (daemon->admin.server)
        print_addresses(daemon->admin.server, "admin");
    notify_send("READY=1");
    return 0;
}

/* From the first signal to the last answer. */
static void wind_up(struct daemon *daemon)
{
    admin_set_unready(&daemon->admin);
    notify_send("STOPPING=1");
    wait_for_delay(daemon);
    close_health(daemon); /* the next hellod at this port may start now */
    if (hello_server_drain(daemon->server, daemon->settings->shutdown_timeout_ms) == -ETIMEDOUT)
        log_line("requests in flight were cut off by --shutdown-timeout");
}

/* What would keep the server from starting is a matter of the settings here. */
static int check(struct settings *settings)
{
    struct daemon daemon = {.settings = settings};
    const struct hello_options options = server_options(&daemon);
    int error = check_run(settings, &options);
    if (error)
        return error == -EIO ? EXIT_RUNTIME : EXIT_USAGE;
    return EXIT_CLEAN;
}

static int serve(struct settings *settings)
{
    static struct daemon daemon; /* the writer of the access log may outlive this function */
    daemon.settings = settings;
    sigset_t signals;
    uint32_t *seed = &settings->answer.chance.seed;
    if (*seed == 0)
        (void)!getrandom(seed, sizeof *seed, GRND_NONBLOCK);
    make_room_for_files(settings);
    take_signals(&signals);
    int error = start(&daemon);
    if (!error) {
        wait_for_signal(&daemon);
        sigprocmask(SIG_UNBLOCK, &signals, NULL);
        error = has_failed(&daemon) ? -EIO : 0;
        if (!error)
            wind_up(&daemon);
    }
    admin_stop(&daemon.admin); /* its metrics are the server's */
    hello_server_stop(daemon.server);
    access_end(&daemon.access);
    if (error)
        return error == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME;
    return EXIT_CLEAN;
}

int main(int argc, char *argv[])
{
    static struct settings settings; /* what it owns is needed to the end */
    (void)argc;
    keep_standard_descriptors();
    if (options_read(&settings, argv)) {
        log_line("%s", settings.error);
        return EXIT_USAGE;
    }
    if (settings.help)
        return help_print() ? EXIT_CLEAN : EXIT_RUNTIME;
    if (settings.version)
        return help_print_version() ? EXIT_CLEAN : EXIT_RUNTIME;
    if (settings.healthcheck)
        return probe_run(&settings, argv);
    options_warn();
    raise_file_limit();
    if (settings.check)
        return check(&settings);
    return serve(&settings);
}
