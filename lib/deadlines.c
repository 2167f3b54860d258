/* SPDX-License-Identifier: MIT */
#include "deadlines.h"

#include "bundled.h"
#include "counters.h"
#include "linger.h"
#include "socket_state.h"

#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <time.h>

enum {
    /* Idle connections are checked often, so that a request that is sent byte by byte is noticed
     * soon. There are fewer than 5,000 checks per second: about 1 % of a CPU. */
    IDLE_PERIOD_MS = 250,
    IDLE_LOOKS_IN_MS = 5,
    IDLE_PERIODS_IN_HEAD = 4,
    /* Checks come in batches, so that they do not wake the shard one by one. */
    BATCHES_IN_PERIOD = 8,
    REPLY_PERIOD_MS = 250,
    REPLY_PERIODS_IN_LIMIT = 32,
    SENDER_PERIOD_MS = 250,
    SENDER_PERIODS_IN_LIMIT = 16,
    /* Checks per dispatch, so that requests do not wait for all of them. */
    LOOKS_AT_ONCE = 64,
};

uint64_t hello__clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t hello__clock_ms(void)
{
    return hello__clock_ns() / 1000000;
}

static uint32_t longest_idle_period(const uint32_t *limits)
{
    uint32_t period = MIN(limits[PHASE_HEAD] / IDLE_PERIODS_IN_HEAD, limits[PHASE_REPLY] / 2);
    return MAX(1, MIN(period, limits[PHASE_IDLE]));
}

static uint32_t reply_period(uint32_t limit)
{
    if (limit == UINT32_MAX)
        return limit;
    return MAX(1, MAX(limit / REPLY_PERIODS_IN_LIMIT, MIN(REPLY_PERIOD_MS, limit / 4)));
}

/* Milliseconds between two checks of a client that sends a request. An ordinary libmicrohttpd does
 * not report every FIN. Without a report, the connection ends late by up to one period. */
static uint32_t sender_period(uint32_t limit)
{
    if (SEES_EVERY_END)
        return limit;
    return MAX(1, MIN(SENDER_PERIOD_MS, limit / SENDER_PERIODS_IN_LIMIT));
}

void hello__deadlines_start(struct deadlines *deadlines, const struct hello_options *options,
                            struct counters *counters)
{
    const uint32_t limits[PHASES] = {
        [PHASE_HEAD] = options->header_timeout_ms, [PHASE_BODY] = options->body_timeout_ms,
        [PHASE_REPLY] = options->reply_timeout_ms, [PHASE_TAKING] = options->reply_timeout_ms,
        [PHASE_IDLE] = options->idle_timeout_ms,   [PHASE_LAST] = LINGER_MS,
    };
    memcpy(deadlines->limits, limits, sizeof limits);
    memcpy(deadlines->periods, limits, sizeof limits);
    deadlines->periods[PHASE_HEAD] = sender_period(limits[PHASE_HEAD]);
    deadlines->periods[PHASE_BODY] = sender_period(limits[PHASE_BODY]);
    deadlines->periods[PHASE_REPLY] = reply_period(limits[PHASE_REPLY]);
    deadlines->periods[PHASE_TAKING] = deadlines->periods[PHASE_REPLY];
    deadlines->periods[PHASE_IDLE] = longest_idle_period(limits);
    deadlines->reply_rate = options->min_reply_rate;
    deadlines->counters = counters;
    for (int phase = 0; phase < PHASE_DELAY; phase++) {
        struct deadline *queue = &deadlines->queues[phase];
        queue->next = queue->previous = queue;
        queue->due = queue->entered = NEVER_DUE;
    }
}

/* When to check a connection that is in a phase now. */
static uint64_t next_due(const struct deadlines *deadlines, enum phase phase)
{
    uint32_t period = deadlines->periods[phase];
    if (phase == PHASE_IDLE)
        period = MIN(period, MAX(IDLE_PERIOD_MS, deadlines->count / IDLE_LOOKS_IN_MS));
    uint64_t due = deadlines->now + period;
    if (period == UINT32_MAX)
        return NEVER_DUE;
    if (phase == PHASE_HEAD || phase == PHASE_BODY)
        return due;
    uint32_t grid = period / BATCHES_IN_PERIOD + 1;
    return due + grid - 1 - (due + grid - 1) % grid;
}

