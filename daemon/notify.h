/* SPDX-License-Identifier: MIT */
/* The interface to a supervisor such as systemd, by environment variables: inherited sockets, and
 * messages about the state. Without a supervisor, the functions do nothing. */
#ifndef HELLOD_NOTIFY_H
#define HELLOD_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inherited_socket {
    int fd;
    bool is_admin; /* LISTEN_FDNAMES calls it "admin" */
};

/* Get up to `most` sockets of LISTEN_FDS. Returns the number in LISTEN_FDS. */
uint64_t notify_sockets(struct inherited_socket *sockets, size_t most);

/* Send "READY=1", "STOPPING=1" or "WATCHDOG=1" to the supervisor. */
void notify_send(const char *state);

/* The interval for "WATCHDOG=1" in milliseconds; 0 = never. */
uint32_t notify_watchdog_period(void);

#endif
