/* SPDX-License-Identifier: MIT */
/* A client that takes whatever comes, for servers that cannot be expected to answer. It drives a
 * server without threads while it waits, and nothing of it is on the heap. */
#ifndef TESTS_PLAIN_H
#define TESTS_PLAIN_H

#include <hello/hello.h>

/* Send a request and read until the server closes the connection, so it should ask for that.
 * Returns the status of the answer; 0 when there was none. */
int plain_ask(struct hello_server *server, const char *request);

/* Send several requests, of which the last has the server close the connection. Returns how many
 * were answered with 200. */
int plain_ask_all(struct hello_server *server, const char *requests);

enum { PLAIN_MOST = 32 };

/* The same for so many clients, PLAIN_MOST at most, that have each sent one request before the
 * server runs, so that it takes them through each step together. None gets what is another's. */
int plain_ask_together(struct hello_server *server, int count);

/* Dispatch until no connection is open and nothing is left to be done. */
void plain_settle(struct hello_server *server);

#endif
