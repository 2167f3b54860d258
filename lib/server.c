/* SPDX-License-Identifier: MIT */
/* The life of a server: its listeners, its shards and their threads. */
#include "clients.h"
#include "counters.h"
#include "deadlines.h"
#include "listener.h"
#include "log.h"
#include "options.h"
#include "shard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/param.h>
#include <unistd.h>

/* The most time that a drain may exceed its timeout, for a responder that still runs. */
enum { DRAIN_SLACK_MS = 1000 };

struct hello_server {
    struct hello_options options; /* complete */
    struct listeners listeners;
    struct clients clients;
    _Atomic uint64_t next_log; /* see acceptors.h */
    unsigned shards_started;
    unsigned threads_started;
    atomic_bool busy;    /* in hello_server_dispatch() or hello_server_stop() */
    atomic_bool failed;  /* the descriptors of a shard no longer work; logged */
    atomic_bool misused; /* hello_server_stop() was called by a callback; logged */

    atomic_uint accepting; /* shards that still use the listeners */
    atomic_uint drained;   /* shards without a connection, for good */
    atomic_bool cut_off;   /* a drain ended with connections open; written before `drained` */
    int all_drained;       /* eventfd, readable once every shard is drained, for good */

    struct worker {
        struct hello_server *server;
        struct shard *shard; /* owned */
        pthread_t thread;    /* in threads mode */
    } workers[];
};

/* ---- Reports of the shards ---- */

/* Called by a full shard. The fence makes two shards that fill up at once see each other. */
static struct shard *find_vacant(void *cls)
{
    const struct hello_server *server = cls;
    atomic_thread_fence(memory_order_seq_cst);
    for (unsigned i = 0; i < server->shards_started; i++)
        if (hello__shard_has_place(server->workers[i].shard))
            return server->workers[i].shard;
    return NULL;
}

/* If no shard accepts any more, close the listeners: new clients are refused and do not wait. */
static void on_quiesced(void *cls)
{
    struct hello_server *server = cls;
    if (--server->accepting == 0)
        hello__listeners_close(&server->listeners);
}

static void on_drained(void *cls, bool cut_off)
{
    struct hello_server *server = cls;
    if (cut_off)
        server->cut_off = true;
    if (++server->drained == server->shards_started)
        (void)!write(server->all_drained, &(uint64_t){1}, sizeof(uint64_t));
}

/* ---- Start ---- */

/* If a process has threads and its file table is full, opening a file makes Linux grow the table
 * (expand_fdtable() in fs/file.c). The thread then waits for every CPU: usually 10 ms, 170 ms were
 * seen under load. The server would accept no client meanwhile. The table never shrinks. */
static void make_room_for_files(const struct hello_server *server)
{
    int last = (int)hello__options_files(&server->options) - 1;
    int fd = fcntl(server->listeners.each[0].fd, F_DUPFD_CLOEXEC, last);
    if (fd >= 0)
        close(fd);
}

static int start_shards(struct hello_server *server)
{
    struct shard_owner owner = {
        .options = &server->options,
        .clients = &server->clients,
        .listeners = &server->listeners,
        .next_log = &server->next_log,
        .find_vacant = find_vacant,
        .quiesced = on_quiesced,
        .drained = on_drained,
        .server = server,
    };
    unsigned count = hello__options_shards(&server->options);
    server->all_drained = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = server->all_drained < 0 ? -errno : 0;
    for (unsigned i = 0; i < count && !error; i++) {
        owner.limit = hello__options_share(&server->options, i);
        error = hello__shard_create(&server->workers[i].shard, &owner);
        server->shards_started += !error;
    }
    server->accepting = server->shards_started;
    if (error)
        hello__log(&server->options, HELLO_LOG_ERROR, "cannot make a shard: %s", strerror(-error));
    return error;
}

static void fail(struct hello_server *server, int error)
{
    if (!atomic_exchange(&server->failed, true))
        hello__log(&server->options, HELLO_LOG_ERROR, "cannot wait for events: %s",
                   strerror(-error));
}

/* If one shard fails, the whole server drains: the other shards have fewer places than the options
 * allow, and only a line in the log would show that. */
