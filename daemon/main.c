/* SPDX-License-Identifier: MIT */
/* hellod: libhello as a daemon. Parse, start, wait for a signal, drain. */
#include "access.h"
#include "admin.h"
#include "notify.h"
#include "options.h"
#include "output.h"
#include "probe.h"
#include "show.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum exit_code { EXIT_CLEAN = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2 };

/* Open files: the connections that libhello allows by default, and others. */
enum { USUAL_CONNECTIONS = 10000, OTHER_FILES = 512 };

enum {
    /* Signals in this time count as one: timeout(1) also signals the process group, and a wrapper
     * forwards the Ctrl-C that the terminal has already sent. */
    REPEAT_MS = 1000,
    LOOK_MS = 10000, /* between two looks whether the server still runs */
};

struct daemon {
    struct settings *settings;
    struct hello_server *server; /* owned */
    struct access access;
    struct admin admin;
    int health; /* the socket for health checks; owned; negative = none */
};

/* Each connection is an open file. The usual soft limit is low because of select(). Let the kernel
 * enlarge the file table while the process has one thread: with more threads, it takes 20 ms. */
static void make_room_for_files(const struct settings *settings)
{
    struct rlimit files;
    rlim_t connections = settings->server.max_connections;
    rlim_t most = (connections ? connections : USUAL_CONNECTIONS) + OTHER_FILES;
    if (prlimit(0, RLIMIT_NOFILE, NULL, &files))
        return;
    /* Not setrlimit(): in musl it has a fallback that stops all threads, and takes 1.5 kB. */
    files.rlim_cur = files.rlim_max;
    prlimit(0, RLIMIT_NOFILE, &files, NULL);
    int last = (int)(most < files.rlim_cur ? most : files.rlim_cur) - 1;
    close(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, last));
}

/* If a standard descriptor is closed, no socket may get its number. Writing there still fails. */
static void keep_standard_descriptors(void)
{
    int fd;
    while ((fd = open("/", O_PATH | O_CLOEXEC)) >= 0 && fd <= STDERR_FILENO)
        ;
    close(fd);
}

/* ---- Signals ---- */

/* The time of the first SIGTERM or SIGINT, in milliseconds of the monotonic clock; 0 = none yet.
 * Only the main thread receives these signals. */
static volatile uint64_t stopped_at;

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + 1; /* never 0 */
}

/* PID 1 needs a handler: the kernel ignores a default action there. */
static void on_stop(int number)
{
    uint64_t now = clock_ms();
    if (stopped_at == 0)
        stopped_at = now;
    else if (now - stopped_at >= REPEAT_MS)
        _exit(128 + number);
}

/* Until the first SIGTERM or SIGINT, only ppoll() unblocks them. */
static void take_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigprocmask(SIG_BLOCK, signals, NULL);
    signal(SIGTERM, on_stop);
    signal(SIGINT, on_stop);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* there is no configuration file to read again */
}

static bool has_failed(const struct daemon *daemon)
{
    return stopped_at == 0 && hello_server_drained(daemon->server);
}

/* Wait for a health check and answer it. A signal ends the wait. */
static void answer_check(const struct daemon *daemon, uint32_t time_ms)
{
    sigset_t none;
    sigemptyset(&none);
    const struct timespec time = {time_ms / 1000, (long)(time_ms % 1000) * 1000000};
    struct pollfd checks = {.fd = daemon->health, .events = POLLIN};
    if (ppoll(&checks, 1, &time, &none) > 0 && !has_failed(daemon))
        probe_answer(daemon->health);
}

/* Until the first signal, or until the server has failed. */
static void wait_for_signal(const struct daemon *daemon)
{
    const uint32_t period = notify_watchdog_period();
    while (stopped_at == 0 && !has_failed(daemon)) {
        if (period > 0)
            notify_send("WATCHDOG=1");
        answer_check(daemon, period > 0 ? period : LOOK_MS);
    }
}

/* Signals do not shorten the delay. */
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
        output_line("%s on %s", what, address);
}

