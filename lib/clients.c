/* SPDX-License-Identifier: MIT */
#include "clients.h"

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct client_entry {
    uint64_t client; /* 0 = free */
    uint32_t connections;
};

/* The binary logarithm of the number of entries. */
static uint32_t table_bits(uint32_t max_connections)
{
    uint32_t bits = 2;
    while ((uint64_t)1 << bits < 2 * (uint64_t)max_connections)
        bits++;
    return bits;
}

size_t hello__clients_size(uint32_t most, uint32_t max_connections)
{
    return most == 0 ? 0 : sizeof(struct client_entry) << table_bits(max_connections);
}

int hello__clients_start(struct clients *clients, uint32_t most, uint32_t max_connections)
{
    uint32_t bits = table_bits(max_connections);
    if (most == 0)
        return 0;
    clients->most = most;
    clients->shift = 64 - bits;
    if (getrandom(&clients->seed, sizeof clients->seed, GRND_NONBLOCK) < 0)
        clients->seed = (uint64_t)(uintptr_t)clients; /* early at boot, without entropy */
    clients->entries = calloc((size_t)1 << bits, sizeof *clients->entries);
    if (!clients->entries)
        return -ENOMEM;
    int error = pthread_mutex_init(&clients->lock, NULL);
    if (error) {
        free(clients->entries);
        clients->entries = NULL;
    }
    return -error;
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

static uint32_t home_of(const struct clients *clients, uint64_t client)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15); /* 2^64 divided by the golden ratio */
    uint64_t mixed = (client ^ clients->seed) * odd;
    mixed = (mixed ^ mixed >> 32) * odd;
    return (uint32_t)(mixed >> clients->shift);
}

static uint32_t next(const struct clients *clients, uint32_t place)
{
    return (place + 1) & (uint32_t)((UINT64_C(1) << (64 - clients->shift)) - 1);
}

/* The index of the client's entry, or of the free entry that the client would get. */
static uint32_t place_of(const struct clients *clients, uint64_t client)
{
    uint32_t place = home_of(clients, client);
    while (clients->entries[place].client != 0 && clients->entries[place].client != client)
        place = next(clients, place);
    return place;
}

/* Whether a search from home to place does not pass the gap. */
static bool may_stay(uint32_t gap, uint32_t home, uint32_t place)
{
    return gap <= place ? gap < home && home <= place : gap < home || home <= place;
}

/* Fill the gap with later entries whose search would otherwise end at the gap. */
static void free_place(struct clients *clients, uint32_t gap)
{
    struct client_entry *entries = clients->entries;
    for (uint32_t place = next(clients, gap); entries[place].client != 0;
         place = next(clients, place)) {
        if (may_stay(gap, home_of(clients, entries[place].client), place))
            continue;
        entries[gap] = entries[place];
        gap = place;
    }
    entries[gap] = (struct client_entry){0};
}

bool hello__clients_enter(struct clients *clients, uint64_t client)
{
    if (!clients->entries || client == 0)
        return true;
    pthread_mutex_lock(&clients->lock);
    struct client_entry *entry = &clients->entries[place_of(clients, client)];
    bool enters = entry->connections < clients->most;
    if (enters) {
        entry->client = client;
        entry->connections++;
    }
    pthread_mutex_unlock(&clients->lock);
    return enters;
}

void hello__clients_leave(struct clients *clients, uint64_t client)
{
    if (!clients->entries || client == 0)
        return;
    pthread_mutex_lock(&clients->lock);
    uint32_t place = place_of(clients, client);
    if (--clients->entries[place].connections == 0)
        free_place(clients, place);
    pthread_mutex_unlock(&clients->lock);
}
