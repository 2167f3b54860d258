/* SPDX-License-Identifier: MIT */
#include "../../daemon/access_line.h"
#include "../../daemon/flags.h"
#include "../../daemon/notify.h"
#include "../../daemon/number.h"
#include "../../daemon/options.h"
#include "../../lib/options.h"
#include "suite.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct settings settings;

static void setup(void)
{
    clearenv();
}

static int read_arguments(const char *first, const char *second)
{
    const char *argv[] = {"hellod", first, second, NULL};
    return options_read(&settings, (char *const *)argv);
}

START_TEST(has_defaults)
{
    ck_assert_int_eq(read_arguments(NULL, NULL), 0);
    ck_assert_str_eq(settings.listeners[0].address, ":8080");
    ck_assert_int_eq(settings.server.threads, HELLO_THREADS_AUTO);
    ck_assert_uint_eq(settings.server.size, sizeof settings.server);
    ck_assert_uint_eq(settings.shutdown_timeout_ms, 8000);
    ck_assert(!settings.help && !settings.version);
}
END_TEST

START_TEST(reads_every_option)
{
    const char *argv[] = {"hellod",
                          "--listen",
                          "[::1]:1",
                          "--listen-mode=0660",
                          "--threads=3",
                          "--max-connections",
                          "4",
                          "--when-full=refuse",
                          "--max-connections-per-client=14",
                          "--max-requests=15",
                          "--max-head-size=5000",
                          "--max-body-size=70000",
                          "--header-timeout",
                          "500ms",
                          "--body-timeout=9s",
                          "--reply-timeout=10s",
                          "--min-reply-rate=11",
                          "--send-buffer-size=12",
                          "--receive-buffer-size=13",
                          "--idle-timeout",
                          "7s",
                          "--admin=:9000",
                          "--access-log",
                          "combined",
                          "--shutdown-delay=5s",
                          "--shutdown-timeout=8",
                          "--version",
                          "--help",
                          NULL};
    ck_assert_int_eq(options_read(&settings, (char *const *)argv), 0);
    ck_assert_str_eq(settings.listeners[0].address, "[::1]:1");
    ck_assert_uint_eq(settings.server.listen_mode, 0660);
    ck_assert_int_eq(settings.server.threads, 3);
    ck_assert_uint_eq(settings.server.max_connections, 4);
    ck_assert_uint_eq(settings.server.flags, HELLO_REFUSE_WHEN_FULL);
    ck_assert_uint_eq(settings.server.max_connections_per_client, 14);
    ck_assert_uint_eq(settings.server.max_requests, 15);
    ck_assert_uint_eq(settings.server.max_head_size, 5000);
    ck_assert_uint_eq(settings.server.header_timeout_ms, 500);
    ck_assert_uint_eq(settings.server.idle_timeout_ms, 7000);
    ck_assert_uint_eq(settings.server.max_body_size, 70000);
    ck_assert_uint_eq(settings.server.body_timeout_ms, 9000);
    ck_assert_uint_eq(settings.server.reply_timeout_ms, 10000);
    ck_assert_uint_eq(settings.server.min_reply_rate, 11);
    ck_assert_uint_eq(settings.server.send_buffer_size, 12);
    ck_assert_uint_eq(settings.server.receive_buffer_size, 13);
    ck_assert_uint_eq(settings.shutdown_timeout_ms, 8000);
    ck_assert_str_eq(settings.admin, ":9000");
    ck_assert_int_eq(settings.access_format, ACCESS_COMBINED);
    ck_assert_uint_eq(settings.shutdown_delay_ms, 5000);
    ck_assert(settings.help && settings.version);
}
END_TEST

/* The number in "(default 620s)", in milliseconds if it is a time. 0 when there is none. */
static uint64_t default_in(const char *help)
{
    static const char words[] = "(default ";
    const char *at = strrchr(help, '(');
    if (!at || strncmp(at, words, sizeof words - 1) != 0)
        return 0;
    uint64_t number = number_read(at + sizeof words - 1, &at);
    return *at == 's' ? 1000 * number : number;
}

