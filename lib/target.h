/* SPDX-License-Identifier: MIT */
/* A request-target, and the host and the path in it. Pure: no sockets, no allocation, no state. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether a text is uri-host [ ":" port ], as in an authority and a Host field (RFC 3986, section
 * 3.2). Host and port may be empty. An IPv6 address may have a zone (RFC 6874). IP addresses of
 * later versions are refused, because none exist. least: the smallest byte that may be escaped. */
bool hello__host_is_valid(const char *text, size_t length, unsigned least);

/* A parsed request-target (RFC 9112, section 3.2). The pointers go into the parsed text. */
struct target {
    const char *path;    /* still percent-encoded; empty, or starts with '/' */
    size_t path_length;  /* in bytes */
    const char *query;   /* the bytes after the first '?'; NULL when there is no '?' */
    size_t query_length; /* in bytes */
    bool asterisk;       /* the target is "*"; path and query are empty */
    bool literal;        /* the path is cleaned and put into Location without decoding */
};

/* Parse the bytes between the two spaces of a request line, in origin-form, absolute-form or
 * asterisk-form. is_connect: the method is CONNECT, and the text starts with a slash or is an
 * authority, which has no path and may be empty. Every percent escape of the path is validated; the
 * query is not. 0; -EINVAL, with target untouched, when the text names no resource (answer 400). */
int hello__target_parse(struct target *target, const char *text, size_t length, bool is_connect);

/* Decode every %XX of a path once. path: with valid escapes only, as hello__target_parse() leaves
 * it. decoded: room for length bytes; may be path itself. Returns the number of bytes written. */
size_t hello__path_decode(char *decoded, const char *path, size_t length);

/* Clean a path in place: empty and "." elements are removed, and ".." removes the element before
 * it, unless that is the root. A trailing slash stays; an empty path becomes "/". path: empty, or
 * starts with '/'; room for at least one byte. Returns the new length, which differs from the old
 * length exactly if the path has changed. */
size_t hello__path_clean(char *path, size_t length);

/* Write the value of a Location field (RFC 9110, section 10.2.2) for the cleaned path of a target,
 * and a NUL. The value starts with exactly one '/', so that it stays on this host. location: room
 * for three bytes for each byte of path and query. path: still escaped if the target is literal,
 * decoded otherwise. Returns the length. */
size_t hello__location_format(char *location, const char *path, size_t path_length,
                              const struct target *target);
