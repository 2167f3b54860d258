/* SPDX-License-Identifier: MIT */
/* What a shard will not wait for: connections past a deadline, and peers that have hung up.
 *
 * Every connection is in one phase, and every phase has one time limit. So the connections of
 * a phase, in the order they entered it, are in order of expiry: a queue per phase makes
 * entering and leaving O(1), and only heads of queues are ever looked at.
 *
 * A connection is ended by shutdown(), which libmicrohttpd sees and answers with a close. */
#ifndef HELLO_LIB_GUARD_H
#define HELLO_LIB_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum phase {
    PHASE_HEAD,  /* from the accept, or from a request line, to the end of the head */
    PHASE_BODY,  /* to the end of the body */
    PHASE_REPLY, /* until the answer has been taken */
    PHASE_IDLE,  /* until the next request */
    PHASES
};

/* Never, as a point in time. */
#define GUARD_NEVER UINT64_MAX

/* One connection, as its guard sees it. Part of the connection; linked while it is open. */
struct guarded {
    struct guarded *previous, *next; /* in the queue of the phase; not owned */
    struct guarded *reap_next;       /* in the list of those to reap; not owned */
    uint64_t entered;                /* when the phase began; milliseconds, monotonic */
    uint64_t deadline;               /* when it must have ended; GUARD_NEVER = any time */
    int fd;                          /* libmicrohttpd's */
    enum phase phase;
    bool is_new;   /* no request line has come yet */
    bool hung_up;  /* the peer has sent its last byte */
    bool in_reaps; /* linked through reap_next */
    bool expired;  /* a deadline has ended it */
    bool answered; /* ... and it was told so: 408 */
};

struct guard {
    uint32_t limits[PHASES]; /* milliseconds; UINT32_MAX = none */
    struct {
        struct guarded *first, *last; /* not owned */
    } queues[PHASES];
    struct guarded *reaps; /* hung up, to be looked at once their shard has run; not owned */
    uint64_t now;          /* milliseconds, monotonic, as of the current dispatch */
    /* Connections that a deadline has ended; other threads read it. */
    _Atomic uint64_t expired[PHASES];
};

/* Milliseconds of the monotonic clock. */
uint64_t hello__guard_clock(void);

/* Begin to guard an open connection, in PHASE_HEAD. */
void hello__guard_add(struct guard *guard, struct guarded *guarded, int fd);

/* The connection is about to be freed. */
void hello__guard_remove(struct guard *guard, struct guarded *guarded);

void hello__guard_enter(struct guard *guard, struct guarded *guarded, enum phase phase);

/* The peer of a connection has sent its last byte. */
void hello__guard_hang_up(struct guard *guard, struct guarded *guarded);

/* Whether the kernel holds bytes of the peer's that libmicrohttpd has not read. */
bool hello__guard_has_unread_bytes(const struct guarded *guarded);

/* Read no more from the connections whose peers have hung up, once nothing of theirs is left to
 * read or to answer: in epoll mode libmicrohttpd does not see a FIN that arrives with data. */
void hello__guard_reap(struct guard *guard);

/* End the connections whose time is up. */
void hello__guard_expire(struct guard *guard);

/* End the connections that wait for a request. */
void hello__guard_end_idle(struct guard *guard);

/* End all connections, unsent bytes included. */
void hello__guard_end_all(struct guard *guard);

/* When hello__guard_expire() has something to do next; GUARD_NEVER without a deadline. */
uint64_t hello__guard_next_deadline(const struct guard *guard);

#endif