static void *work(void *cls)
{
    struct worker *worker = cls;
    struct hello_server *server = worker->server;
    int error;
    while ((error = hello__shard_dispatch(worker->shard, -1)) == 0)
        ;
    if (error == -ECANCELED)
        return NULL;
    fail(server, error);
    hello_server_begin_drain(server, UINT32_MAX);
    hello__shard_fail(worker->shard);
    return NULL;
}

static int start_thread(struct hello_server *server, unsigned i)
{
    struct worker *worker = &server->workers[i];
    worker->server = server;
    int error = -pthread_create(&worker->thread, NULL, work, worker);
    if (error)
        hello__log(&server->options, HELLO_LOG_ERROR, "cannot make a thread: %s", strerror(-error));
    else
        server->threads_started++;
    return error;
}

/* Only the program's own threads take the program's signals. Not blocked are SIGPROF, which samples
 * each thread for a profiler, and signals of a fault in it, which kill the process if blocked. */
static int start_threads(struct hello_server *server)
{
    static const int taken[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPROF, SIGSEGV, SIGSYS, SIGTRAP};
    sigset_t blocked, before;
    int error = 0;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        sigdelset(&blocked, taken[i]);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    for (int i = 0; i < server->options.threads && !error; i++)
        error = start_thread(server, (unsigned)i);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

/* The size of a server in bytes. */
static size_t server_size(const struct hello_options *options)
{
    const struct hello_server *server = NULL;
    return sizeof *server + hello__options_shards(options) * sizeof server->workers[0];
}

/* *out: NULL when out of memory. */
static int create(struct hello_server **out, const struct hello_options *options)
{
    struct hello_server *server = *out = calloc(1, server_size(options));
    int error = -ENOMEM;
    if (server) {
        server->options = *options;
        server->all_drained = -1;
        error = hello__clients_start(&server->clients, options->max_connections_per_client,
                                     options->max_connections);
    }
    if (error)
        hello__log(options, HELLO_LOG_ERROR, "cannot make a server: %s", strerror(-error));
    return error;
}

int hello_server_start(struct hello_server **out, const struct hello_options *given)
{
    struct hello_options options;
    *out = NULL;
    int error = hello__options_complete(&options, given);
    if (error)
        return error;
    struct hello_server *server;
    error = create(&server, &options);
    if (!error)
        error = hello__listeners_open(&server->listeners, &options);
    if (!error) {
        make_room_for_files(server);
        server->options.listen = NULL; /* read, and the caller's, as the next member */
        server->options.listeners = NULL;
        error = start_shards(server);
    }
    if (!error)
        error = start_threads(server);
    if (error)
        hello_server_stop(server);
    else
        *out = server;
    return error;
}

int hello_memory_bound(const struct hello_options *given, uint64_t *bytes, uint64_t *kernel_bytes)
{
    struct hello_options options;
    int error = hello__options_complete(&options, given);
    if (!error)
        error = hello__listeners_check(&options);
    if (error)
        return error;
    *bytes = hello__memory_of_program(&options, server_size(&options));
    if (kernel_bytes)
        *kernel_bytes = hello__memory_of_kernel(&options);
    return 0;
}

/* ---- Queries and dispatch ---- */

int hello_server_listener_port(const struct hello_server *server, unsigned index)
{
    const struct listeners *listeners = &server->listeners;
    return index < listeners->count ? hello__address_port(&listeners->each[index].address)
                                    : -EINVAL;
}

int hello_server_port(const struct hello_server *server)
{
    int port = 0;
    for (unsigned i = 0; port == 0; i++)
        port = hello_server_listener_port(server, i);
    return port > 0 ? port : 0;
}

int hello_server_address(const struct hello_server *server, unsigned index, char *text, size_t size)
{
    const struct listeners *listeners = &server->listeners;
    return index < listeners->count
               ? hello__address_format(&listeners->each[index].address, text, size)
               : -EINVAL;
}

int hello_server_threads(const struct hello_server *server)
{
    return server->options.threads;
}

static uint64_t sum_of(const struct hello_server *server, size_t counter)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < server->shards_started; i++)
        sum += hello__counted(hello__shard_counters(server->workers[i].shard), counter);
    return sum;
}

