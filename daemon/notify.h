/* SPDX-License-Identifier: MIT */
/* The interface to a supervisor such as systemd, by environment variables: inherited sockets, and
 * messages about the state. Without a supervisor, the functions do nothing. */
#ifndef HELLOD_NOTIFY_H
#define HELLOD_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

enum { NOTIFY_FIRST_SOCKET = 3 };

/* The number of inherited sockets in LISTEN_FDS. */
uint64_t notify_sockets(void);

/* Whether LISTEN_FDNAMES has the name "admin" for the socket at an index. */
bool notify_is_admin(int index);

/* Send "READY=1", "STOPPING=1" or "WATCHDOG=1" to the supervisor. */
void notify_send(const char *state);

/* The interval for "WATCHDOG=1" in milliseconds; 0 = never. */
uint32_t notify_watchdog_period(void);

#endif