/* --help and the manual page, which are held against each other elsewhere. */
START_TEST(the_defaults_are_those_of_the_library)
{
    int compared = 0;
    ck_assert_int_eq(read_arguments(NULL, NULL), 0);
    const struct hello_options given = settings.server;
    ck_assert_int_eq(hello__options_complete(&settings.server, &given), 0);
    for (size_t i = 0; i < flag_count; i++) {
        const void *member = (const char *)&settings + flags[i].offset;
        uint64_t expected = default_in(flags[i].help);
        if (flags[i].offset >= sizeof settings.server || expected == 0)
            continue;
        uint64_t value =
            flags[i].kind == SIZE ? *(const uint64_t *)member : *(const uint32_t *)member;
        ck_assert_msg(value == expected, "--%s: %llu", flags[i].name, (unsigned long long)value);
        compared++;
    }
    ck_assert_int_ge(compared, 8);
}
END_TEST

static const struct {
    const char *text, *name, *value;
} good_fields[] = {
    {"X-A: 1", "X-A", "1"}, {"X-A:1", "X-A", "1"},  {"x-a: \t b: c \t", "x-a", "b: c"},
    {"X-A:", "X-A", ""},    {"X-A:   ", "X-A", ""},
};

START_TEST(reads_fields)
{
    ck_assert_int_eq(read_arguments("--header", good_fields[_i].text), 0);
    ck_assert_uint_eq(settings.answer.field_count, 1);
    ck_assert_str_eq(settings.answer.fields[0].name, good_fields[_i].name);
    ck_assert_str_eq(settings.answer.fields[0].value, good_fields[_i].value);
    answer_drop_fields(&settings.answer);
}
END_TEST

START_TEST(reads_what_to_answer)
{
    ck_assert_int_eq(read_arguments(NULL, NULL), 0);
    ck_assert(!answer_is_set(&settings.answer));
    ck_assert_int_eq(read_arguments("--status=503", "--delay=1500ms"), 0);
    ck_assert(answer_is_set(&settings.answer));
    ck_assert_uint_eq(settings.answer.status, 503);
    ck_assert_uint_eq(settings.answer.delay_ms, 1500);
    ck_assert_int_eq(read_arguments("--greeting", "{{{path}{method}{host}{query}}"), 0);
    ck_assert_str_eq(settings.answer.greeting, "{{{path}{method}{host}{query}}");
    ck_assert(answer_is_set(&settings.answer));
}
END_TEST

START_TEST(zero_switches_a_limit_off)
{
    ck_assert_int_eq(read_arguments("--idle-timeout", "0"), 0);
    ck_assert_uint_eq(settings.server.idle_timeout_ms, HELLO_NO_TIMEOUT);
    ck_assert_int_eq(read_arguments("--shutdown-delay", "0"), 0);
    ck_assert_uint_eq(settings.shutdown_delay_ms, 0);
}
END_TEST

START_TEST(arguments_win_over_variables_over_port)
{
    setenv("PORT", "", 1); /* as if it were not set */
    ck_assert_int_eq(read_arguments(NULL, NULL), 0);
    ck_assert_str_eq(settings.listeners[0].address, ":8080");
    setenv("PORT", "1234", 1);
    ck_assert_int_eq(read_arguments(NULL, NULL), 0);
    ck_assert_str_eq(settings.listeners[0].address, ":1234");
    setenv("HELLOD_LISTEN", ":2", 1);
    setenv("HELLOD_MAX_CONNECTIONS", "77", 1);
    ck_assert_int_eq(read_arguments(NULL, NULL), 0);
    ck_assert_str_eq(settings.listeners[0].address, ":2");
    ck_assert_uint_eq(settings.server.max_connections, 77);
    ck_assert_int_eq(read_arguments("--listen", ":3"), 0);
    ck_assert_str_eq(settings.listeners[0].address, ":3");
}
END_TEST

/* Several addresses: arguments are one each, a variable has commas. */
static const struct {
    const char *variable, *first, *second;
    const char *addresses; /* with a space behind each */
} lists[] = {
    {NULL, "--listen=:1", "--listen=unix:/a,b", ":1 unix:/a,b "},
    {":1", NULL, NULL, ":1 "},
    {":1,[::1]:2,unix:@c", NULL, NULL, ":1 [::1]:2 unix:@c "},
    {":1,:2", "--listen=:3", NULL, ":3 "},
    {":1,:2", "--listen=:3", "--listen=:4", ":3 :4 "},
    {"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", NULL, NULL,
     "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 "},
};

