/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

static unsigned affinity(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    return errno == EINVAL ? CPU_SETSIZE : 1; /* EINVAL: the kernel has more CPUs than the set */
}

/* The first line of a file, without its line feed. */
static bool read_line(const char *root, const char *path, char *line, size_t size)
{
    char name[PATH_MAX];
    int length = snprintf(name, sizeof name, "%s%s", root, path);
    int fd = length > 0 && length < (int)sizeof name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    ssize_t count = read(fd, line, size - 1);
    close(fd);
    if (count <= 0)
        return false;
    line[count] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return true;
}

/* Read a number, and move *text past it and one space. 0 = no number: "max" and "-1" mean no limit.
 * (sscanf() would take a tenth of a static hellod.) */
static long read_number(const char **text)
{
    long number = 0;
    for (; isdigit((unsigned char)**text) && number < LONG_MAX / 10 - 1; (*text)++)
        number = number * 10 + (**text - '0');
    *text += **text == ' ';
    return number;
}

/* The CPUs of a quota per period, both in microseconds; UINT_MAX = no limit. */
static unsigned quota_cpus(long quota, long period)
{
    if (quota <= 0 || period <= 0)
        return UINT_MAX;
    return (unsigned)((quota + period - 1) / period);
}

/* cgroup v2: the least quota in the cpu.max of the group and its ancestors. Shortens path. */
static unsigned unified_quota(const char *root, char *path)
{
    unsigned least = UINT_MAX;
    for (;;) {
        char line[64];
        char file[PATH_MAX];
        snprintf(file, sizeof file, "/sys/fs/cgroup%s/cpu.max", path);
        if (read_line(root, file, line, sizeof line)) {
            const char *text = line;
            long quota = read_number(&text);
            unsigned cpus = quota_cpus(quota, read_number(&text));
            least = MIN(least, cpus);
        }
        char *slash = strrchr(path, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

/* 0 = no file, or no number in it. */
static long read_number_file(const char *root, const char *path)
{
    char line[64];
    const char *text = line;
    return read_line(root, path, line, sizeof line) ? read_number(&text) : 0;
}

/* cgroup v1 in a container, whose own group is the root of the mount. */
static unsigned legacy_quota(const char *root)
{
    return quota_cpus(read_number_file(root, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
                      read_number_file(root, "/sys/fs/cgroup/cpu/cpu.cfs_period_us"));
}

static unsigned quota(const char *root)
{
    static const char unified[] = "0::";
    char line[PATH_MAX - 64];
    if (read_line(root, "/proc/self/cgroup", line, sizeof line) &&
        strncmp(line, unified, sizeof unified - 1) == 0)
        return unified_quota(root, line + sizeof unified - 1);
    return legacy_quota(root);
}

unsigned hello__cpus(const char *root)
{
    const unsigned allowed = affinity();
    const unsigned paid = quota(root);
    return MIN(allowed, paid);
}