static void append(struct deadlines *deadlines, struct deadline *deadline, enum phase phase,
                   uint64_t due)
{
    struct deadline *queue = &deadlines->queues[phase];
    deadline->phase = phase;
    deadline->due = due;
    deadline->next = queue;
    deadline->previous = queue->previous;
    queue->previous->next = deadline;
    queue->previous = deadline;
}

static void leave_phase(struct deadlines *deadlines, struct deadline *deadline)
{
    if (deadline->phase == PHASE_DELAY) {
        hello__delays_remove(&deadlines->delayed, deadline);
        return;
    }
    deadline->previous->next = deadline->next;
    deadline->next->previous = deadline->previous;
}

void hello__deadlines_add(struct deadlines *deadlines, struct deadline *deadline, int fd)
{
    *deadline = (struct deadline){.fd = fd, .entered = deadlines->now, .is_new = true};
    deadlines->count++;
    append(deadlines, deadline, PHASE_HEAD, next_due(deadlines, PHASE_HEAD));
}

void hello__deadlines_remove(struct deadlines *deadlines, struct deadline *deadline)
{
    leave_phase(deadlines, deadline);
    deadlines->count--;
}

/* Keeps `entered`: the time when the connection became idle, or when its answer began. */
static void look_again(struct deadlines *deadlines, struct deadline *deadline, enum phase phase)
{
    leave_phase(deadlines, deadline);
    append(deadlines, deadline, phase, next_due(deadlines, phase));
}

void hello__deadlines_enter(struct deadlines *deadlines, struct deadline *deadline,
                            enum phase phase)
{
    if (deadline->phase == PHASE_LAST)
        return;
    look_again(deadlines, deadline, phase);
    deadline->entered = deadlines->now;
    deadline->is_new = false;
}

void hello__deadlines_delay(struct deadlines *deadlines, struct deadline *deadline,
                            uint32_t delay_ms)
{
    /* In a busy shard, deadlines->now is earlier than the read of the request. */
    uint64_t due = delay_ms == HELLO_NO_TIMEOUT ? NEVER_DUE : hello__clock_ms() + delay_ms + 1;
    leave_phase(deadlines, deadline);
    deadline->phase = PHASE_DELAY;
    deadline->due = due;
    hello__delays_insert(&deadlines->delayed, deadline);
}

struct deadline *hello__deadlines_delayed(const struct deadlines *deadlines, uint64_t now)
{
    struct deadline *deadline = deadlines->delayed;
    return deadline && deadline->due <= now ? deadline : NULL;
}

static void end(const struct deadline *deadline)
{
    shutdown(deadline->fd, SHUT_RDWR);
}

/* Also free the kernel's memory of unsent bytes. */
static void end_dropping(const struct deadline *deadline)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(deadline->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    end(deadline);
}

/* Whether a byte has arrived since the connection entered a phase that waits for bytes. */
static bool has_received(const struct deadlines *deadlines, const struct deadline *deadline,
                         const struct socket_state *state)
{
    /* The end of the last request must not count as the start of the next request. In a busy shard,
     * `entered` is earlier than the read of the last request. */
    const uint32_t tolerance = 250;
    if (state->has_unread)
        return true;
    if (deadline->phase == PHASE_HEAD && !deadline->is_new)
        return true; /* the request line */
    if (!state->is_counted)
        return false;
    if (deadline->is_new)
        return state->received > 0;
    return (uint64_t)state->last_received + tolerance < deadlines->now - deadline->entered;
}

/* SHUT_RDWR would reset the connection if the client still sends, and the client could lose this
 * answer (RFC 9112, section 9.6). */