START_TEST(reads_several_addresses)
{
    char found[128] = "";
    setenv("PORT", "9", 1);
    if (lists[_i].variable)
        setenv("HELLOD_LISTEN", lists[_i].variable, 1);
    ck_assert_int_eq(read_arguments(lists[_i].first, lists[_i].second), 0);
    ck_assert_ptr_eq(settings.server.listeners, settings.listeners);
    for (uint32_t i = 0; i < settings.server.listener_count; i++) {
        strcat(found, settings.listeners[i].address);
        strcat(found, " ");
    }
    ck_assert_str_eq(found, lists[_i].addresses);
}
END_TEST

START_TEST(an_empty_variable_is_not_set)
{
    for (size_t i = 0; i < flag_count; i++) {
        char name[64] = "HELLOD_";
        for (size_t j = 0; flags[i].name[j]; j++)
            name[7 + j] = flags[i].name[j] == '-' ? '_' : (char)toupper(flags[i].name[j]);
        setenv(name, "", 1);
    }
    setenv("PORT", "1234", 1);
    ck_assert_int_eq(read_arguments(NULL, NULL), 0);
    ck_assert_str_eq(settings.listeners[0].address, ":1234");
    ck_assert(!settings.admin && !answer_is_set(&settings.answer));
}
END_TEST

START_TEST(leaves_other_variables_alone)
{
    setenv("HELLOD_PORT", "tcp://10.0.0.1:80", 1);
    setenv("HELLOD_HELP", "1", 1);
    ck_assert_int_eq(read_arguments(NULL, NULL), 0);
    ck_assert_str_eq(settings.listeners[0].address, ":8080");
    ck_assert(!settings.help);
}
END_TEST

/* Where a setting is from, in the words of the user. */
static const struct {
    const char *port, *variable, *argument; /* NULL = not given */
    const char *source;
} sources[] = {
    {NULL, NULL, NULL, "default of --listen"}, {"1", NULL, NULL, "PORT"},
    {"1", ":2", NULL, "HELLOD_LISTEN"},        {NULL, ":2", NULL, "HELLOD_LISTEN"},
    {"1", ":2", "--listen=:3", "--listen"},    {NULL, NULL, "--listen=:3", "--listen"},
};

START_TEST(names_the_source_of_an_address)
{
    char source[64];
    if (sources[_i].port)
        setenv("PORT", sources[_i].port, 1);
    if (sources[_i].variable)
        setenv("HELLOD_LISTEN", sources[_i].variable, 1);
    ck_assert_int_eq(read_arguments(sources[_i].argument, NULL), 0);
    options_source(&settings, flag_find("listen", 6), source, sizeof source);
    ck_assert_str_eq(source, sources[_i].source);
    options_source(&settings, flag_find("admin", 5), source, sizeof source);
    ck_assert_str_eq(source, "default of --admin");
}
END_TEST

