/* SPDX-License-Identifier: MIT */
/* The listeners of a server: one for each place in its options. */
#ifndef HELLO_LIB_LISTENERS_H
#define HELLO_LIB_LISTENERS_H

#include "listener.h"

#include <stddef.h>

struct listeners {
    struct listener *each; /* owned */
    unsigned count;
};

/* Listen at every place of complete options, in their order. 0; a negative errno, with a line in
 * the log, and some of them may be open then. */
int hello__listeners_open(struct listeners *listeners, const struct hello_options *options);

/* Whether these could be places to listen at. 0; a negative errno, with a line in the log. */
int hello__listeners_check(const struct hello_options *options);

/* As hello_server_port() and hello_server_address(), also after they are closed. */
int hello__listeners_port(const struct listeners *listeners);
int hello__listeners_format(const struct listeners *listeners, unsigned index, char *text,
                            size_t size);

/* Idempotent. */
void hello__listeners_close(struct listeners *listeners);

/* Close and free them. All zero is fine. */
void hello__listeners_finish(struct listeners *listeners);

#endif
