/* SPDX-License-Identifier: MIT */
/* The upper bound of a server's memory, from its options. Pure. */
#include "clients.h"
#include "connection.h"
#include "deferred.h"
#include "options.h"
#include "shard.h"

/* libmicrohttpd does not publish the sizes of its structs. In the bundled build, on 64 bits, they
 * are about half of these. In other builds, they have more members. */
enum {
    MHD_DAEMON = 1024,
    MHD_CONNECTION = 1024,
    MHD_RESPONSE = 256,
    MHD_FIELD = 128,
};

enum {
    /* Of each of the library's own answers: a struct, a name and a value for Content-Type, for
     * "nosniff", and for two of Allow, Connection and Location. */
    FIELD_BLOCKS = 4 * 3,
    /* While a shard answers a request: the decoded path, and three copies of a Location, which is
     * up to three times as long as the target. */
    HEADS_AT_WORK = 10,
    /* The stack that a shard's thread uses, without the responder's part. */
    STACK = 65536,
};

/* In Linux. Of a socket: itself, its inode, its file, and its entries in two epoll sets and the
 * file table. A buffer takes packets until it is full, so it can exceed its size by one packet,
 * usually at most 64 KiB. Of a shard: three epoll sets, a timer, an eventfd, and the thread's
 * kernel stack. */
enum {
    KERNEL_SOCKET = 8192,
    KERNEL_PACKET = 65536,
    KERNEL_SHARD = 65536,
};

/* The heap memory of a block: musl's size classes are up to a quarter apart. */
static uint64_t block(uint64_t size)
{
    return size + size / 4 + 32;
}

/* The response holds a greeting, or a Location that fits into the memory of a connection. */
static uint64_t response_size(const struct hello_options *options)
{
    return block(MHD_RESPONSE) + block((uint64_t)options->max_head_size + REPLY_SMALL_BODY) +
           FIELD_BLOCKS * block(MHD_FIELD);
}

/* libmicrohttpd keeps the whole head, and struct connection keeps the request-target. */
static uint64_t connection_size(const struct hello_options *options)
{
    return block(MHD_CONNECTION) + block(sizeof(struct connection)) +
           block(sizeof(struct hello_deferred)) + 2 * block(options->max_head_size) +
           response_size(options);
}

static uint64_t shard_size(const struct hello_options *options)
{
    return block(hello__shard_size()) + block(sizeof(struct outbox)) + block(MHD_DAEMON) +
           response_size(options) + HEADS_AT_WORK * block(options->max_head_size) +
           FREE_LIST_SIZE * block(TARGET_ROOM) + (options->threads > 0 ? STACK : 0);
}

static uint64_t sockets(const struct hello_options *options)
{
    return options->max_connections +
           (uint64_t)hello__options_shards(options) * hello__options_refused(options);
}

uint64_t hello__memory_of_program(const struct hello_options *options, size_t own)
{
    return block(own) +
           block(
               hello__clients_size(options->max_connections_per_client, options->max_connections)) +
           hello__options_shards(options) * shard_size(options) +
           sockets(options) * connection_size(options);
}

/* Linux doubles the requested size, for its own structs. */
static uint64_t buffer_size(uint32_t told)
{
    return 2 * (uint64_t)told + KERNEL_PACKET;
}

uint64_t hello__memory_of_kernel(const struct hello_options *options)
{
    if (options->send_buffer_size == HELLO_KERNEL_BUFFER ||
        options->receive_buffer_size == HELLO_KERNEL_BUFFER)
        return UINT64_MAX;
    uint64_t socket = KERNEL_SOCKET + buffer_size(options->send_buffer_size) +
                      buffer_size(options->receive_buffer_size);
    return hello__options_listeners(options) * KERNEL_SOCKET +
           hello__options_shards(options) * KERNEL_SHARD + sockets(options) * socket;
}
