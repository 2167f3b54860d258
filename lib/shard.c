/* SPDX-License-Identifier: MIT */
#include "shard.h"

#include "acceptors.h"
#include "bundled.h"
#include "clients.h"
#include "connection.h"
#include "deferred.h"
#include "drain.h"
#include "exchange.h"
#include "linger.h"
#include "listener.h"
#include "log.h"
#include "options.h"

#include <errno.h>
#include <hello/hello.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/param.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    EVENTS_AT_ONCE = 24, /* there are fewer descriptors to wait for */
    /* Runs of libmicrohttpd per dispatch: work may stay pending, but other events must not wait. */
    RUNS_AT_ONCE = 8,
};

struct shard {
    struct shard_owner owner;
    struct service service;
    struct acceptors acceptors;
    struct lingering lingering;
    struct MHD_Daemon *mhd;
    int mhd_fd; /* libmicrohttpd's epoll descriptor; its own */
    int outer;  /* the epoll set waited for; owned, like the two below */
    int timer;
    int wake_fd;

    struct drain drain; /* other threads write these three before they wake the shard */
    atomic_bool cancelled;
    atomic_bool looks; /* at every listener */

    const struct sockaddr *peer; /* of the socket that is being added; the acceptor's */
    uint64_t client;             /* of the same socket; 0 once a connection has it */

    uint32_t open; /* connections, including lingering sockets */

    uint64_t armed; /* when the timer expires; milliseconds, NEVER_DUE = never */

    bool drained;
    bool cut_off; /* the drain's deadline has cut connections off */
};

/* ---- libmicrohttpd's callbacks ---- */

static void count_open(struct shard *shard, int64_t by)
{
    shard->open += (uint32_t)by;
    hello__count(&shard->service.counters, COUNTER(connections_open), (uint64_t)by);
}

static void count_refused(struct shard *shard)
{
    hello__count(&shard->service.counters, COUNTER(connections_refused), 1);
    hello__log(shard->owner.options, HELLO_LOG_ERROR, "no memory for a connection");
}

static void open_connection(struct shard *shard, struct MHD_Connection *mhd, void **context)
{
    int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    struct connection *connection = hello__connection_create(&shard->service, mhd, fd, shard->peer);
    count_open(shard, 1);
    *context = connection;
    if (!connection) {
        count_refused(shard);
        shutdown(fd, SHUT_RDWR);
        return;
    }
    connection->client = shard->client;
    shard->client = 0;
}

/* Whether close() ends a connection and removes it from epoll sets: no child has the socket. */
static bool never_forks(const struct shard *shard)
{
    return RELIES_ON_CLOSE && (shard->owner.options->flags & HELLO_NO_FORK);
}

static bool linger(struct shard *shard, const struct connection *connection)
{
    /* Only the bundled libmicrohttpd still has the status. */
    const union MHD_ConnectionInfo *answered =
        MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_HTTP_STATUS);
    unsigned status = answered ? answered->http_status : connection->last_status;
    bool may_have_unread = MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_READ_READY);
    int fd = connection->deadline.fd;
    if (!hello__connection_is_sent_to(connection, status, may_have_unread) ||
        !hello__linger_take(&shard->lingering, fd, shard->service.deadlines.now))
        return false;
    if (never_forks(shard)) /* the duplicate would keep fd in the set */
        epoll_ctl(shard->mhd_fd, EPOLL_CTL_DEL, fd, NULL);
    return true;
}

static void notify_connection(void *cls, struct MHD_Connection *mhd, void **context,
                              enum MHD_ConnectionNotificationCode code)
{
    struct shard *shard = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        open_connection(shard, mhd, context);
        return;
    }
    struct connection *connection = *context;
    if (!connection || !linger(shard, connection))
        count_open(shard, -1);
    if (connection)
        hello__clients_leave(shard->owner.clients, connection->client);
    hello__connection_destroy(connection);
    *context = NULL;
}

static void *notify_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
    (void)cls;
    struct connection *connection =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (connection)
        hello__exchange_begin(connection, target);
    return connection;
}

