/* SPDX-License-Identifier: MIT */
/* The options of a server: checked, with their defaults filled in, and what follows from them. */
#pragma once

#include <hello/hello.h>

/* given: NULL, or a struct of an older or newer library. 0, or a negative errno with a line in the
 * log that names the member. */
int hello__options_complete(struct hello_options *options, const struct hello_options *given);

/* The number of places that complete options listen at, and each place. */
unsigned hello__options_listeners(const struct hello_options *options);
struct hello_listener hello__options_listener(const struct hello_options *options, unsigned index);

/* The number of shards of complete options. */
unsigned hello__options_shards(const struct hello_options *options);

/* The connection limit of a shard, counted from 0. The sum of all limits is max_connections. */
uint32_t hello__options_share(const struct hello_options *options, unsigned shard);

/* The most descriptors that complete options take, with all their connections. */
unsigned hello__options_files(const struct hello_options *options);

/* The most sockets of clients that a shard refuses with an answer, so that the sockets linger. */
unsigned hello__options_refused(const struct hello_options *options);

/* The most memory of a server with complete options, in bytes: in user space (own: the size of the
 * server's own struct), and in the kernel (UINT64_MAX = a buffer size is left to the kernel). */
uint64_t hello__memory_of_program(const struct hello_options *options, size_t own);
uint64_t hello__memory_of_kernel(const struct hello_options *options);

/* How many CPUs this process may use: the lesser of the affinity mask and the cgroup's CPU quota,
 * rounded up; at least 1. root: the directory of /proc and /sys; "" except in tests. */
unsigned hello__cpus(const char *root);
