/* SPDX-License-Identifier: MIT */
/* A reply as a responder builds it. Pure: response.c makes a response of it. */
#pragma once

#include <hello/hello.h>

struct connection;

/* One field. Name and value are NUL-terminated and in the same allocation as the struct. */
struct reply_field {
    struct reply_field *next; /* owned */
    const char *name;
    const char *value;
};

/* In bytes: a body up to this size needs no allocation. */
enum { REPLY_SMALL_BODY = 256 };

struct hello_reply {
    unsigned status;
    char *content_type;            /* owned; NULL = the default */
    const void *body;              /* small_body, or valid until release is called */
    size_t body_size;              /* in bytes */
    void (*release)(void *);       /* called once with release_data; NULL = nothing to release */
    void *release_data;            /* the caller's */
    struct reply_field *fields;    /* owned, in the order they were added */
    struct reply_field **last;     /* where the next field is linked */
    size_t field_room;             /* bytes that fields may still take */
    uint32_t delay_ms;             /* until it is sent; not 0 after hello_reply_defer() */
    struct connection *connection; /* for hello_reply_defer(); NULL = not possible */
    char small_body[REPLY_SMALL_BODY];
};

/* field_room: the bytes that the content type and the fields may take, as sent. */
void hello__reply_init(struct hello_reply *reply, size_t field_room);

/* Replace the body by size bytes, copied from a part of any body; NULL = the caller writes them.
 * Returns the new body; NULL when out of memory. */
char *hello__reply_make_body(struct hello_reply *reply, const void *from, size_t size);

/* Move a reply to the heap. The caller frees only the result, with hello__reply_free(). size: of a
 * struct that begins with the reply. NULL when out of memory; the reply is unchanged then. */
void *hello__reply_keep(const struct hello_reply *reply, size_t size);

/* Free a reply of hello__reply_keep(). NULL is fine. */
void hello__reply_free(struct hello_reply *reply);

/* Free the memory that the reply owns. */
void hello__reply_finish(struct hello_reply *reply);
