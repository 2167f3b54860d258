/* SPDX-License-Identifier: MIT */
/* How many connections each client address has, over all shards of a server.
 *
 * It is locked, for shards share it: it is asked when a connection begins and when it ends, which
 * take system calls that cost a hundred times as much, and never while a request is answered. */
#ifndef HELLO_LIB_CLIENTS_H
#define HELLO_LIB_CLIENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

/* A table with open addressing and linear probing, at most half full. */
struct clients {
    pthread_mutex_t lock;         /* protects the entries; valid if entries is not NULL */
    struct client_entry *entries; /* owned; NULL = nobody is limited */
    uint32_t shift;               /* 64 less the binary logarithm of their number */
    uint32_t most;                /* connections of one client */
    uint64_t seed;                /* so that nobody can choose addresses that collide */
};

/* most: connections of one client; 0 = any number. 0 or a negative errno. */
int hello__clients_start(struct clients *clients, uint32_t most, uint32_t max_connections);

/* The bytes that the table of such clients takes. */
size_t hello__clients_size(uint32_t most, uint32_t max_connections);

/* All zero is fine, and so is a second time. */
void hello__clients_finish(struct clients *clients);

/* Who an address counts as: all of an IPv6 network of 64 bits, which is what one client has, are
 * one. 0 = not limited: peers on unix sockets. */
uint64_t hello__client_of(const struct sockaddr *peer);

/* Count a connection more of a client's. False when it has as many as it may. */
bool hello__clients_enter(struct clients *clients, uint64_t client);

/* Count one less. */
void hello__clients_leave(struct clients *clients, uint64_t client);

#endif
