/* SPDX-License-Identifier: MIT */
/* An HTTP client that sends bytes as they are given and reads one answer at a time. Whatever is
 * not as it should be fails the test, with what was sent and what came back. */
#ifndef TESTS_CLIENT_H
#define TESTS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct hello_server;

struct client {
    int fd;
    char sent[1024]; /* the beginning of what was sent since the last answer, for messages */
    size_t sent_length;
    char *received; /* what was read and not yet taken as an answer; owned */
    size_t received_length, received_room;
    bool ended; /* the server has closed the connection */
};

struct answer {
    int status;
    char head[2048]; /* NUL-terminated, with the empty line */
    char body[8192]; /* NUL-terminated; may hold NUL */
    size_t body_length;
};

/* A server without threads, which is dispatched while clients wait; NULL = none. */
void client_drives(struct hello_server *server);

void client_open(struct client *client, int port);
/* From another address of this host: 127.0.0.number. */
void client_open_from(struct client *client, int port, unsigned char number);
/* path: "@name" for an abstract socket. */
void client_open_unix(struct client *client, const char *path);
void client_close(struct client *client);

/* Nobody listens there any more, so that a client is refused and not left waiting. */
void client_expect_refused(int port);

void client_send(struct client *client, const char *bytes, size_t length);
void client_send_text(struct client *client, const char *text);

/* Say that no more is to come, and stay to read. */
void client_finish_sending(struct client *client);

/* The next answer; without_body for one to HEAD. */
void client_read(struct client *client, struct answer *answer, bool without_body);

/* Send a request and read its answer. */
void client_ask(struct client *client, const char *request, struct answer *answer);

/* GET /abc, answered 200 with the greeting. */
void client_expect_greeting(struct client *client);

/* Nothing more comes, and the server closes the connection. */
void client_expect_end(struct client *client);

/* The value of a field of an answer, or NULL; valid until the next call. */
const char *answer_field(const struct answer *answer, const char *name);

/* Dispatch once, or wait for a millisecond if the server has threads. */
void client_let_server_work(void);

/* Wait until so many connections are open. */
void client_expect_connections(struct hello_server *server, unsigned count);

#endif
