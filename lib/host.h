/* SPDX-License-Identifier: MIT */
/* The host and port of a Host field and of an authority (RFC 3986, section 3.2). Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether a text is uri-host [ ":" port ]. Host and port may be empty. An IPv6 address may have a
 * zone (RFC 6874). IP addresses of later versions are refused, because none exist. */
bool hello__host_is_valid(const char *text, size_t length);
