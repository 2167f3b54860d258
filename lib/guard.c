/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include "counters.h"
#include "linger.h"
#include "traffic.h"

#include <hello/hello.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    /* Idle connections are looked at so often that a request which is sent byte by byte is
     * caught soon after it has begun; but fewer than 5,000 times per second, which costs about
     * one per cent of a CPU. */
    IDLE_PERIOD_MS = 250,
    IDLE_LOOKS_IN_MS = 5,
    IDLE_PERIODS_IN_HEAD = 4,
    /* Connections are looked at in batches, so that they do not wake their shard one by one. */
    BATCHES_IN_PERIOD = 8,
    REPLY_PERIOD_MS = 250,
    REPLY_PERIODS_IN_LIMIT = 32,
    SENDER_PERIOD_MS = 250,
    SENDER_PERIODS_IN_LIMIT = 16,
    /* In one dispatch, so that requests need not wait for the rest. */
    LOOKS_AT_ONCE = 64,
};

uint64_t hello__guard_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint32_t min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t max(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint32_t longest_idle_period(const uint32_t *limits)
{
    uint32_t period = min(limits[PHASE_HEAD] / IDLE_PERIODS_IN_HEAD, limits[PHASE_REPLY] / 2);
    return max(1, min(period, limits[PHASE_IDLE]));
}

static uint32_t reply_period(uint32_t limit)
{
    if (limit == UINT32_MAX)
        return limit;
    return max(1, max(limit / REPLY_PERIODS_IN_LIMIT, min(REPLY_PERIOD_MS, limit / 4)));
}

void hello__guard_start(struct guard *guard, const struct hello_options *options)
{
    const uint32_t limits[PHASES] = {
        [PHASE_HEAD] = options->header_timeout_ms, [PHASE_BODY] = options->body_timeout_ms,
        [PHASE_REPLY] = options->reply_timeout_ms, [PHASE_TAKING] = options->reply_timeout_ms,
        [PHASE_IDLE] = options->idle_timeout_ms,   [PHASE_LAST] = LINGER_MS,
    };
    memcpy(guard->limits, limits, sizeof limits);
    memcpy(guard->periods, limits, sizeof limits);
    guard->periods[PHASE_REPLY] = reply_period(limits[PHASE_REPLY]);
    guard->periods[PHASE_TAKING] = guard->periods[PHASE_REPLY];
    guard->periods[PHASE_IDLE] = longest_idle_period(limits);
    guard->reply_rate = options->min_reply_rate;
}

static uint32_t sender_period(uint32_t limit)
{
    return max(1, min(SENDER_PERIOD_MS, limit / SENDER_PERIODS_IN_LIMIT));
}

void hello__guard_watch_senders(struct guard *guard)
{
    guard->periods[PHASE_HEAD] = sender_period(guard->limits[PHASE_HEAD]);
    guard->periods[PHASE_BODY] = sender_period(guard->limits[PHASE_BODY]);
}

/* When to look at a connection that is in a phase now. */
static uint64_t next_due(const struct guard *guard, enum phase phase)
{
    uint32_t period = guard->periods[phase];
    if (phase == PHASE_IDLE)
        period = min(period, max(IDLE_PERIOD_MS, guard->count / IDLE_LOOKS_IN_MS));
    uint64_t due = guard->now + period;
    if (period == UINT32_MAX)
        return GUARD_NEVER;
    if (phase == PHASE_HEAD || phase == PHASE_BODY)
        return due;
    uint32_t grid = period / BATCHES_IN_PERIOD + 1;
    return due + grid - 1 - (due + grid - 1) % grid;
}

static void append(struct guard *guard, struct guarded *guarded, enum phase phase, uint64_t due)
{
    guarded->phase = phase;
    guarded->due = due;
    guarded->next = NULL;
    guarded->previous = guard->queues[phase].last;
    if (guarded->previous)
        guarded->previous->next = guarded;
    else
        guard->queues[phase].first = guarded;
    guard->queues[phase].last = guarded;
}

static void leave_phase(struct guard *guard, struct guarded *guarded)
{
    if (guarded->phase == PHASE_DELAY) {
        hello__delays_remove(&guard->delays, guarded);
        return;
    }
    if (guarded->previous)
        guarded->previous->next = guarded->next;
    else
        guard->queues[guarded->phase].first = guarded->next;
    if (guarded->next)
        guarded->next->previous = guarded->previous;
    else
        guard->queues[guarded->phase].last = guarded->previous;
}

void hello__guard_add(struct guard *guard, struct guarded *guarded, int fd)
{
    *guarded = (struct guarded){.fd = fd, .entered = guard->now, .is_new = true};
    guard->count++;
    append(guard, guarded, PHASE_HEAD, next_due(guard, PHASE_HEAD));
}

void hello__guard_remove(struct guard *guard, struct guarded *guarded)
{
    leave_phase(guard, guarded);
    guard->count--;
}

/* `entered` stays: when the connection became idle, or its answer began. */
static void look_again(struct guard *guard, struct guarded *guarded, enum phase phase)
{
    leave_phase(guard, guarded);
    append(guard, guarded, phase, next_due(guard, phase));
}

void hello__guard_enter(struct guard *guard, struct guarded *guarded, enum phase phase)
{
    if (guarded->phase == PHASE_LAST)
        return;
    look_again(guard, guarded, phase);
    guarded->entered = guard->now;
    guarded->is_new = false;
}

void hello__guard_delay(struct guard *guard, struct guarded *guarded, uint32_t delay_ms)
{
    /* A busy shard has noted the time before it read the request. */
    uint64_t due = delay_ms == HELLO_NO_TIMEOUT ? GUARD_NEVER : hello__guard_clock() + delay_ms + 1;
    leave_phase(guard, guarded);
    guarded->phase = PHASE_DELAY;
    guarded->due = due;
    hello__delays_insert(&guard->delays, guarded);
}

struct guarded *hello__guard_delayed(const struct guard *guard, uint64_t now)
{
    struct guarded *guarded = guard->delays.first;
    return guarded && guarded->due <= now ? guarded : NULL;
}

static void end(const struct guarded *guarded)
{
    shutdown(guarded->fd, SHUT_RDWR);
}

/* Nothing more is read, so libmicrohttpd comes to see the end; it may still answer. */
static void end_reading(const struct guarded *guarded)
{
    shutdown(guarded->fd, SHUT_RD);
}

/* Also give the memory of unsent bytes back. */
static void end_dropping(const struct guarded *guarded)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(guarded->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    end(guarded);
}

/* Whether a byte has come in since the connection entered a phase that waits for one. */
static bool has_received(const struct guard *guard, const struct guarded *guarded,
                         const struct traffic *traffic)
{
    /* The end of the last request must not be taken for the start of the next one: a busy shard
     * has noted the time before it read that request. */
    const uint32_t tolerance = 250;
    if (traffic->has_unread)
        return true;
    if (guarded->phase == PHASE_HEAD && !guarded->is_new)
        return true; /* the request line */
    if (!traffic->is_counted)
        return false;
    if (guarded->is_new)
        return traffic->received > 0;
    return (uint64_t)traffic->last_received + tolerance < guard->now - guarded->entered;
}

/* Shutting down reading, too, would reset the connection if the client still sends, and the client
 * could lose this answer (RFC 9112, section 9.6). */
static void send_timeout(struct guarded *guarded)
{
    static const char answer[] = "HTTP/1.1 408 Request Timeout\r\n"
                                 "Content-Length: 0\r\n"
                                 "Connection: close\r\n\r\n";
    (void)!send(guarded->fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(guarded->fd, SHUT_WR);
    guarded->answered = true;
}

/* ---- Looking at a connection that is due ---- */

static bool is_over(const struct guard *guard, const struct guarded *guarded)
{
    uint32_t limit = guard->limits[guarded->phase];
    return limit != UINT32_MAX && guard->now - guarded->entered >= limit;
}

/* Have libmicrohttpd come to see an end that it has missed, and look again later. */
static void wait_on(struct guard *guard, struct guarded *guarded, const struct traffic *traffic)
{
    if (traffic->has_ended)
        end_reading(guarded);
    look_again(guard, guarded, guarded->phase);
}

/* A connection has passed its deadline, and was ended or answered. */
static void expire(struct guard *guard, struct guarded *guarded)
{
    if (!(guard->ends_idle && guarded->phase == PHASE_IDLE))
        hello__count(&guard->expired[guarded->phase], 1);
    look_again(guard, guarded, PHASE_LAST);
}

static void look_at_sender(struct guard *guard, struct guarded *guarded)
{
    struct traffic traffic;
    hello__traffic_read(&traffic, guarded->fd);
    if (!is_over(guard, guarded)) {
        wait_on(guard, guarded, &traffic);
        return;
    }
    if (traffic.has_untaken)
        end_dropping(guarded);
    else if (guarded->phase == PHASE_BODY || has_received(guard, guarded, &traffic))
        send_timeout(guarded);
    else
        end(guarded);
    expire(guard, guarded);
}

/* Whether the peer has taken something of late, or still has time to. What it takes moves the end
 * of its time on as the rate has it, but never further than a whole limit from now: a full buffer
 * that is emptied at once is no credit for later. */
static bool is_taking(const struct guard *guard, struct guarded *guarded,
                      const struct traffic *traffic)
{
    const uint32_t limit = guard->limits[PHASE_REPLY];
    const uint64_t gap = 2 * (uint64_t)guard->periods[PHASE_REPLY];
    bool has_rate = traffic->is_counted && guard->reply_rate != UINT32_MAX;
    bool is_seen_again = guarded->taking_seen + gap >= guard->now &&
                         (has_rate || guarded->taking_seen > guarded->entered);
    uint64_t end = guarded->entered + limit;
    if (is_seen_again) {
        end = guarded->taking_end + (traffic->taken - guarded->taken) * 1000 / guard->reply_rate;
        end = end < guard->now + limit ? end : guard->now + limit;
    }
    guarded->taking_end = end;
    guarded->taking_seen = guard->now;
    guarded->taken = traffic->taken;
    return guard->now < end;
}

static void look_at_reader(struct guard *guard, struct guarded *guarded)
{
    struct traffic traffic;
    hello__traffic_read(&traffic, guarded->fd);
    if (guarded->phase == PHASE_TAKING && !traffic.has_untaken) {
        hello__guard_enter(guard, guarded, PHASE_IDLE);
    } else if (is_taking(guard, guarded, &traffic)) {
        look_again(guard, guarded, guarded->phase);
    } else {
        end_dropping(guarded);
        expire(guard, guarded);
    }
}

/* It may have begun a request since, or have left the last answer untaken. */
static void look_at_idler(struct guard *guard, struct guarded *guarded)
{
    struct traffic traffic;
    hello__traffic_read(&traffic, guarded->fd);
    bool ends = is_over(guard, guarded);
    if (has_received(guard, guarded, &traffic) ||
        (ends && hello__traffic_has_unread(guarded->fd))) {
        hello__guard_enter(guard, guarded, PHASE_HEAD);
    } else if (traffic.has_untaken && guard->limits[PHASE_TAKING] != UINT32_MAX) {
        look_again(guard, guarded, PHASE_TAKING);
    } else if (!ends) {
        wait_on(guard, guarded, &traffic);
    } else {
        end(guarded);
        expire(guard, guarded);
    }
}

/* Look again until libmicrohttpd closes the connection. */
static void look_at_last(struct guard *guard, struct guarded *guarded)
{
    end(guarded);
    look_again(guard, guarded, PHASE_LAST);
}

static void look(struct guard *guard, struct guarded *guarded)
{
    switch (guarded->phase) {
    case PHASE_HEAD:
    case PHASE_BODY: look_at_sender(guard, guarded); break;
    case PHASE_REPLY:
    case PHASE_TAKING: look_at_reader(guard, guarded); break;
    case PHASE_IDLE: look_at_idler(guard, guarded); break;
    case PHASE_LAST: look_at_last(guard, guarded); break;
    case PHASE_DELAY:
    case PHASES: break;
    }
}

void hello__guard_expire(struct guard *guard)
{
    int left = LOOKS_AT_ONCE;
    for (int phase = 0; phase < PHASE_DELAY; phase++) {
        struct guarded *first;
        while ((first = guard->queues[phase].first) && first->due <= guard->now && left-- > 0)
            look(guard, first);
    }
}

bool hello__guard_keeps(const struct guard *guard)
{
    const struct guarded *head = guard->queues[PHASE_HEAD].first;
    return guard->queues[PHASE_IDLE].first || guard->queues[PHASE_TAKING].first ||
           (head && head->entered < guard->now);
}

void hello__guard_end_idle(struct guard *guard, uint32_t idle_ms)
{
    static const enum phase waiting[] = {PHASE_IDLE, PHASE_TAKING, PHASE_HEAD};
    for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++) {
        struct guarded *guarded = guard->queues[waiting[i]].first;
        for (; guarded; guarded = guarded->next) {
            struct traffic traffic;
            hello__traffic_read(&traffic, guarded->fd);
            if (!has_received(guard, guarded, &traffic) && !hello__traffic_has_unread(guarded->fd))
                end(guarded);
        }
    }
    guard->ends_idle = true;
    guard->limits[PHASE_IDLE] = min(guard->limits[PHASE_IDLE], idle_ms);
    guard->periods[PHASE_IDLE] = min(guard->periods[PHASE_IDLE], idle_ms);
}

/* Of those that came into their phases in one millisecond, an idle one rather than one that has yet
 * to send its request. What is in PHASE_DELAY would not be seen to end. */
void hello__guard_end_oldest(struct guard *guard)
{
    const struct guarded *oldest = NULL;
    for (int phase = PHASE_DELAY - 1; phase >= 0; phase--)
        for (struct guarded *guarded = guard->queues[phase].first; guarded; guarded = guarded->next)
            if (!oldest || guarded->entered < oldest->entered)
                oldest = guarded;
    if (oldest)
        end(oldest);
}

void hello__guard_end_all(struct guard *guard)
{
    for (int phase = 0; phase < PHASE_DELAY; phase++)
        for (struct guarded *guarded = guard->queues[phase].first; guarded; guarded = guarded->next)
            end_dropping(guarded);
}

uint64_t hello__guard_next_deadline(const struct guard *guard)
{
    uint64_t next = guard->delays.first ? guard->delays.first->due : GUARD_NEVER;
    for (int phase = 0; phase < PHASE_DELAY; phase++)
        if (guard->queues[phase].first && guard->queues[phase].first->due < next)
            next = guard->queues[phase].first->due;
    return next;
}

void hello__guard_add_stats(const struct guard *guard, struct hello_stats *stats)
{
    const _Atomic uint64_t *expired = guard->expired;
    stats->header_timeouts += hello__counted(&expired[PHASE_HEAD]);
    stats->body_timeouts += hello__counted(&expired[PHASE_BODY]);
    stats->reply_timeouts +=
        hello__counted(&expired[PHASE_REPLY]) + hello__counted(&expired[PHASE_TAKING]);
    stats->idle_timeouts += hello__counted(&expired[PHASE_IDLE]);
}
