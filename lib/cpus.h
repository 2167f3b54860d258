/* SPDX-License-Identifier: MIT */
/* How many CPUs this process may use. */
#ifndef HELLO_LIB_CPUS_H
#define HELLO_LIB_CPUS_H

/* The lesser of the affinity mask and the cgroup's CPU quota, rounded up; at least 1. root: the
 * directory of /proc and /sys; "" except in tests. */
unsigned hello__cpus(const char *root);

#endif
