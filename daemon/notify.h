/* SPDX-License-Identifier: MIT */
/* What passes between hellod and the supervisor that has started it, as systemd does, by way of
 * the environment: sockets to serve, word of how it is. Without such a supervisor, nothing. */
#ifndef HELLOD_NOTIFY_H
#define HELLOD_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inherited_socket {
    int fd;
    bool is_admin; /* LISTEN_FDNAMES calls it "admin" */
};

/* The sockets of LISTEN_FDS, up to so many. Returns how many there are. */
uint64_t notify_sockets(struct inherited_socket *sockets, size_t most);

/* Tell "READY=1", "STOPPING=1" or "WATCHDOG=1". */
void notify_send(const char *state);

/* How often "WATCHDOG=1" is to be told, in milliseconds; 0 = never. */
uint32_t notify_watchdog_period(void);

#endif
