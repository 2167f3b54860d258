/* SPDX-License-Identifier: MIT */
/* What a shard will not wait for: connections past a deadline.
 *
 * Every connection is in one phase, and every phase has one time until its connections are looked
 * at. So those of a phase, in the order they entered it, are in the order of being due: a queue
 * per phase makes entering and leaving O(1), and only heads of queues are ever looked at. Answers
 * alone are delayed by times of their own, which a heap keeps in order.
 *
 * Where one look ends a connection, it is due when its time is up. Who is idle, or does not take
 * an answer, is looked at now and then before that: nothing else tells that the first bytes of a
 * request have come, which libmicrohttpd reads at once, nor how much a peer has acknowledged.
 *
 * The guard ends a connection by shutdown(); libmicrohttpd then closes it. After a 408 the guard
 * first shuts down sending. libmicrohttpd reads until the client closes the connection, for at most
 * two seconds; exchange.c drops these bytes. */
#ifndef HELLO_LIB_GUARD_H
#define HELLO_LIB_GUARD_H

#include "delays.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct hello_stats;

enum phase {
    PHASE_HEAD,   /* from the accept, or from a request line, to the end of the head */
    PHASE_BODY,   /* to the end of the body */
    PHASE_REPLY,  /* until the kernel has the whole answer */
    PHASE_TAKING, /* until the peer has it, too; entered by a look at who is idle */
    PHASE_IDLE,   /* until the next request */
    PHASE_LAST,   /* after a deadline; final, until libmicrohttpd closes the connection */
    PHASE_DELAY,  /* until its answer is to be sent; nothing is due of the peer */
    PHASES
};

struct hello_options;

/* Never, as a point in time. */
#define GUARD_NEVER UINT64_MAX

/* One connection, as its guard sees it. Part of the connection; linked while it is open. */
struct guarded {
    union { /* not owned */
        struct {
            struct guarded *parent, *left, *right; /* in the heap of PHASE_DELAY; see delays.c */
        };
        struct {
            struct guarded *previous, *next; /* in the queue of the phase */
        };
    };
    uint64_t entered; /* when the phase began; milliseconds, monotonic */
    uint64_t due;     /* when to look at it; GUARD_NEVER = never */
    /* Of a peer that is slow to take its answers: when that will have been for too long, as of
     * the last look, when that was, and what the peer had acknowledged then. */
    uint64_t taking_end;
    uint64_t taking_seen;
    uint64_t taken;
    int fd; /* libmicrohttpd's */
    enum phase phase;
    bool is_new;   /* no request line has come yet */
    bool answered; /* by the guard, with 408; the client may still be sending */
    uint8_t rank;  /* in the heap */
};

struct guard {
    uint32_t limits[PHASES];  /* milliseconds; UINT32_MAX = none */
    uint32_t periods[PHASES]; /* milliseconds until a look, and between two, at most; likewise */
    uint32_t reply_rate;      /* bytes per second that a peer has to take */
    bool ends_idle;           /* hello__guard_end_idle() has been called */
    uint32_t count;           /* of connections */
    struct {
        struct guarded *first, *last; /* not owned */
    } queues[PHASE_DELAY];            /* of the phases before it */
    struct delays delays;
    uint64_t now; /* milliseconds, monotonic, as of the current dispatch */
    /* Connections that a deadline has ended; other threads read it. */
    _Atomic uint64_t expired[PHASES];
};

/* Milliseconds of the monotonic clock. */
uint64_t hello__guard_clock(void);

/* Set the limits of a guard without a connection. The options are complete. */
void hello__guard_start(struct guard *guard, const struct hello_options *options);

/* Also look every quarter of a second at who is within a head or a body, for an end that
 * libmicrohttpd misses: one that comes with bytes. A deadline may then be as late as that. */
void hello__guard_watch_senders(struct guard *guard);

/* Begin to guard an open connection, in PHASE_HEAD. */
void hello__guard_add(struct guard *guard, struct guarded *guarded, int fd);

/* The connection is about to be freed. */
void hello__guard_remove(struct guard *guard, struct guarded *guarded);

void hello__guard_enter(struct guard *guard, struct guarded *guarded, enum phase phase);

/* Begin PHASE_DELAY, which lasts at least so many milliseconds from now on; HELLO_NO_TIMEOUT = for
 * ever. */
void hello__guard_delay(struct guard *guard, struct guarded *guarded, uint32_t delay_ms);

/* The connection whose PHASE_DELAY is over first, if it is by then: it is to enter another one.
 * NULL when there is none. now: milliseconds, monotonic. */
struct guarded *hello__guard_delayed(const struct guard *guard, uint64_t now);

/* Whether a connection has come to stay: it waits for its next request, or has waited for the first
 * one since an earlier millisecond. */
bool hello__guard_keeps(const struct guard *guard);

/* End the connections whose time is up. */
void hello__guard_expire(struct guard *guard);

/* End the connections that wait for a request, and from now on those that have waited for one for
 * so many milliseconds. The latter do not count as expired. */
void hello__guard_end_idle(struct guard *guard, uint32_t idle_ms);

/* End the connection that has been in its phase for the longest time. Looks at each connection. */
void hello__guard_end_oldest(struct guard *guard);

/* End all connections, unsent bytes included. None is in PHASE_DELAY. */
void hello__guard_end_all(struct guard *guard);

/* When hello__guard_expire() has something to do next; GUARD_NEVER without a deadline. */
uint64_t hello__guard_next_deadline(const struct guard *guard);

/* Add how many deadlines have ended a connection. Any thread. */
void hello__guard_add_stats(const struct guard *guard, struct hello_stats *stats);

#endif
