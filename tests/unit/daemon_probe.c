/* SPDX-License-Identifier: MIT */
#include "../../daemon/probe.h"
#include "../../lib/address.h"
#include "addresses.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

START_TEST(connects_where_the_library_listens)
{
    struct probe_target target;
    struct address address = {.length = 0};
    char text[160];
    int result = probe_parse(&target, addresses[_i].text);
    ck_assert_msg((result == 0) == (addresses[_i].connects != NULL), "%s: %s", addresses[_i].text,
                  strerror(-result));
    if (result)
        return;
    ck_assert_uint_le(target.length, sizeof target.address);
    memcpy(&address.any, &target.address, target.length);
    address.length = target.length;
    hello__address_format(&address, text, sizeof text);
    ck_assert_str_eq(text, addresses[_i].connects);
}
END_TEST

static void write_file(const char *directory, const char *name, const char *bytes, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* More than the probe reads. */
static const char long_environment[1 << 16] = "HELLOD_LISTEN=:81";

static const struct {
    const char *arguments; /* of process 1, each with its NUL */
    size_t size;
    const char *variables; /* likewise */
    size_t variables_size;
    const char *listen; /* what is found there; NULL = it is no hellod that runs */
} processes[] = {
#define TEXTS(text) text, sizeof text
#define NONE "", 0
    {TEXTS("/hellod\0--listen\0:81"), NONE, ":81"},
    {TEXTS("/hellod\0--listen=:81"), NONE, ":81"},
    {TEXTS("/sbin/init\0--\0/hellod\0--listen\0:81"), NONE, ":81"},
    /* binfmt_misc, flag P */
    {TEXTS("/usr/bin/qemu\0/hellod\0/hellod\0--listen\0:81"), NONE, ":81"},
    {TEXTS("/bin/sh\0--listen\0:81"), NONE, NULL},
    {TEXTS("/hellod\0nonsense"), NONE, NULL},
    {TEXTS("/hellod"), TEXTS("A=b\0HELLOD_LISTEN=:81"), ":81"},
    {TEXTS("/hellod"), TEXTS("PORT=81"), ":81"},
    {TEXTS("/hellod"), TEXTS("A=b"), ":8080"},
    /* The environment cannot be read, or not to its end: the probe's own counts. */
    {TEXTS("/hellod"), NONE, ":82"},
    {TEXTS("/hellod"), TEXTS(long_environment), ":82"},
#undef NONE
#undef TEXTS
};

/* Where it is none, this process's own settings stay. Otherwise its own HELLOD_LISTEN=:82 does not
 * add to the variables of process 1. */
START_TEST(finds_the_hellod_of_a_container)
{
    static struct settings settings;
    static struct copy *copies; /* of its own, for the leak checker */
    char directory[] = "/tmp/hellod-probe-XXXXXX";
    char own[] = "hellod", option[] = "--listen=:80";
    char *argv[] = {own, option, NULL};
    ck_assert_ptr_nonnull(mkdtemp(directory));
    write_file(directory, "cmdline", processes[_i].arguments, processes[_i].size);
    write_file(directory, "environ", processes[_i].variables, processes[_i].variables_size);
    ck_assert_int_eq(setenv("HELLOD_LISTEN", ":82", true), 0);
    ck_assert_int_eq(options_read(&settings, argv), 0);
    copies = settings.copies;
    ck_assert_int_eq(probe_read_process(&settings, directory), processes[_i].listen != NULL);
    ck_assert_str_eq(settings.listeners[0].address,
                     processes[_i].listen ? processes[_i].listen : ":80");
    for (int i = 0; i < 2; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", directory, i ? "environ" : "cmdline");
        ck_assert_int_eq(unlink(path), 0);
    }
    ck_assert_int_eq(rmdir(directory), 0);
    ck_assert_ptr_nonnull(copies);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"address", NULL, NULL, TESTS(connects_where_the_library_listens), ADDRESSES},
        {"process", NULL, NULL, TESTS(finds_the_hellod_of_a_container),
         sizeof processes / sizeof processes[0]},
    };
    return RUN_SUITE("daemon_probe", cases);
}
