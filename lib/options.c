/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "linger.h"
#include "log.h"

#include <errno.h>
#include <string.h>
#include <sys/param.h>
#include <sys/resource.h>

enum {
    MAX_THREADS = 1024,
    MAX_DEFAULT_CONNECTIONS = 10000,
    /* Descriptors of the rest of the program, and of each shard. */
    RESERVED_FILES = 32,
    FILES_PER_SHARD = 5,
};

#define KNOWN_FLAGS                                                                                \
    (HELLO_KEEP_PATH | HELLO_REFUSE_WHEN_FULL | HELLO_EVICT_WHEN_FULL | HELLO_NO_FORK)

/* The first version of the struct ended here. */
#define FIRST_SIZE (offsetof(struct hello_options, log_data) + sizeof(void *))

static int refuse(const struct hello_options *options, const char *member, const char *reason)
{
    hello__log(options, HELLO_LOG_ERROR, "%s: %s", member, reason);
    return -EINVAL;
}

/* Members that only a newer library has must be zero. */
static int copy(struct hello_options *options, const struct hello_options *given)
{
    *options = (struct hello_options)HELLO_OPTIONS_INIT;
    if (!given)
        return 0;
    /* If the size is 0, an initializer has left it out, and log is set or NULL. With any other size
     * that is too small, no member can be trusted. */
    if (given->size == 0)
        return refuse(given, "size", "0; set it with HELLO_OPTIONS_INIT");
    if (given->size < FIRST_SIZE)
        return -EINVAL;
    const unsigned char *bytes = (const unsigned char *)given;
    for (size_t i = sizeof *options; i < given->size; i++) {
        if (bytes[i]) {
            refuse(given, "size", "a member that this version of libhello does not have is set");
            return -E2BIG;
        }
    }
    memcpy(options, given, given->size < sizeof *options ? given->size : sizeof *options);
    options->size = sizeof *options;
    return 0;
}

static void set_default(uint32_t *member, uint32_t value)
{
    if (*member == 0)
        *member = value;
}

static void fill_in(struct hello_options *options)
{
    if (!options->listen && options->listen_fd == 0 && options->listener_count == 0)
        options->listen = "127.0.0.1:0";
    if (options->threads == HELLO_THREADS_AUTO) {
        uint32_t most = options->max_connections ? options->max_connections : MAX_THREADS;
        uint32_t cpus = hello__cpus("");
        options->threads = (int)MIN(cpus, MIN(most, MAX_THREADS));
    }
    set_default(&options->max_head_size, 32768);
    set_default(&options->header_timeout_ms, 10000);
    set_default(&options->body_timeout_ms, 60000);
    set_default(&options->reply_timeout_ms, 60000);
    set_default(&options->idle_timeout_ms, 620000); /* see hello.h */
    set_default(&options->min_reply_rate, 500);
    set_default(&options->send_buffer_size, 65536);
    set_default(&options->receive_buffer_size, 65536);
    set_default(&options->deferred_timeout_ms, 60000);
    if (options->max_body_size == 0)
        options->max_body_size = 262144;
    if (!options->responder)
        options->responder = hello_respond_greeting;
}

static int check_listeners(const struct hello_options *options)
{
    if (options->listen_mode > 0777)
        return refuse(options, "listen_mode", "not 0 to 0777");
    if (options->listen_fd < 0)
        return refuse(options, "listen_fd", "negative");
    if (options->listener_count > HELLO_MAX_LISTENERS ||
        hello__options_listeners(options) > HELLO_MAX_LISTENERS)
        return refuse(options, "listeners", "more than 16");
    for (uint32_t i = 0; i < options->listener_count; i++)
        if (options->listeners[i].address ? options->listeners[i].fd != 0
                                          : options->listeners[i].fd <= 0)
            return refuse(options, "listeners", "each needs either an address or a descriptor");
    return 0;
}

static int check(const struct hello_options *options)
{
    if (options->flags & ~KNOWN_FLAGS)
        return refuse(options, "flags", "unknown bits are set");
    if (options->threads < 0 || options->threads > MAX_THREADS)
        return refuse(options, "threads", "not -1 to 1024");
    if (options->max_head_size < 1024 || options->max_head_size > 16777216)
        return refuse(options, "max_head_size", "not 1024 to 16777216 bytes");
    return check_listeners(options);
}

/* Each connection takes a descriptor. Without a free descriptor, no client can be accepted. */
static int limit_connections(struct hello_options *options)
{
    struct rlimit files;
    unsigned shards = hello__options_shards(options);
    unsigned reserve = hello__options_files(options) - options->max_connections;
    if (prlimit(0, RLIMIT_NOFILE, NULL, &files))
        return -errno;
    rlim_t most = files.rlim_cur > reserve ? files.rlim_cur - reserve : 0;
    if (options->max_connections > most || most == 0) {
        hello__log(options, HELLO_LOG_ERROR,
                   "max_connections: '%u': the limit of %llu open files allows %llu",
                   options->max_connections, (unsigned long long)files.rlim_cur,
                   (unsigned long long)most);
        return -EMFILE;
    }
    if (options->max_connections == 0)
        options->max_connections = (uint32_t)MIN(most, MAX_DEFAULT_CONNECTIONS);
    if (options->max_connections >= shards)
        return 0;
    hello__log(options, HELLO_LOG_ERROR,
               "max_connections: '%u' is less than %u, the number of threads",
               options->max_connections, shards);
    return -EINVAL;
}

unsigned hello__options_listeners(const struct hello_options *options)
{
    return (options->listen != NULL) + (options->listen_fd > 0) + options->listener_count;
}

struct hello_listener hello__options_listener(const struct hello_options *options, unsigned index)
{
    if (options->listen && index-- == 0)
        return (struct hello_listener){.address = options->listen};
    if (options->listen_fd > 0 && index-- == 0)
        return (struct hello_listener){.fd = options->listen_fd};
    return options->listeners[index];
}

unsigned hello__options_shards(const struct hello_options *options)
{
    return options->threads > 0 ? (unsigned)options->threads : 1;
}

uint32_t hello__options_share(const struct hello_options *options, unsigned shard)
{
    unsigned shards = hello__options_shards(options);
    return options->max_connections / shards + (shard < options->max_connections % shards);
}

unsigned hello__options_files(const struct hello_options *options)
{
    return RESERVED_FILES + hello__options_listeners(options) + options->max_connections +
           hello__options_shards(options) * (FILES_PER_SHARD + hello__options_refused(options));
}

unsigned hello__options_refused(const struct hello_options *options)
{
    bool refuses =
        options->max_connections_per_client > 0 || (options->flags & HELLO_REFUSE_WHEN_FULL);
    return refuses ? LINGER_MOST_REFUSED : 0;
}

int hello__options_complete(struct hello_options *options, const struct hello_options *given)
{
    int error = copy(options, given);
    if (error)
        return error;
    fill_in(options);
    error = check(options);
    return error ? error : limit_connections(options);
}

int hello_options_resolve(struct hello_options *options)
{
    struct hello_options complete;
    int error = hello__options_complete(&complete, options);
    if (error)
        return error;
    complete.size = options->size; /* an older program's struct is shorter */
    memcpy(options, &complete, complete.size < sizeof complete ? complete.size : sizeof complete);
    return 0;
}
