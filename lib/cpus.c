/* SPDX-License-Identifier: MIT */
#include "cpus.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned affinity(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more than a cpu_set_t holds */
    return online > 0 ? (unsigned)online : 1;
}

/* The first line of a file, without its line feed. */
static bool read_line(const char *root, const char *path, const char *file, char *line, int size)
{
    char name[PATH_MAX];
    int length = snprintf(name, sizeof name, "%s%s%s", root, path, file);
    FILE *stream = length > 0 && length < (int)sizeof name ? fopen(name, "re") : NULL;
    if (!stream)
        return false;
    bool read = fgets(line, size, stream) != NULL;
    fclose(stream);
    if (read)
        line[strcspn(line, "\n")] = '\0';
    return read;
}

/* A quota of microseconds in every period, as CPUs; UINT_MAX without a limit. */
static unsigned quota_cpus(long quota, long period)
{
    if (quota <= 0 || period <= 0)
        return UINT_MAX;
    return (unsigned)((quota + period - 1) / period);
}

/* cgroup v2: cpu.max of the group and of every group above it. path is cut on the way up. */
static unsigned unified_quota(const char *root, char *path)
{
    unsigned least = UINT_MAX;
    for (;;) {
        char line[64];
        char directory[PATH_MAX];
        long quota, period;
        snprintf(directory, sizeof directory, "/sys/fs/cgroup%s", path);
        if (read_line(root, directory, "/cpu.max", line, sizeof line) &&
            sscanf(line, "%ld %ld", &quota, &period) == 2 && quota_cpus(quota, period) < least)
            least = quota_cpus(quota, period);
        char *slash = strrchr(path, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

/* cgroup v1, as a container sees it: its own group is the root of the mount. */
static unsigned legacy_quota(const char *root)
{
    char line[64];
    long quota, period;
    const char *directory = "/sys/fs/cgroup/cpu";
    if (!read_line(root, directory, "/cpu.cfs_quota_us", line, sizeof line) ||
        sscanf(line, "%ld", &quota) != 1 ||
        !read_line(root, directory, "/cpu.cfs_period_us", line, sizeof line) ||
        sscanf(line, "%ld", &period) != 1)
        return UINT_MAX;
    return quota_cpus(quota, period);
}

static unsigned quota(const char *root)
{
    static const char unified[] = "0::";
    char line[PATH_MAX - 64];
    unsigned least = legacy_quota(root);
    if (read_line(root, "/proc/self", "/cgroup", line, sizeof line) &&
        strncmp(line, unified, sizeof unified - 1) == 0) {
        unsigned v2 = unified_quota(root, line + sizeof unified - 1);
        least = v2 < least ? v2 : least;
    }
    return least;
}

unsigned hello__cpus(const char *root)
{
    unsigned cpus = affinity();
    unsigned allowed = quota(root);
    return allowed < cpus ? allowed : cpus;
}