static const struct {
    const char *first, *second, *error;
} bad_arguments[] = {
    {"--listen-mode", "0", "--listen-mode: '0' is not an octal number from 1 to 777"},
    {"--listen-mode", "1000", "--listen-mode: '1000' is not an octal number from 1 to 777"},
    {"--listen-mode", "0688", "--listen-mode: '0688' is not an octal number from 1 to 777"},
    {"--listen-mode", "rw", "--listen-mode: 'rw' is not an octal number from 1 to 777"},
    {"--listen-mode", "", "--listen-mode: '' is not an octal number from 1 to 777"},
    {"--listen-mode", "77777777777777777777",
     "--listen-mode: '77777777777777777777' is not an octal number from 1 to 777"},
    {"--threads", "0", "--threads: '0' is not a number from 1 to 1024"},
    {"--threads", "1025", "--threads: '1025' is not a number from 1 to 1024"},
    {"--threads", "many", "--threads: 'many' is not a number from 1 to 1024"},
    {"--threads", "", "--threads: '' is not a number from 1 to 1024"},
    {"--threads=-1", NULL, "--threads: '-1' is not a number from 1 to 1024"},
    {"--max-connections", "4x", "--max-connections: '4x' is not a number from 1 to 4294967295"},
    {"--max-connections", "4294967296",
     "--max-connections: '4294967296' is not a number from 1 to 4294967295"},
    {"--max-connections", "99999999999999999999999",
     "--max-connections: '99999999999999999999999' is not a number from 1 to 4294967295"},
    {"--max-head-size", "1023", "--max-head-size: '1023' is not a number from 1024 to 16777216"},
    {"--idle-timeout", "5m", "--idle-timeout: '5m' is not a duration like 5, 5s or 500ms"},
    {"--idle-timeout", "ms", "--idle-timeout: 'ms' is not a duration like 5, 5s or 500ms"},
    {"--idle-timeout", "4294968",
     "--idle-timeout: '4294968' is not a duration like 5, 5s or 500ms"},
    {"--when-full", "drop", "--when-full: 'drop' is neither wait nor refuse"},
    {"--max-body-size", "0", "--max-body-size: '0' is not a number from 1 to 4294967295"},
    {"--listen", "", "--listen: '' is empty"},
    {"--listen", NULL, "--listen needs a value"},
    {"--access-log", "xml", "--access-log: 'xml' is not off, common, combined or json"},
    {"--greeting", "{path", "--greeting: '{path' has a { that begins no known {name}, nor a {{"},
    {"--greeting", "{}", "--greeting: '{}' has a { that begins no known {name}, nor a {{"},
    {"--greeting", "{{path} {Path}",
     "--greeting: '{{path} {Path}' has a { that begins no known {name}, nor a {{"},
    {"--greeting", "a{", "--greeting: 'a{' has a { that begins no known {name}, nor a {{"},
    {"--header", "X-A", "--header: 'X-A' is not a field 'Name: value' that may be set"},
    {"--header", "X-A : 1", "--header: 'X-A : 1' is not a field 'Name: value' that may be set"},
    {"--header", ": 1", "--header: ': 1' is not a field 'Name: value' that may be set"},
    {"--header", "A: 1\nB: 2",
     "--header: 'A: 1\nB: 2' is not a field 'Name: value' that may be set"},
    {"--header", "date: now", "--header: 'date: now' is not a field 'Name: value' that may be set"},
    {"--status", "600", "--status: '600' is not a number from 200 to 599"},
    {"--delay", "soon", "--delay: 'soon' is not a duration like 5, 5s or 500ms"},
    {"--help=1", NULL, "--help: '1' is unexpected: it takes no value"},
    {"--nonsense", NULL, "arguments: '--nonsense' is not known; see hellod --help"},
    {"--lis", ":1", "arguments: '--lis' is not known; did you mean --listen?"},
    {"--lisetn=:1", NULL, "arguments: '--lisetn=:1' is not known; did you mean --listen?"},
    {"--max-connection-per-client", "1",
     "arguments: '--max-connection-per-client' is not known; did you mean "
     "--max-connections-per-client?"},
    {"--idle_timeout", "1",
     "arguments: '--idle_timeout' is not known; did you mean --idle-timeout?"},
    {"--access_logs", "off", "arguments: '--access_logs' is not known; did you mean --access-log?"},
    {"--versoin", NULL, "arguments: '--versoin' is not known; did you mean --version?"},
    {"--li", NULL, "arguments: '--li' is not known; see hellod --help"},
    {"--lXXXen", NULL, "arguments: '--lXXXen' is not known; see hellod --help"},
    {"--", NULL, "arguments: '--' is not known; see hellod --help"},
    {":80", NULL, "arguments: ':80' is unexpected: only options are; see hellod --help"},
    {"--threads=1", "listen",
     "arguments: 'listen' is unexpected: only options are; see hellod --help"},
    {"-h", NULL, "arguments: '-h' is not known; see hellod --help"},
    {"-listen=:80", NULL, "arguments: '-listen=:80' is not known; did you mean --listen?"},
    {"---listen=:80", NULL, "arguments: '---listen=:80' is not known; did you mean --listen?"},
};

/* flag_nearest() has room for so many characters. */
START_TEST(names_are_short)
{
    for (size_t i = 0; i < flag_count; i++)
        ck_assert_uint_le(strlen(flags[i].name), 32);
}
END_TEST

