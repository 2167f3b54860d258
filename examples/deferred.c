/* SPDX-License-Identifier: MIT */
/* Answers that a worker thread computes: /1000 counts the primes up to 1000. The responder defers
 * its reply and puts a job into a queue. The thread of the server never waits for the worker. */
#include <errno.h>
#include <fcntl.h>
#include <hello/hello.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The data that the worker needs: the request itself is valid only until the responder returns. */
struct job {
    struct hello_deferred *deferred;
    unsigned long most;
};

static int queue[2]; /* a pipe: the kernel keeps the jobs in order and wakes the worker */

static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    struct job job = {.most = strtoul(hello_request_path(request, NULL) + 1, NULL, 10)};
    (void)data;
    job.deferred = hello_reply_defer(reply);
    if (!job.deferred)
        return -ENOMEM; /* the answer is 500 */
    if (write(queue[1], &job, sizeof job) == sizeof job)
        return 0;
    hello_reply_set_status(hello_deferred_reply(job.deferred), 503); /* the queue is full */
    return hello_deferred_send(job.deferred);
}

static bool is_prime(unsigned long number)
{
    for (unsigned long i = 2; i <= number / i; i++)
        if (number % i == 0)
            return false;
    return number > 1;
}

/* Both hello_deferred_send() and hello_deferred_cancel() free the handle. */
static void answer(struct hello_deferred *deferred, unsigned long most)
{
    char body[80];
    unsigned long count = 0;
    for (unsigned long i = 0; i <= most; i++) {
        if (i % 10000 == 0 && hello_deferred_is_abandoned(deferred)) {
            hello_deferred_cancel(deferred); /* the client no longer waits for the answer */
            return;
        }
        count += is_prime(i);
    }
    int length = snprintf(body, sizeof body, "%lu primes up to %lu\n", count, most);
    if (hello_reply_set_body(hello_deferred_reply(deferred), body, (size_t)length) < 0)
        hello_deferred_cancel(deferred); /* the answer is 500 */
    else if (hello_deferred_send(deferred) < 0)
        fprintf(stderr, "too late: %s", body);
}

static void *work(void *data)
{
    struct job job;
    while (read(queue[0], &job, sizeof job) == sizeof job)
        answer(job.deferred, job.most);
    return data;
}

static void log_line(void *data, enum hello_log_level level, const char *message)
{
    (void)data;
    if (level != HELLO_LOG_DEBUG)
        fprintf(stderr, "%s\n", message);
}

int main(void)
{
    struct hello_options options = HELLO_OPTIONS_INIT;
    struct hello_server *server;
    char address[128];
    pthread_t worker;
    sigset_t signals;
    int number;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL); /* for sigwait() */
    options.threads = 1;
    options.responder = respond;
    options.log = log_line;
    options.deferred_timeout_ms = 10000; /* then the server answers 504 */
    if (pipe(queue) || fcntl(queue[1], F_SETFL, O_NONBLOCK) ||
        pthread_create(&worker, NULL, work, NULL) || hello_server_start(&server, &options))
        return 1;
    hello_server_address(server, 0, address, sizeof address);
    printf("%s\n", address);
    fflush(stdout);

    sigwait(&signals, &number);
    hello_server_drain(server, 5000); /* waits for the deferred replies */
    hello_server_stop(server);        /* the handles that are left stay valid */
    close(queue[1]);                  /* the worker ends after the last job */
    pthread_join(worker, NULL);
    return 0;
}
