/* SPDX-License-Identifier: MIT */
/* The part of target.c that is not in the public header. Pure. */
#ifndef HELLO_LIB_TARGET_H
#define HELLO_LIB_TARGET_H

#include <hello/hello.h>

/* Parse the request-target of CONNECT: the authority of a tunnel, which has no path and may be
 * empty, or what hello_target_parse() takes, if it starts with a slash. Like that otherwise. */
int hello__target_parse_connect(struct hello_target *target, const char *text, size_t length);

#endif