uint32_t hello_server_connections(const struct hello_server *server)
{
    return (uint32_t)sum_of(server, COUNTER(connections_open));
}

int hello_server_stats(const struct hello_server *server, struct hello_stats *stats, size_t size)
{
    uint64_t sums[COUNTERS];
    if (size < sizeof sums)
        return -EINVAL;
    for (size_t counter = 0; counter < COUNTERS; counter++)
        sums[counter] = sum_of(server, counter);
    memset(stats, 0, size);
    memcpy(stats, sums, sizeof sums);
    for (int i = 0; i < 6; i++)
        stats->requests += stats->responses[i];
    return 0;
}

int hello_server_fd(const struct hello_server *server)
{
    return server->options.threads > 0 ? -EINVAL : hello__shard_fd(server->workers[0].shard);
}

int hello_server_dispatch(struct hello_server *server)
{
    if (server->options.threads > 0)
        return -EINVAL;
    if (atomic_exchange(&server->busy, true))
        return -EBUSY;
    int error = hello__shard_dispatch(server->workers[0].shard, 0);
    if (error)
        fail(server, error);
    server->busy = false;
    return error ? -EIO : 0;
}

/* ---- Drain and stop ---- */

/* Wait until a descriptor is readable, or until a time of hello__clock_ms(). */
static void wait_until(uint64_t end, int fd)
{
    struct pollfd event = {.fd = fd, .events = POLLIN};
    for (uint64_t now = hello__clock_ms(); now < end; now = hello__clock_ms())
        if (poll(&event, 1, (int)MIN(end - now, INT_MAX)) > 0)
            return;
}

/* Whether the caller is a callback: on a thread of the server, or of hello_server_stop(). */
static bool is_own_thread(const struct hello_server *server)
{
    for (unsigned i = 0; i < server->threads_started; i++)
        if (pthread_equal(server->workers[i].thread, pthread_self()))
            return true;
    return server->threads_started > 0 && server->busy;
}

static int drain_result(const struct hello_server *server)
{
    if (server->failed && server->threads_started > 0)
        return -EIO;
    if (hello_server_drained(server))
        return server->cut_off ? -ETIMEDOUT : 0;
    return server->options.threads > 0 ? -ETIMEDOUT : -EINPROGRESS;
}

void hello_server_begin_drain(struct hello_server *server, unsigned timeout_ms)
{
    for (unsigned i = 0; i < server->shards_started; i++)
        hello__shard_drain(server->workers[i].shard, timeout_ms);
}

int hello_server_drain(struct hello_server *server, unsigned timeout_ms)
{
    const uint64_t latest = hello__clock_ms() + timeout_ms + DRAIN_SLACK_MS;
    if (is_own_thread(server))
        return -EDEADLK;
    hello_server_begin_drain(server, timeout_ms);
    if (server->threads_started > 0)
        wait_until(latest, server->all_drained);
    return drain_result(server);
}

bool hello_server_drained(const struct hello_server *server)
{
    return server->drained == server->shards_started;
}

void hello_server_stop(struct hello_server *server)
{
    if (!server)
        return;
    if (is_own_thread(server) || atomic_exchange(&server->busy, true)) {
        /* Log this once: the callback may be the log callback. */
        if (!atomic_exchange(&server->misused, true))
            hello__log(&server->options, HELLO_LOG_ERROR,
                       "hello_server_stop() was called by a callback: the server goes on");
        return;
    }
    for (unsigned i = 0; i < server->threads_started; i++)
        hello__shard_cancel(server->workers[i].shard);
    for (unsigned i = 0; i < server->threads_started; i++)
        pthread_join(server->workers[i].thread, NULL);
    for (unsigned i = 0; i < server->shards_started; i++)
        hello__shard_end(server->workers[i].shard); /* callbacks may read all shards */
    for (unsigned i = 0; i < server->shards_started; i++)
        hello__shard_destroy(server->workers[i].shard);
    hello__listeners_close(&server->listeners);
    hello__clients_finish(&server->clients);
    if (server->all_drained >= 0)
        close(server->all_drained);
    free(server);
}
