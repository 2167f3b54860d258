/* SPDX-License-Identifier: MIT */
/* The number of connections of each client address, over all shards of a server.
 *
 * A shard locks the mutex when a connection begins or ends, never during a request. System calls at
 * these times cost a hundred times as much. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

/* A hash table with lists of entries. An entry is given by its index; 0 = none. */
struct clients {
    pthread_mutex_t lock;         /* protects the entries; valid if entries is not NULL */
    struct client_entry *entries; /* owned; NULL = no client is limited */
    uint32_t count;               /* of entries, and of lists */
    uint32_t used;                /* entries that have been in a list, counted from 1 */
    uint32_t freed;               /* the first of these that is in no list any more */
    uint32_t most;                /* connections of one client */
    uint64_t seed;                /* random, so that no client can choose addresses that collide */
};

/* most: connections of one client; 0 = any number. 0 or a negative errno. */
int hello__clients_start(struct clients *clients, uint32_t most, uint32_t max_connections);

/* The size of such a table in bytes. */
size_t hello__clients_size(uint32_t most, uint32_t max_connections);

/* Idempotent. A zeroed struct is fine. */
void hello__clients_finish(struct clients *clients);

/* The key of an address. A /64 IPv6 network is one client. 0 = no limit, for unix sockets. */
uint64_t hello__client_of(const struct sockaddr *peer);

/* Count a new connection of a client. False = the client has reached its limit. */
bool hello__clients_enter(struct clients *clients, uint64_t client);

void hello__clients_leave(struct clients *clients, uint64_t client);
