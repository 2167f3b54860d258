/* SPDX-License-Identifier: MIT */
/* The options of a server: checked, and with their defaults filled in. */
#ifndef HELLO_LIB_OPTIONS_H
#define HELLO_LIB_OPTIONS_H

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

/* Whether complete options refuse some clients with an answer, so that their sockets linger. */
bool hello__options_refuse(const struct hello_options *options);

#endif