static void send_timeout(struct deadline *deadline)
{
    static const char answer[] = "HTTP/1.1 408 Request Timeout\r\n"
                                 "Content-Length: 0\r\n"
                                 "Connection: close\r\n\r\n";
    (void)!send(deadline->fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(deadline->fd, SHUT_WR);
    deadline->answered = true;
}

/* ---- Checking a connection that is due ---- */

static bool is_over(const struct deadlines *deadlines, const struct deadline *deadline)
{
    uint32_t limit = deadlines->limits[deadline->phase];
    return limit != UINT32_MAX && deadlines->now - deadline->entered >= limit;
}

/* Make libmicrohttpd read an end that it has missed, and check again later. */
static void wait_on(struct deadlines *deadlines, struct deadline *deadline,
                    const struct socket_state *state)
{
    if (state->has_ended)
        shutdown(deadline->fd, SHUT_RD); /* libmicrohttpd may still answer */
    look_again(deadlines, deadline, deadline->phase);
}

/* The connection has passed its deadline, and has been ended or answered. */
static void expire(struct deadlines *deadlines, struct deadline *deadline)
{
    static const uint8_t timeouts[PHASES] = {
        [PHASE_HEAD] = COUNTER(header_timeouts), [PHASE_BODY] = COUNTER(body_timeouts),
        [PHASE_REPLY] = COUNTER(reply_timeouts), [PHASE_TAKING] = COUNTER(reply_timeouts),
        [PHASE_IDLE] = COUNTER(idle_timeouts),
    };
    if (!(deadlines->ends_idle && deadline->phase == PHASE_IDLE))
        hello__count(deadlines->counters, timeouts[deadline->phase], 1);
    look_again(deadlines, deadline, PHASE_LAST);
}

static void look_at_sender(struct deadlines *deadlines, struct deadline *deadline)
{
    struct socket_state state;
    hello__socket_read(&state, deadline->fd);
    if (!is_over(deadlines, deadline)) {
        wait_on(deadlines, deadline, &state);
        return;
    }
    if (state.has_untaken)
        end_dropping(deadline);
    else if (deadline->phase == PHASE_BODY || has_received(deadlines, deadline, &state))
        send_timeout(deadline);
    else
        end(deadline);
    expire(deadlines, deadline);
}

/* Whether the peer acknowledges the answer fast enough. Acknowledged bytes extend the peer's time
 * by bytes / rate, but at most to one whole limit from now: emptying a full buffer at once gives no
 * further credit. */
static bool is_taking(const struct deadlines *deadlines, struct deadline *deadline,
                      const struct socket_state *state)
{
    const uint32_t limit = deadlines->limits[PHASE_REPLY];
    const uint64_t gap = 2 * (uint64_t)deadlines->periods[PHASE_REPLY];
    bool has_rate = state->is_counted && deadlines->reply_rate != UINT32_MAX;
    bool is_seen_again = deadline->taking_seen + gap >= deadlines->now &&
                         (has_rate || deadline->taking_seen > deadline->entered);
    uint64_t end = deadline->entered + limit;
    if (is_seen_again) {
        end =
            deadline->taking_end + (state->taken - deadline->taken) * 1000 / deadlines->reply_rate;
        end = MIN(end, deadlines->now + limit);
    }
    deadline->taking_end = end;
    deadline->taking_seen = deadlines->now;
    deadline->taken = state->taken;
    return deadlines->now < end;
}

static void look_at_reader(struct deadlines *deadlines, struct deadline *deadline)
{
    struct socket_state state;
    hello__socket_read(&state, deadline->fd);
    if (deadline->phase == PHASE_TAKING && !state.has_untaken) {
        hello__deadlines_enter(deadlines, deadline, PHASE_IDLE);
    } else if (is_taking(deadlines, deadline, &state)) {
        look_again(deadlines, deadline, deadline->phase);
    } else {
        end_dropping(deadline);
        expire(deadlines, deadline);
    }
}

/* The client may have begun a request, or may not have acknowledged the last answer. */
static void look_at_idler(struct deadlines *deadlines, struct deadline *deadline)
{
    struct socket_state state;
    hello__socket_read(&state, deadline->fd);
    bool ends = is_over(deadlines, deadline);
    if (has_received(deadlines, deadline, &state) ||
        (ends && hello__socket_has_unread(deadline->fd))) {
        hello__deadlines_enter(deadlines, deadline, PHASE_HEAD);
    } else if (state.has_untaken && deadlines->limits[PHASE_TAKING] != UINT32_MAX) {
        look_again(deadlines, deadline, PHASE_TAKING);
    } else if (!ends) {
        wait_on(deadlines, deadline, &state);
    } else {
        end(deadline);
        expire(deadlines, deadline);
    }
}

/* Check again until libmicrohttpd closes the connection. */
static void look_at_last(struct deadlines *deadlines, struct deadline *deadline)
{
    end(deadline);
    look_again(deadlines, deadline, PHASE_LAST);
}

void hello__deadlines_expire(struct deadlines *deadlines)
{
    static void (*const looks[])(struct deadlines *, struct deadline *) = {
        [PHASE_HEAD] = look_at_sender,  [PHASE_BODY] = look_at_sender,
        [PHASE_REPLY] = look_at_reader, [PHASE_TAKING] = look_at_reader,
        [PHASE_IDLE] = look_at_idler,   [PHASE_LAST] = look_at_last,
    };
    int left = LOOKS_AT_ONCE;
    for (int phase = 0; phase < PHASE_DELAY; phase++) {
        struct deadline *queue = &deadlines->queues[phase];
        while (queue->next->due <= deadlines->now && left-- > 0)
            looks[phase](deadlines, queue->next);
    }
}

bool hello__deadlines_keeps(const struct deadlines *deadlines)
{
    const struct deadline *idle = &deadlines->queues[PHASE_IDLE];
    const struct deadline *taking = &deadlines->queues[PHASE_TAKING];
    return idle->next != idle || taking->next != taking ||
           deadlines->queues[PHASE_HEAD].next->entered < deadlines->now;
}

void hello__deadlines_end_idle(struct deadlines *deadlines, uint32_t idle_ms)
{
    static const enum phase waiting[] = {PHASE_IDLE, PHASE_TAKING, PHASE_HEAD};
    for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++) {
        struct deadline *queue = &deadlines->queues[waiting[i]];
        for (struct deadline *deadline = queue->next; deadline != queue;
             deadline = deadline->next) {
            struct socket_state state;
            hello__socket_read(&state, deadline->fd);
            if (!has_received(deadlines, deadline, &state) &&
                !hello__socket_has_unread(deadline->fd))
                end(deadline);
        }
    }
    deadlines->ends_idle = true;
    deadlines->limits[PHASE_IDLE] = MIN(deadlines->limits[PHASE_IDLE], idle_ms);
    deadlines->periods[PHASE_IDLE] = MIN(deadlines->periods[PHASE_IDLE], idle_ms);
}

