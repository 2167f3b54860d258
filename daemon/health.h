/* SPDX-License-Identifier: MIT */
/* A private socket on which hellod answers hellod --healthcheck: an abstract unix socket, which
 * needs no writable file system. A main port that is full, or the access log, has no part in it. */
#ifndef HELLOD_HEALTH_H
#define HELLOD_HEALTH_H

/* What is sent to each client of the socket begins so. */
#define HEALTH_WELL "HTTP/1.1 200 "

/* Listen for health checks. The name of the socket comes from the main port, or, where port is 0,
 * from the text of its address. A non-blocking descriptor or a negative errno. */
int health_open(const char *listen, int port);

/* Answer one client that waits. */
void health_answer(int fd);

/* Connect to the socket of a hellod with that main port. It must be of our user, and in our PID
 * namespace: network namespaces may be shared. A descriptor or a negative errno. */
int health_connect(const char *listen, int port);

#endif