static enum MHD_Result handle_request(void *cls, struct MHD_Connection *mhd, const char *url,
                                      const char *method, const char *version,
                                      const char *upload_data, size_t *upload_size, void **context)
{
    (void)cls;
    (void)mhd;
    (void)url; /* half decoded after a bad escape; exchange.c has the raw request-target */
    (void)upload_data;
    struct connection *connection = *context;
    if (!connection)
        return MHD_NO;
    return hello__exchange_handle(connection, method, version, upload_size) ? MHD_YES : MHD_NO;
}

static void notify_completed(void *cls, struct MHD_Connection *mhd, void **context,
                             enum MHD_RequestTerminationCode code)
{
    (void)mhd;
    if (*context)
        hello__exchange_end(*context, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    else
        count_refused(cls); /* libmicrohttpd had no memory to read a request */
    *context = NULL;
}

static size_t keep_escapes(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls;
    (void)mhd;
    return strlen(text);
}

__attribute__((format(printf, 2, 0))) static void forward_log(void *cls, const char *format,
                                                              va_list arguments)
{
    struct shard *shard = cls;
    hello__vlog(shard->owner.options, HELLO_LOG_DEBUG, format, arguments);
}

/* ---- Life ---- */

static struct MHD_Daemon *start_mhd(struct shard *shard)
{
    const size_t pool = shard->owner.options->max_head_size;
    const struct MHD_OptionItem items[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)forward_log, shard}, /* first, to log the rest */
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)shard->owner.limit, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, 0, NULL}, /* deadlines.c has the time limits */
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)pool, NULL},
        {MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, NULL},      /* strict */
        {MHD_OPTION_ALLOW_BIN_ZERO_IN_URI_PATH, 2, NULL}, /* the path is not used */
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escapes, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)notify_target, shard},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)notify_connection, shard},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)notify_completed, shard},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_THREAD_SAFETY | MHD_USE_NO_LISTEN_SOCKET;
    if (shard->owner.options->responder != hello_respond_greeting)
        flags |= MHD_ALLOW_SUSPEND_RESUME; /* costs time; the greeting is never delayed */
    if (never_forks(shard))
        flags |= MHD_USE_TURBO;
    return MHD_start_daemon(flags, 0, NULL, NULL, handle_request, shard, MHD_OPTION_ARRAY, items,
                            MHD_OPTION_END);
}

static bool watch(struct shard *shard, int *fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};
    return *fd >= 0 && epoll_ctl(shard->outer, EPOLL_CTL_ADD, *fd, &event) == 0;
}

