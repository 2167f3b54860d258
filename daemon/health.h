/* SPDX-License-Identifier: MIT */
/* The private socket for `hellod --healthcheck`: an abstract unix socket, which needs no writable
 * file system. It works while the main port is full, and does not appear in the access log. */
#ifndef HELLOD_HEALTH_H
#define HELLOD_HEALTH_H

/* The beginning of the answer. */
#define HEALTH_WELL "HTTP/1.1 200 "

/* Listen for health checks. The main port names the socket; if port is 0, the text of the address
 * does. A non-blocking descriptor or a negative errno. */
int health_open(const char *listen, int port);

/* Accept and answer one client. */
void health_answer(int fd);

/* Connect to the socket of the hellod with that main port. Network namespaces may be shared, so
 * that hellod must have the same user and PID namespace. A descriptor or a negative errno. */
int health_connect(const char *listen, int port);

#endif
