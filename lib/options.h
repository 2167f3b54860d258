/* SPDX-License-Identifier: MIT */
/* The options of a server: checked, and with their defaults filled in. */
#ifndef HELLO_LIB_OPTIONS_H
#define HELLO_LIB_OPTIONS_H

#include <hello/hello.h>

/* given may be NULL, and of an older or newer library. 0 or a negative errno, with a line in the
 * log that names the member. */
int hello__options_complete(struct hello_options *options, const struct hello_options *given);

/* How many places complete options listen at, and each of them. */
unsigned hello__options_listeners(const struct hello_options *options);
struct hello_listener hello__options_listener(const struct hello_options *options, unsigned index);

/* How many shards complete options make. */
unsigned hello__options_shards(const struct hello_options *options);

/* How many connections one of them may have, counted from 0; the sum is max_connections. */
uint32_t hello__options_share(const struct hello_options *options, unsigned shard);

/* How many files are open, at most, with all the connections that complete options allow. */
unsigned hello__options_files(const struct hello_options *options);

/* Whether complete options have some clients refused, with an answer that takes a while. */
bool hello__options_refuse(const struct hello_options *options);

#endif