static bool open_descriptors(struct shard *shard)
{
    shard->outer = epoll_create1(EPOLL_CLOEXEC);
    shard->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    shard->wake_fd = shard->service.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (shard->outer < 0 || !watch(shard, &shard->timer) || !watch(shard, &shard->wake_fd))
        return false;
    shard->mhd = start_mhd(shard);
    if (!shard->mhd)
        return false;
    shard->mhd_fd = MHD_get_daemon_info(shard->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return hello__linger_start(&shard->lingering) == 0 && watch(shard, &shard->lingering.epoll) &&
           watch(shard, &shard->mhd_fd);
}

static void end_lingering(struct shard *shard, uint64_t now)
{
    uint32_t ended = hello__linger_run(&shard->lingering, now);
    if (ended > 0)
        count_open(shard, -(int64_t)ended);
}

static bool takes_more(void *cls)
{
    struct shard *shard = cls; /* is full */
    uint32_t flags = shard->owner.options->flags;
    if (flags & HELLO_EVICT_WHEN_FULL)
        end_lingering(shard, UINT64_MAX);
    if (shard->open < shard->owner.limit)
        return true;
    if (flags & HELLO_EVICT_WHEN_FULL)
        hello__deadlines_end_oldest(&shard->service.deadlines);
    return (flags & HELLO_REFUSE_WHEN_FULL) && !shard->owner.find_vacant(shard->owner.server);
}

static void take_socket(void *cls, int fd, const struct sockaddr *peer)
{
    struct shard *shard = cls;
    struct counters *counters = &shard->service.counters;
    uint64_t client = hello__client_of(peer);
    hello__count(counters, COUNTER(connections_accepted), 1);
    if (shard->open >= shard->owner.limit || !hello__clients_enter(shard->owner.clients, client)) {
        hello__count(counters, COUNTER(connections_refused), 1);
        hello__linger_refuse(&shard->lingering, fd, shard->service.deadlines.now);
        return;
    }
    shard->client = client;
    shard->peer = peer;
    if (!MHD_add_connection(shard->mhd, fd, NULL, 0)) /* libmicrohttpd needs no address */
        count_refused(shard);                         /* libmicrohttpd has closed the socket */
    hello__clients_leave(shard->owner.clients, shard->client);
    shard->client = 0;
    shard->peer = NULL;
}

static bool start_acceptors(struct shard *shard)
{
    shard->acceptors = (struct acceptors){
        .options = shard->owner.options,
        .deadlines = &shard->service.deadlines,
        .open = &shard->open,
        .limit = shard->owner.limit,
        .is_shared = hello__options_shards(shard->owner.options) > 1,
        .epoll = shard->outer,
        .next_log = shard->owner.next_log,
        .take = take_socket,
        .takes_more = takes_more,
        .shard = shard,
    };
    return hello__acceptors_start(&shard->acceptors, shard->owner.listeners) == 0;
}

size_t hello__shard_size(void)
{
    return sizeof(struct shard);
}

int hello__shard_create(struct shard **out, const struct shard_owner *owner)
{
    struct shard *shard = calloc(1, sizeof *shard);
    if (!shard)
        return -ENOMEM;
    shard->owner = *owner;
    shard->service.options = owner->options;
    shard->outer = shard->timer = shard->wake_fd = shard->mhd_fd = shard->lingering.epoll = -1;
    shard->armed = NEVER_DUE;
    hello__drain_start(&shard->drain);
    hello__deadlines_start(&shard->service.deadlines, owner->options, &shard->service.counters);
    errno = 0;
    if (!hello__responses_start(&shard->service.responses) || !open_descriptors(shard) ||
        !start_acceptors(shard)) {
        int error = errno ? -errno : -ENOMEM;
        hello__shard_destroy(shard);
        return error;
    }
    *out = shard;
    return 0;
}

void hello__shard_end(struct shard *shard)
{
    hello__exchange_resume(&shard->service, NEVER_DUE); /* or libmicrohttpd would abort */
    MHD_stop_daemon(shard->mhd);
    shard->mhd = NULL;
    hello__linger_finish(&shard->lingering);
    count_open(shard, -(int64_t)shard->open);
}

void hello__shard_fail(struct shard *shard)
{
    if (!shard->service.draining)
        shard->owner.quiesced(shard->owner.server);
    hello__shard_end(shard);
    if (!shard->drained)
        shard->owner.drained(shard->owner.server, true);
}

void hello__shard_destroy(struct shard *shard)
{
    if (!shard)
        return;
    hello__shard_end(shard);
    hello__outbox_release(shard->service.outbox);
    hello__service_finish(&shard->service);
    const int owned[] = {shard->wake_fd, shard->timer, shard->outer};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
        if (owned[i] >= 0)
            close(owned[i]);
    free(shard);
}

int hello__shard_fd(const struct shard *shard)
{
    return shard->outer;
}

bool hello__shard_has_place(const struct shard *shard)
{
    return hello__counted(&shard->service.counters, COUNTER(connections_open)) < shard->owner.limit;
}

const struct counters *hello__shard_counters(const struct shard *shard)
{
    return &shard->service.counters;
}

/* ---- Waking and draining ---- */

static void wake(struct shard *shard)
{
    (void)!write(shard->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
}

void hello__shard_drain(struct shard *shard, uint32_t timeout_ms)
{
    hello__drain_ask(&shard->drain, hello__clock_ms() + timeout_ms);
    wake(shard);
}

void hello__shard_cancel(struct shard *shard)
{
    shard->cancelled = true;
    wake(shard);
}

/* If this shard was woken for two listeners and is full after one, Linux wakes no other shard. */
static void wake_vacant_shard(struct shard *shard)
{
    struct shard *other = shard->owner.find_vacant(shard->owner.server);
    if (other) {
        other->looks = true;
        wake(other);
    }
}

static void begin_drain(struct shard *shard)
{
    shard->service.draining = true;
    /* To a client, a complete handshake means an accepted connection. */
    hello__acceptors_finish(&shard->acceptors);
    shard->owner.quiesced(shard->owner.server);
}

static void continue_drain(struct shard *shard)
{
    struct deadlines *deadlines = &shard->service.deadlines;
    if (hello__drain_has_come(&shard->drain.grace_end, deadlines->now))
        hello__deadlines_end_idle(deadlines, DRAIN_GRACE_MS);
    if (hello__drain_has_come(&shard->drain.deadline, deadlines->now)) {
        end_lingering(shard, UINT64_MAX); /* answered, so not cut off */
        shard->cut_off = shard->open > 0;
        hello__exchange_resume(&shard->service, NEVER_DUE);
        hello__deadlines_end_all(deadlines);
        wake(shard); /* for the resumed connections */
    }
    if (shard->open == 0) {
        hello__drain_finish(&shard->drain);
        shard->drained = true;
        shard->owner.drained(shard->owner.server, shard->cut_off);
    }
}

/* ---- Dispatching ---- */

/* *acceptable: the bits of the acceptors at which clients wait. *mhd_ready: whether libmicrohttpd
 * has events. 0 or a negative errno. */
static int take_events(struct shard *shard, int timeout_ms, unsigned *acceptable, bool *mhd_ready)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(shard->outer, events, EVENTS_AT_ONCE, timeout_ms);
    if (count < 0)
        return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        const void *source = events[i].data.ptr; /* lingering runs in any case */
        *mhd_ready |= source == &shard->mhd_fd;
        *acceptable |= hello__acceptors_bit(&shard->acceptors, source);
        if (source == &shard->timer || source == &shard->wake_fd)
            (void)!read(*(const int *)source, &(uint64_t){0}, sizeof(uint64_t));
        if (source == &shard->timer)
            shard->armed = NEVER_DUE;
    }
    return 0;
}

