/* SPDX-License-Identifier: MIT */
#include "clients.h"

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct client_entry {
    uint64_t client;
    uint32_t connections;
    uint32_t next;  /* in the list of this entry's client, or after `freed` */
    uint32_t first; /* of the list of this index */
};

/* Each open connection may have another client. Index 0 is not used. */
size_t hello__clients_size(uint32_t most, uint32_t max_connections)
{
    return most == 0 ? 0 : ((size_t)max_connections + 1) * sizeof(struct client_entry);
}

int hello__clients_start(struct clients *clients, uint32_t most, uint32_t max_connections)
{
    if (most == 0)
        return 0;
    clients->most = most;
    clients->count = max_connections + 1;
    if (getrandom(&clients->seed, sizeof clients->seed, GRND_NONBLOCK) < 0)
        clients->seed = (uint64_t)(uintptr_t)clients; /* early at boot, without entropy */
    clients->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    clients->entries = calloc(clients->count, sizeof *clients->entries);
    return clients->entries ? 0 : -ENOMEM;
}

void hello__clients_finish(struct clients *clients)
{
    if (!clients->entries)
        return;
    pthread_mutex_destroy(&clients->lock);
    free(clients->entries);
    clients->entries = NULL;
}

/* No IPv6 network has this prefix. */
static uint64_t client_of_v4(in_addr_t address)
{
    return UINT64_C(0xffff) << 32 | ntohl(address);
}

uint64_t hello__client_of(const struct sockaddr *peer)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    uint64_t network;
    if (peer->sa_family == AF_INET) {
        memcpy(&v4, peer, sizeof v4);
        return client_of_v4(v4.sin_addr.s_addr);
    }
    if (peer->sa_family != AF_INET6)
        return 0;
    memcpy(&v6, peer, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
        return client_of_v4(v6.sin6_addr.s6_addr32[3]);
    memcpy(&network, &v6.sin6_addr, sizeof network);
    /* the network of ::1 is 0, which would mean no limit */
    return be64toh(network) | IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

/* The link to the client's entry, or the link at the end of the list where it would be. */
static uint32_t *find(const struct clients *clients, uint64_t client)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15); /* 2^64 divided by the golden ratio */
    uint64_t mixed = (client ^ clients->seed) * odd;
    mixed = (mixed ^ mixed >> 32) * odd;
    uint32_t *link = &clients->entries[(uint32_t)(mixed >> 32) % clients->count].first;
    while (*link && clients->entries[*link].client != client)
        link = &clients->entries[*link].next;
    return link;
}

/* The index of a new entry for a client, without connections. */
static uint32_t make_entry(struct clients *clients, uint64_t client)
{
    uint32_t made = clients->freed;
    if (made)
        clients->freed = clients->entries[made].next;
    else
        made = ++clients->used;
    clients->entries[made].client = client;
    clients->entries[made].next = 0;
    return made;
}

bool hello__clients_enter(struct clients *clients, uint64_t client)
{
    if (!clients->entries || client == 0)
        return true;
    pthread_mutex_lock(&clients->lock);
    uint32_t *link = find(clients, client);
    if (!*link)
        *link = make_entry(clients, client);
    struct client_entry *entry = &clients->entries[*link];
    bool enters = entry->connections < clients->most;
    entry->connections += enters;
    pthread_mutex_unlock(&clients->lock);
    return enters;
}

void hello__clients_leave(struct clients *clients, uint64_t client)
{
    if (!clients->entries || client == 0)
        return;
    pthread_mutex_lock(&clients->lock);
    uint32_t *link = find(clients, client);
    struct client_entry *entry = &clients->entries[*link];
    if (--entry->connections == 0) {
        const uint32_t freed = *link;
        *link = entry->next;
        entry->next = clients->freed;
        clients->freed = freed;
    }
    pthread_mutex_unlock(&clients->lock);
}
