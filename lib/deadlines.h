/* SPDX-License-Identifier: MIT */
/* The deadlines of a shard's connections.
 *
 * Each connection is in one phase. Each phase has one period until its connections are checked. The
 * connections of a phase are therefore due in the order in which they entered the phase. A queue
 * per phase makes entering and leaving O(1), and only the heads of the queues are checked. Delayed
 * and deferred replies are due at arbitrary times; a heap orders them.
 *
 * In most phases, the check ends a connection whose time is up. Idle connections and slow readers
 * are also checked before that, because no event reports two facts: that the first bytes of a
 * request have come (libmicrohttpd reads them at once), and how much the client has acknowledged.
 *
 * A deadline ends a connection by shutdown(); libmicrohttpd then closes the socket. After a 408,
 * the sending side is shut down first. libmicrohttpd then reads until the client closes the
 * connection, for at most two seconds, and exchange.c discards these bytes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum phase {
    PHASE_HEAD,   /* from the accept, or from a request line, to the end of the head */
    PHASE_BODY,   /* to the end of the body */
    PHASE_REPLY,  /* until the kernel has the whole answer */
    PHASE_TAKING, /* until the peer has acknowledged it; entered by a check of an idle connection */
    PHASE_IDLE,   /* until the next request */
    PHASE_LAST,   /* after a deadline; final, until libmicrohttpd closes the connection */
    PHASE_DELAY,  /* until its reply is sent; the client has no deadline */
    PHASES
};

struct counters;
struct hello_options;

/* Never, as a point in time. */
#define NEVER_DUE UINT64_MAX

/* The deadline of one connection. Part of struct connection; linked while it is open. */
struct deadline {
    union { /* not owned */
        struct {
            struct deadline *parent, *left, *right; /* in the heap of PHASE_DELAY; see delays.c */
        };
        struct {
            struct deadline *previous, *next; /* in the queue of the phase */
        };
    };
    uint64_t entered; /* when the phase began; milliseconds, monotonic */
    uint64_t due;     /* when to check it; NEVER_DUE = never */
    /* Of a peer that is slow to acknowledge its answer, as of the last check: the end of the peer's
     * time, the time of that check, and the bytes that the peer had acknowledged. */
    uint64_t taking_end;
    uint64_t taking_seen;
    uint64_t taken;
    int fd; /* libmicrohttpd's */
    enum phase phase;
    bool is_new;   /* no request line has come yet */
    bool answered; /* with 408, by the deadline; the client may still be sending */
};

struct deadlines {
    uint32_t limits[PHASES];  /* milliseconds; UINT32_MAX = none */
    uint32_t periods[PHASES]; /* milliseconds before and between checks, at most; likewise */
    uint32_t reply_rate;      /* bytes per second that a peer must acknowledge */
    bool ends_idle;           /* hello__deadlines_end_idle() has been called */
    uint32_t count;           /* of connections */
    /* Of the phases before PHASE_DELAY. Each is a ring through this element, which is never due. */
    struct deadline queues[PHASE_DELAY];
    struct deadline *delayed;  /* the root of the heap of PHASE_DELAY; NULL = the heap is empty */
    uint64_t now;              /* milliseconds, monotonic, as of the current dispatch */
    struct counters *counters; /* the shard's */
};

/* The monotonic clock, in nanoseconds and in milliseconds. */
uint64_t hello__clock_ns(void);
uint64_t hello__clock_ms(void);

/* Start without a connection. The options are complete. */
void hello__deadlines_start(struct deadlines *deadlines, const struct hello_options *options,
                            struct counters *counters);

/* Add an open connection, in PHASE_HEAD. */
void hello__deadlines_add(struct deadlines *deadlines, struct deadline *deadline, int fd);

/* The connection is about to be freed. */
void hello__deadlines_remove(struct deadlines *deadlines, struct deadline *deadline);

void hello__deadlines_enter(struct deadlines *deadlines, struct deadline *deadline,
                            enum phase phase);

/* Begin PHASE_DELAY, which lasts at least delay_ms from now on; HELLO_NO_TIMEOUT = for ever. */
void hello__deadlines_delay(struct deadlines *deadlines, struct deadline *deadline,
                            uint32_t delay_ms);

/* The connection whose PHASE_DELAY ends first, if that time has come; the caller must move the
 * connection to another phase. NULL = there is none. now: milliseconds, monotonic. */
struct deadline *hello__deadlines_delayed(const struct deadlines *deadlines, uint64_t now);

/* Whether a connection is kept open: it waits for its next request, or has waited for its first
 * request since an earlier millisecond. */
bool hello__deadlines_keeps(const struct deadlines *deadlines);

/* End the connections whose time is up. */
void hello__deadlines_expire(struct deadlines *deadlines);

/* End the connections that wait for a request, and from now on the connections that have waited for
 * idle_ms. The latter do not count as expired. */
void hello__deadlines_end_idle(struct deadlines *deadlines, uint32_t idle_ms);

/* End the connection that has been in its phase for the longest time. O(n). */
void hello__deadlines_end_oldest(struct deadlines *deadlines);

/* End all connections, and drop unsent bytes. No connection is in PHASE_DELAY. */
void hello__deadlines_end_all(struct deadlines *deadlines);

/* When hello__deadlines_expire() must run next; NEVER_DUE without a deadline. */
uint64_t hello__deadlines_next(const struct deadlines *deadlines);

/* Insert into a heap by `due`, which must not change there, or remove from any place of the heap.
 * Takes O(log n) steps, amortized. first: the root, which is due first. */
void hello__delays_insert(struct deadline **first, struct deadline *deadline);
void hello__delays_remove(struct deadline **first, struct deadline *deadline);