/* The servers use duplicates, which they close when they stop accepting. */
static void close_inherited(const struct hello_listener *listeners, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (listeners[i].fd > 0)
            close(listeners[i].fd);
}

/* Access records take time: they are on only for the access log or the metrics. */
static struct hello_options server_options(struct daemon *daemon)
{
    struct settings *settings = daemon->settings;
    struct hello_options options = settings->server;
    options.log = options_log;
    options.log_data = settings;
    if (answer_is_set(&settings->answer)) {
        options.responder = answer_respond;
        options.responder_data = &settings->answer;
    }
    if (settings->access.format != ACCESS_OFF || settings->admin_listener_count > 0) {
        options.access = access_take;
        options.access_data = &daemon->access;
    }
    return options;
}

/* The admin port first: if it fails, no request is lost. */
static int start(struct daemon *daemon)
{
    const struct settings *settings = daemon->settings;
    const struct hello_options options = server_options(daemon);
    const struct hello_options admin = admin_options(settings, &daemon->admin);
    int error = access_start(&daemon->access, &settings->access, &settings->answer.secrets);
    daemon->admin.access = &daemon->access;
    if (!error && admin.listener_count > 0)
        error = hello_server_start(&daemon->admin.server, &admin);
    if (!error)
        error = hello_server_start(&daemon->server, &options);
    if (error)
        return error;
    close_inherited(settings->listeners, settings->server.listener_count);
    close_inherited(settings->admin_listeners, settings->admin_listener_count);
    daemon->health =
        probe_open(settings->listeners[0].address, hello_server_listener_port(daemon->server, 0));
    daemon->admin.main = daemon->server;
    daemon->admin.ready = !settings->unready;
    print_addresses(daemon->server, "listening");
    if (daemon->admin.server)
        print_addresses(daemon->admin.server, "admin");
    notify_send("READY=1");
    return 0;
}

/* From the first signal to the last answer. */
static void wind_up(struct daemon *daemon)
{
    daemon->admin.ready = false;
    notify_send("STOPPING=1");
    wait_for_delay(daemon);
    close(daemon->health); /* the next hellod at this port may start now */
    if (hello_server_drain(daemon->server, daemon->settings->shutdown_timeout_ms) == -ETIMEDOUT)
        output_line("requests in flight were cut off by --shutdown-timeout");
}

/* Here, each error is an error of the settings. */
static int check(struct settings *settings)
{
    const struct hello_options options = server_options(&(struct daemon){.settings = settings});
    int error = show_check(settings, &options);
    return !error ? EXIT_CLEAN : error == -EIO ? EXIT_RUNTIME : EXIT_USAGE;
}

static int serve(struct settings *settings)
{
    static struct daemon daemon; /* the writer of the access log may run to the end */
    daemon.settings = settings;
    sigset_t signals;
    uint32_t *seed = &settings->answer.chance.seed;
    if (*seed == 0)
        (void)!getrandom(seed, sizeof *seed, GRND_NONBLOCK);
    take_signals(&signals);
    int error = start(&daemon);
    if (!error) {
        wait_for_signal(&daemon);
        sigprocmask(SIG_UNBLOCK, &signals, NULL);
        error = has_failed(&daemon) ? -EIO : 0;
        if (!error)
            wind_up(&daemon);
    }
    hello_server_stop(daemon.admin.server); /* before the server, whose counters the metrics read */
    hello_server_stop(daemon.server);
    access_end(&daemon.access);
    return !error ? EXIT_CLEAN : error == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME;
}

int main(int argc, char *argv[])
{
    static struct settings settings; /* its copies are used to the end */
    keep_standard_descriptors();
    if (options_read(&settings, argv)) {
        output_line("%s", settings.error);
        return EXIT_USAGE;
    }
    if (settings.help)
        return show_help() ? EXIT_RUNTIME : EXIT_CLEAN;
    if (settings.version)
        return show_version() ? EXIT_RUNTIME : EXIT_CLEAN;
    if (settings.healthcheck)
        return probe_run(&settings, argc == 2);
    options_warn();
    make_room_for_files(&settings);
    if (settings.check)
        return check(&settings);
    return serve(&settings);
}
