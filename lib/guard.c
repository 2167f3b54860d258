/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include "counters.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#ifdef HAVE_TCPI_BYTES_RECEIVED /* in the C library's own header */
#include <netinet/tcp.h>
#else
#include <linux/tcp.h>
#endif

uint64_t hello__guard_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void append(struct guard *guard, struct guarded *guarded, enum phase phase)
{
    uint32_t limit = guard->limits[phase];
    guarded->phase = phase;
    guarded->entered = guard->now;
    guarded->deadline = limit == UINT32_MAX ? GUARD_NEVER : guard->now + limit;
    guarded->next = NULL;
    guarded->previous = guard->queues[phase].last;
    if (guarded->previous)
        guarded->previous->next = guarded;
    else
        guard->queues[phase].first = guarded;
    guard->queues[phase].last = guarded;
}

static void unlink_from_queue(struct guard *guard, struct guarded *guarded)
{
    if (guarded->previous)
        guarded->previous->next = guarded->next;
    else
        guard->queues[guarded->phase].first = guarded->next;
    if (guarded->next)
        guarded->next->previous = guarded->previous;
    else
        guard->queues[guarded->phase].last = guarded->previous;
}

static void unlink_from_reaps(struct guard *guard, struct guarded *guarded)
{
    struct guarded **link = &guard->reaps;
    if (!guarded->in_reaps)
        return;
    while (*link != guarded)
        link = &(*link)->reap_next;
    *link = guarded->reap_next;
    guarded->in_reaps = false;
}

static void add_to_reaps(struct guard *guard, struct guarded *guarded)
{
    if (guarded->in_reaps)
        return;
    guarded->in_reaps = true;
    guarded->reap_next = guard->reaps;
    guard->reaps = guarded;
}

void hello__guard_add(struct guard *guard, struct guarded *guarded, int fd)
{
    *guarded = (struct guarded){.fd = fd, .is_new = true};
    append(guard, guarded, PHASE_HEAD);
}

void hello__guard_remove(struct guard *guard, struct guarded *guarded)
{
    unlink_from_queue(guard, guarded);
    unlink_from_reaps(guard, guarded);
}

void hello__guard_enter(struct guard *guard, struct guarded *guarded, enum phase phase)
{
    unlink_from_queue(guard, guarded);
    append(guard, guarded, phase);
    guarded->is_new = false;
    if (guarded->hung_up && phase == PHASE_IDLE)
        add_to_reaps(guard, guarded);
}

void hello__guard_hang_up(struct guard *guard, struct guarded *guarded)
{
    guarded->hung_up = true;
    add_to_reaps(guard, guarded);
}

bool hello__guard_has_unread_bytes(const struct guarded *guarded)
{
    int bytes = 0;
    return ioctl(guarded->fd, FIONREAD, &bytes) == 0 && bytes > 0;
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

void hello__guard_reap(struct guard *guard)
{
    struct guarded *guarded = guard->reaps;
    guard->reaps = NULL;
    while (guarded) {
        struct guarded *next = guarded->reap_next;
        guarded->in_reaps = false;
        if (guarded->phase == PHASE_REPLY)
            ; /* comes back once it is idle */
        else if (hello__guard_has_unread_bytes(guarded))
            add_to_reaps(guard, guarded);
        else
            end_reading(guarded);
        guarded = next;
    }
}

/* Whether a byte has come in since the connection entered a phase that waits for one. */
static bool has_received(const struct guard *guard, const struct guarded *guarded)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    if (hello__guard_has_unread_bytes(guarded))
        return true;
    if (guarded->phase == PHASE_HEAD && !guarded->is_new)
        return true; /* the request line */
    if (getsockopt(guarded->fd, IPPROTO_TCP, TCP_INFO, &info, &length))
        return false; /* a unix socket does not tell */
    if (guarded->is_new)
        return info.tcpi_bytes_received > 0;
    /* The clock behind tcpi_last_data_recv is coarse; the end of the last request must not be
     * taken for the start of the next one. */
    const uint32_t tolerance = 20;
    return (uint64_t)info.tcpi_last_data_recv + tolerance < guard->now - guarded->entered;
}

static void send_timeout(struct guarded *guarded)
{
    static const char answer[] = "HTTP/1.1 408 Request Timeout\r\n"
                                 "Content-Length: 0\r\n"
                                 "Connection: close\r\n\r\n";
    (void)!send(guarded->fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    guarded->answered = true;
}

/* The time of a connection is up. It is entered into a phase again, so that it expires again
 * should libmicrohttpd take its time to close it. */
static void expire(struct guard *guard, struct guarded *guarded)
{
    switch (guarded->phase) {
    case PHASE_IDLE:
        if (has_received(guard, guarded)) {
            hello__guard_enter(guard, guarded, PHASE_HEAD);
            return;
        }
        end(guarded);
        break;
    case PHASE_REPLY: end_dropping(guarded); break;
    case PHASE_HEAD:
    case PHASE_BODY:
        if (guarded->phase == PHASE_BODY || has_received(guard, guarded))
            send_timeout(guarded);
        end(guarded);
        break;
    case PHASES: break;
    }
    if (!guarded->expired)
        hello__count(&guard->expired[guarded->phase], 1);
    guarded->expired = true;
    hello__guard_enter(guard, guarded, guarded->phase);
}

void hello__guard_expire(struct guard *guard)
{
    for (int phase = 0; phase < PHASES; phase++) {
        struct guarded *first;
        while ((first = guard->queues[phase].first) && first->deadline <= guard->now)
            expire(guard, first);
    }
}

void hello__guard_end_idle(struct guard *guard)
{
    static const enum phase waiting[] = {PHASE_IDLE, PHASE_HEAD};
    for (int i = 0; i < 2; i++) {
        struct guarded *guarded = guard->queues[waiting[i]].first;
        for (; guarded; guarded = guarded->next)
            if (!has_received(guard, guarded))
                end(guarded);
    }
}

void hello__guard_end_all(struct guard *guard)
{
    for (int phase = 0; phase < PHASES; phase++)
        for (struct guarded *guarded = guard->queues[phase].first; guarded; guarded = guarded->next)
            end_dropping(guarded);
}

uint64_t hello__guard_next_deadline(const struct guard *guard)
{
    uint64_t next = GUARD_NEVER;
    for (int phase = 0; phase < PHASES; phase++)
        if (guard->queues[phase].first && guard->queues[phase].first->deadline < next)
            next = guard->queues[phase].first->deadline;
    return next;
}