/* Among connections with the same `entered`, PHASE_IDLE goes before PHASE_HEAD. libmicrohttpd does
 * not notice the end of a connection in PHASE_DELAY. */
void hello__deadlines_end_oldest(struct deadlines *deadlines)
{
    const struct deadline *oldest = NULL;
    for (int phase = PHASE_DELAY - 1; phase >= 0; phase--) {
        const struct deadline *queue = &deadlines->queues[phase];
        for (const struct deadline *deadline = queue->next; deadline != queue;
             deadline = deadline->next)
            if (!oldest || deadline->entered < oldest->entered)
                oldest = deadline;
    }
    if (oldest)
        end(oldest);
}

void hello__deadlines_end_all(struct deadlines *deadlines)
{
    for (int phase = 0; phase < PHASE_DELAY; phase++) {
        const struct deadline *queue = &deadlines->queues[phase];
        for (const struct deadline *deadline = queue->next; deadline != queue;
             deadline = deadline->next)
            end_dropping(deadline);
    }
}

uint64_t hello__deadlines_next(const struct deadlines *deadlines)
{
    uint64_t next = deadlines->delayed ? deadlines->delayed->due : NEVER_DUE;
    for (int phase = 0; phase < PHASE_DELAY; phase++)
        next = MIN(next, deadlines->queues[phase].next->due);
    return next;
}