START_TEST(refuses_bad_arguments)
{
    ck_assert_int_eq(read_arguments(bad_arguments[_i].first, bad_arguments[_i].second), -EINVAL);
    ck_assert_str_eq(settings.error, bad_arguments[_i].error);
}
END_TEST

static const struct {
    const char *name, *value, *error;
} bad_variables[] = {
    {"PORT", "http", "PORT: 'http' is not a number from 0 to 65535"},
    {"PORT", "65536", "PORT: '65536' is not a number from 0 to 65535"},
    {"HELLOD_THREADS", "x", "HELLOD_THREADS: 'x' is not a number from 1 to 1024"},
    {"HELLOD_LISTEN", ":1,,:2", "HELLOD_LISTEN: '' is empty"},
    {"HELLOD_LISTEN", ":1,", "HELLOD_LISTEN: '' is empty"},
    {"HELLOD_LISTEN", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
     "HELLOD_LISTEN: '17' is one address too many"},
    {"HELLOD_HEADER", "A: 1\n\nB\n",
     "HELLOD_HEADER: 'B' is not a field 'Name: value' that may be set"},
    {"HELLOD_IDLE_TIMEOUT", "1h",
     "HELLOD_IDLE_TIMEOUT: '1h' is not a duration like 5, 5s or 500ms"},
};

START_TEST(a_long_value_does_not_hide_the_reason)
{
    char value[4000], expected[256];
    memset(value, ',', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    snprintf(expected, sizeof expected, "HELLOD_LISTEN: '%.128s' is longer than 2047 bytes", value);
    setenv("HELLOD_LISTEN", value, 1);
    ck_assert_int_eq(read_arguments(NULL, NULL), -EINVAL);
    ck_assert_str_eq(settings.error, expected);
}
END_TEST

START_TEST(refuses_bad_variables)
{
    setenv(bad_variables[_i].name, bad_variables[_i].value, 1);
    ck_assert_int_eq(read_arguments("--version", NULL), -EINVAL);
    ck_assert_str_eq(settings.error, bad_variables[_i].error);
}
END_TEST

/* ---- What a supervisor tells ---- */

static const struct {
    const char *microseconds;
    bool is_for_another;
    uint32_t period;
} watchdogs[] = {
    {NULL, false, 0},      {"", false, 0},
    {"soon", false, 0},    {"20000000", false, 10000},
    {"20000000", true, 0}, {"2000", false, 1},
    {"1000", false, 1},    {"18446744073709551615", false, UINT32_MAX},
};

START_TEST(the_watchdog_is_told_twice_in_its_time)
{
    if (watchdogs[_i].microseconds)
        setenv("WATCHDOG_USEC", watchdogs[_i].microseconds, 1);
    if (watchdogs[_i].is_for_another)
        setenv("WATCHDOG_PID", "1", 1);
    ck_assert_uint_eq(notify_watchdog_period(), watchdogs[_i].period);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    const struct test_case cases[] = {
        {"values", setup, NULL,
         TESTS(has_defaults, reads_every_option, reads_what_to_answer, zero_switches_a_limit_off,
               names_are_short, the_defaults_are_those_of_the_library),
         0},
        {"fields", setup, NULL, TESTS(reads_fields), COUNT(good_fields)},
        {"precedence", setup, NULL,
         TESTS(arguments_win_over_variables_over_port, an_empty_variable_is_not_set,
               leaves_other_variables_alone),
         0},
        {"several", setup, NULL, TESTS(reads_several_addresses), COUNT(lists)},
        {"sources", setup, NULL, TESTS(names_the_source_of_an_address), COUNT(sources)},
        {"bad-arguments", setup, NULL, TESTS(refuses_bad_arguments), COUNT(bad_arguments)},
        {"bad-variables", setup, NULL, TESTS(refuses_bad_variables), COUNT(bad_variables)},
        {"watchdog", setup, NULL, TESTS(the_watchdog_is_told_twice_in_its_time), COUNT(watchdogs)},
        {"long", setup, NULL, TESTS(a_long_value_does_not_hide_the_reason), 0},
    };
    return RUN_SUITE("daemon_options", cases);
}
