/* SPDX-License-Identifier: MIT */
#include "../../lib/options.h"
#include "suite.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char root[] = "/tmp/hello-cpus-XXXXXX";
static unsigned affinity;

static void setup(void)
{
    cpu_set_t set;
    ck_assert_int_eq(sched_getaffinity(0, sizeof set, &set), 0);
    affinity = (unsigned)CPU_COUNT(&set);
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static void teardown(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", root);
    ck_assert_int_eq(system(command), 0);
}

/* Write a file below the root, with the folders that lead to it. */
static void put(const char *path, const char *content)
{
    char name[256];
    snprintf(name, sizeof name, "%s%s", root, path);
    for (char *slash = strchr(name + sizeof root, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(name, 0700);
        *slash = '/';
    }
    FILE *file = fopen(name, "w");
    ck_assert_ptr_nonnull(file);
    fputs(content, file);
    fclose(file);
}

static unsigned least(unsigned a)
{
    return a < affinity ? a : affinity;
}

START_TEST(without_a_quota_the_affinity_counts)
{
    ck_assert_uint_eq(hello__cpus(root), affinity);
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/cpu.max", "max 100000\n");
    ck_assert_uint_eq(hello__cpus(root), affinity);
}
END_TEST

START_TEST(a_quota_is_rounded_up)
{
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/cpu.max", "20000 100000\n");
    ck_assert_uint_eq(hello__cpus(root), 1);
    put("/sys/fs/cgroup/cpu.max", "100001 100000\n");
    ck_assert_uint_eq(hello__cpus(root), least(2));
}
END_TEST

START_TEST(the_least_quota_on_the_way_up_counts)
{
    put("/proc/self/cgroup", "0::/a/b\n");
    put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/a/cpu.max", "100000 100000\n");
    put("/sys/fs/cgroup/cpu.max", "400000 100000\n");
    ck_assert_uint_eq(hello__cpus(root), 1);
}
END_TEST

START_TEST(knows_cgroup_v1)
{
    put("/proc/self/cgroup", "4:cpu,cpuacct:/\n");
    put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    ck_assert_uint_eq(hello__cpus(root), affinity);
    put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
    ck_assert_uint_eq(hello__cpus(root), 1);
}
END_TEST

START_TEST(follows_the_affinity_mask)
{
    cpu_set_t set, one;
    ck_assert_int_eq(sched_getaffinity(0, sizeof set, &set), 0);
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &set))
            CPU_SET(cpu, &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    ck_assert_uint_eq(hello__cpus(root), 1);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"quota", setup, teardown,
         TESTS(without_a_quota_the_affinity_counts, a_quota_is_rounded_up,
               the_least_quota_on_the_way_up_counts, knows_cgroup_v1),
         0},
        {"affinity", setup, teardown, TESTS(follows_the_affinity_mask), 0},
    };
    return RUN_SUITE("cpus", cases);
}