static void run(struct shard *shard, bool mhd_ready)
{
    for (int i = 0; mhd_ready || MHD_get_timeout64s(shard->mhd) == 0; i++) {
        if (i == RUNS_AT_ONCE) {
            wake(shard);
            return;
        }
        MHD_run(shard->mhd);
        mhd_ready = false;
    }
}

/* A wake-up too early is harmless: set the timer only to an earlier time, or to none. */
static void arm_timer(struct shard *shard)
{
    const uint64_t times[] = {
        hello__acceptors_pause_end(&shard->acceptors),
        hello__drain_next_deadline(&shard->drain),
        hello__deadlines_next(&shard->service.deadlines),
        hello__linger_next_deadline(&shard->lingering),
    };
    uint64_t next = NEVER_DUE;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        next = MIN(next, times[i]);
    if (next == shard->armed || (next > shard->armed && next != NEVER_DUE))
        return;
    struct itimerspec when = {0}; /* disarmed */
    if (next != NEVER_DUE) {
        when.it_value.tv_sec = (time_t)(next / 1000);
        when.it_value.tv_nsec = (long)(next % 1000) * 1000000;
    }
    if (timerfd_settime(shard->timer, TFD_TIMER_ABSTIME, &when, NULL) == 0)
        shard->armed = next;
    else
        wake(shard); /* to try again */
}

int hello__shard_dispatch(struct shard *shard, int timeout_ms)
{
    struct deadlines *deadlines = &shard->service.deadlines;
    unsigned acceptable = 0;
    bool mhd_ready = false;
    int error = take_events(shard, timeout_ms, &acceptable, &mhd_ready);
    deadlines->now = hello__clock_ms();
    if (error || shard->cancelled)
        return error ? error : -ECANCELED;
    if (hello__drain_begins(&shard->drain, deadlines->now))
        begin_drain(shard);
    if (atomic_exchange(&shard->looks, false))
        acceptable = ~0u;
    if (acceptable)
        hello__acceptors_accept(&shard->acceptors, acceptable, mhd_ready);
    if (acceptable && shard->acceptors.count > 1 && !hello__shard_has_place(shard))
        wake_vacant_shard(shard);
    if (shard->armed == NEVER_DUE || shard->service.outbox) /* the timer may have gone off */
        hello__exchange_resume(&shard->service, deadlines->now);
    run(shard, mhd_ready);
    end_lingering(shard, deadlines->now);
    hello__acceptors_resume(&shard->acceptors);
    hello__deadlines_expire(deadlines);
    if (shard->service.draining && !shard->drained)
        continue_drain(shard);
    arm_timer(shard);
    return 0;
}
