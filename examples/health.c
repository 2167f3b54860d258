/* SPDX-License-Identifier: MIT */
/* A daemon with a poll() loop that does a job each second, and also serves /healthz, /readyz and
 * /metrics. Usage: health [ADDRESS] */
#include <errno.h>
#include <hello/hello.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct program {
    uint64_t jobs; /* done so far */
    bool draining;
};

/* ---- The answers ---- */

static int say(struct hello_reply *reply, unsigned status, const char *text)
{
    hello_reply_set_status(reply, status);
    hello_reply_set_body_nocopy(reply, text, strlen(text), NULL, NULL); /* text is static */
    return 0;
}

/* Ready from the first job until the drain. Load balancers and rollouts check it. */
static int say_ready(const struct program *program, struct hello_reply *reply)
{
    if (program->draining)
        return say(reply, 503, "draining\n");
    return program->jobs > 0 ? say(reply, 200, "ready\n") : say(reply, 503, "starting\n");
}

static int say_metrics(const struct program *program, struct hello_reply *reply)
{
    char body[256];
    int length = snprintf(body, sizeof body,
                          "# HELP jobs_total Jobs done since the start.\n"
                          "# TYPE jobs_total counter\n"
                          "jobs_total %" PRIu64 "\n",
                          program->jobs);
    int error = hello_reply_set_content_type(reply, "text/plain; version=0.0.4; charset=utf-8");
    return error ? error : hello_reply_set_body(reply, body, (size_t)length);
}

/* Runs in hello_server_dispatch(), so it may read the program's variables without a lock. */
static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    if (hello_request_path_is(request, "/healthz"))
        return say(reply, 200, "ok\n");
    if (hello_request_path_is(request, "/readyz"))
        return say_ready(data, reply);
    if (hello_request_path_is(request, "/metrics"))
        return say_metrics(data, reply);
    return say(reply, 404, "not found\n");
}

static void log_line(void *data, enum hello_log_level level, const char *message)
{
    (void)data;
    if (level != HELLO_LOG_DEBUG)
        fprintf(stderr, "health: %s\n", message);
}

/* ---- The daemon ---- */

static int open_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

static int open_timer(void)
{
    const struct itimerspec each_second = {{1, 0}, {0, 1}};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    timerfd_settime(timer, 0, &each_second, NULL);
    return timer;
}

static void do_job(int timer, struct program *program)
{
    uint64_t expirations;
    if (read(timer, &expirations, sizeof expirations) == sizeof expirations)
        program->jobs += expirations;
}

static void begin_to_stop(int signals, struct hello_server *server, struct program *program)
{
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) != sizeof info)
        return;
    program->draining = true;
    hello_server_begin_drain(server, 5000);
}

int main(int argc, char *argv[])
{
    struct program program = {0};
    struct hello_server *server;
    struct hello_options options = HELLO_OPTIONS_INIT; /* threads = 0: the loop below drives it */
    char address[128];

    options.listen = argc > 1 ? argv[1] : NULL;
    options.responder = respond;
    options.responder_data = &program;
    options.log = log_line;
    int signals = open_signals();
    int timer = open_timer();
    if (hello_server_start(&server, &options))
        return 1; /* log_line() has printed the reason */
    hello_server_address(server, 0, address, sizeof address);
    printf("%s\n", address);
    fflush(stdout);

    struct pollfd fds[] = {
        {.fd = signals, .events = POLLIN},
        {.fd = timer, .events = POLLIN},
        {.fd = hello_server_fd(server), .events = POLLIN},
    };
    while (!hello_server_drained(server)) {
        if (poll(fds, sizeof fds / sizeof fds[0], -1) < 0) {
            if (errno == EINTR)
                continue; /* fds has the events of the round before */
            break;
        }
        if (fds[0].revents)
            begin_to_stop(signals, server, &program);
        if (fds[1].revents)
            do_job(timer, &program);
        if (fds[2].revents)
            hello_server_dispatch(server);
    }
    hello_server_stop(server);
    return 0;
}
