/* SPDX-License-Identifier: MIT */
/* One client connection: its deadline and its current request. */
#pragma once

#include "counters.h"
#include "deadlines.h"
#include "head.h"
#include "response.h"
#include "target.h"

#include <hello/hello.h>
#include <netinet/in.h>

struct MHD_Connection;

/* In bytes. Most targets, with the method stored after them, are shorter. */
enum { TARGET_ROOM = 256 };

/* A client that opens a connection for each request usually has fewer open at once. */
enum { FREE_LIST_SIZE = 64 };

/* Free blocks of one size, kept for the next connection or request. */
struct free_list {
    void *blocks[FREE_LIST_SIZE]; /* owned */
    size_t count;
};

/* Shared by the connections of one shard. Other threads only read its atomic members. */
struct service {
    const struct hello_options *options; /* the server's, with defaults filled in */
    struct deadlines deadlines;
    struct responses responses;
    struct free_list connections;
    struct free_list targets; /* of TARGET_ROOM bytes */
    struct outbox *outbox;    /* of deferred replies; NULL until the first */
    int wake_fd;              /* the shard's eventfd */
    bool draining;            /* every answer is the last on its connection */
    struct counters counters;
};

/* The progress of a request through libmicrohttpd's callbacks. */
enum stage {
    STAGE_HEAD,    /* the request line has been read */
    STAGE_BODY,    /* the head is checked; the body is being dropped */
    STAGE_DELAYED, /* an answer will be queued later */
    STAGE_REPLY,   /* an answer is queued */
    STAGE_FAILED   /* no answer: no memory for the target, or a deferred reply is cut off */
};

/* An IP address and port; for a unix socket, the family alone. */
union socket_address {
    struct sockaddr_in6 v6; /* the largest member first: an initializer zeroes the first alone */
    struct sockaddr_in v4;
    struct sockaddr any;
};

struct connection {
    struct deadline deadline;   /* first: a pointer to it is cast to a pointer to the connection */
    struct service *service;    /* the shard's */
    struct MHD_Connection *mhd; /* not owned */
    uint64_t client;            /* the key in struct clients */
    uint32_t requests;          /* begun so far */

    enum stage stage;
    struct head head;
    uint64_t body_received; /* bytes */
    bool is_whole;          /* the request has been read to its end */
    uint16_t last_status;   /* of the answer to the last request; 0 = there was none */
    /* Raw and NUL-terminated: libmicrohttpd changes its own copy. Owned; NULL between requests. */
    char *target;
    size_t target_length; /* in bytes */
    size_t target_room;   /* bytes that target points to */
    struct target parsed; /* points into target; valid from STAGE_BODY on */

    /* For the counters and the access record. */
    uint64_t began;      /* nanoseconds, monotonic; set if there is an access callback */
    const char *method;  /* likewise; stored after the target; NULL before the head is read */
    bool is_head;        /* the method is HEAD */
    bool is_1_0;         /* the version is HTTP/1.0 */
    uint64_t reply_size; /* bytes of body in the reply that is queued */

    /* In STAGE_DELAYED; NULL otherwise. */
    struct hello_deferred *deferred; /* while the program holds it; not owned */
    struct hello_reply *delayed;     /* owned */

    /* Last, because most requests do not use them. */
    union socket_address peer;
    union socket_address local; /* AF_UNSPEC until hello_request_local() */
};

/* NULL when out of memory. mhd and fd are not owned. peer has room for any address; copied. */
struct connection *hello__connection_create(struct service *service, struct MHD_Connection *mhd,
                                            int fd, const struct sockaddr *peer);

/* NULL is fine. */
void hello__connection_destroy(struct connection *connection);

/* Begin a request, in STAGE_HEAD or STAGE_FAILED. target: NUL-terminated, copied. */
void hello__connection_set_target(struct connection *connection, const char *target);

/* Keep the method for the access record: libmicrohttpd's copy does not outlive its errors. May move
 * target. False when out of memory. */
bool hello__connection_set_method(struct connection *connection, const char *method);

/* Whether the server lets no request follow on the connection. */
bool hello__connection_is_last(const struct connection *connection);

/* Whether the client may still be sending after the last answer. status: of the last answer, which
 * may be libmicrohttpd's own; 0 = no answer. may_have_unread: there may have been unread bytes
 * before the answer. */
bool hello__connection_is_sent_to(const struct connection *connection, unsigned status,
                                  bool may_have_unread);

/* Free the target between two requests. */
void hello__connection_drop_target(struct connection *connection);

/* Free the shared data. No connection is left. */
void hello__service_finish(struct service *service);
