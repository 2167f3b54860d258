/* SPDX-License-Identifier: MIT */
#include "../../daemon/flags.h"
#include "../../daemon/notify.h"
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

/* hellod reads its options once, and frees no copies. */
static int read_arguments(const char *first, const char *second)
{
    for (struct copy *next; settings.copies; settings.copies = next) {
        next = settings.copies->next;
        free(settings.copies);
    }
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
                          "--max-head-size=5000",
                          "--max-body-size=70000",
                          "--header-timeout",
                          "500ms",
                          "--body-timeout=9s",
                          "--reply-timeout=10s",
                          "--keep-path",
                          "--unready",
                          "--seed=12",
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
    ck_assert_uint_eq(settings.server.flags,
                      HELLO_NO_FORK | HELLO_KEEP_PATH | HELLO_REFUSE_WHEN_FULL);
    ck_assert_uint_eq(settings.server.max_connections_per_client, 14);
    ck_assert_uint_eq(settings.server.max_head_size, 5000);
    ck_assert_uint_eq(settings.server.header_timeout_ms, 500);
    ck_assert_uint_eq(settings.server.idle_timeout_ms, 7000);
    ck_assert_uint_eq(settings.server.max_body_size, 70000);
    ck_assert_uint_eq(settings.server.body_timeout_ms, 9000);
    ck_assert_uint_eq(settings.server.reply_timeout_ms, 10000);
    ck_assert(settings.unready);
    ck_assert_uint_eq(settings.answer.chance.seed, 12);
    ck_assert_uint_eq(settings.shutdown_timeout_ms, 8000);
    ck_assert_str_eq(settings.admin, ":9000");
    ck_assert_int_eq(settings.access.format, ACCESS_COMBINED);
    ck_assert_uint_eq(settings.shutdown_delay_ms, 5000);
    ck_assert(settings.help && settings.version);
}
END_TEST

/* --help and the manual page, which are held against each other elsewhere. */
START_TEST(the_defaults_are_those_of_the_library)
{
    struct hello_options library;
    const struct hello_options nothing = HELLO_OPTIONS_INIT;
    int compared = 0;
    ck_assert_int_eq(hello__options_complete(&library, &nothing), 0);
    ck_assert_int_eq(read_arguments(NULL, NULL), 0);
    ck_assert_uint_eq(settings.server.max_body_size, library.max_body_size);
    for (size_t i = 0; i < flag_count; i++) {
        const size_t offset = flags[i].offset;
        const bool is_number = flags[i].kind == &value_number || flags[i].kind == &value_duration;
        if (offset >= sizeof library || !is_number || flag_part(&flags[i], FLAG_WORDS))
            continue;
        const void *member = (const char *)&settings + offset;
        const uint32_t ours = *(const uint32_t *)member;
        member = (const char *)&library + offset;
        const uint32_t theirs = *(const uint32_t *)member;
        ck_assert_msg(ours == theirs, "--%s: %u instead of %u", flags[i].name, ours, theirs);
        compared++;
    }
    ck_assert_int_ge(compared, 5);
}
END_TEST

/* The values of lists, with a space behind each. */
static const struct {
    const char *argument, *variable, *values;
    size_t offset; /* of the struct names */
} names[] = {
#define LIST(member) offsetof(struct settings, member)
    {"--header=X-A:  a b", NULL, "X-A:  a b ", LIST(answer.fields)},
    {"--header=X-A:", "HELLOD_HEADER=B: 1", "X-A: ", LIST(answer.fields)},
    {NULL, "HELLOD_HEADER=A: 1\n\nB:{path}\n", "A: 1 B:{path} ", LIST(answer.fields)},
    {NULL, NULL, "Authorization Cookie Proxy-Authorization Set-Cookie ", LIST(answer.secrets)},
    {"--redact=none", NULL, "none ", LIST(answer.secrets)},
    {"--redact=A,B", "HELLOD_REDACT=C", "A B ", LIST(answer.secrets)},
    {NULL, "HELLOD_REDACT=C,D", "C D ", LIST(answer.secrets)},
    {"--log-field=X-A,Connection", NULL, "X-A Connection ", LIST(access.fields)},
    {"--log-field=Host", NULL, "Host ", LIST(access.fields)},
    {"--log-field=X-A,x-a", NULL, "X-A x-a ", LIST(access.fields)},
    {"--log-skip=/a,b", NULL, "/a,b ", LIST(access.skipped)},
    {NULL, "HELLOD_LOG_SKIP=/a,/b", "/a /b ", LIST(access.skipped)},
};

START_TEST(reads_lists)
{
    const struct names *found = (const void *)((const char *)&settings + names[_i].offset);
    char text[128] = "", variable[64];
    if (names[_i].variable) {
        strcpy(variable, names[_i].variable);
        *strchr(variable, '=') = '\0';
        setenv(variable, variable + strlen(variable) + 1, 1);
    }
    ck_assert_int_eq(read_arguments(names[_i].argument, NULL), 0);
    for (uint32_t i = 0; i < found->count; i++) {
        strcat(text, found->items[i]);
        strcat(text, " ");
    }
    ck_assert_str_eq(text, names[_i].values);
}
END_TEST

static const struct {
    const char *argument;
    uint32_t least, most;
} spans[] = {
    {"--delay=0", 0, 0},    {"--delay=1500ms", 1500, 1500}, {"--delay=50ms..2s", 50, 2000},
    {"--delay=0..0", 0, 0}, {"--delay=1..1s", 1000, 1000},
};

START_TEST(reads_spans)
{
    ck_assert_int_eq(read_arguments(spans[_i].argument, NULL), 0);
    ck_assert_uint_eq(settings.answer.delay_ms[0], spans[_i].least);
    ck_assert_uint_eq(settings.answer.delay_ms[1], spans[_i].most);
    ck_assert_int_eq(answer_is_set(&settings.answer), spans[_i].most > 0);
}
END_TEST

static const struct {
    const char *first, *second;
    struct answer_status expected[2];
} statuses[] = {
    {"--status=503", NULL, {{503, 100000}}},
    {"--status=503@10%", NULL, {{503, 10000}}},
    {"--status=503@0.001%", NULL, {{503, 1}}},
    {"--status=503@99.9%", "--status=404@0.1%", {{503, 99900}, {404, 100}}},
    {"--status=503@50%,404@50%", NULL, {{503, 50000}, {404, 50000}}},
};

START_TEST(reads_statuses)
{
    ck_assert_int_eq(read_arguments(statuses[_i].first, statuses[_i].second), 0);
    ck_assert(answer_is_set(&settings.answer));
    for (uint32_t i = 0; i < settings.answer.status_count; i++) {
        ck_assert_uint_eq(settings.answer.statuses[i].status, statuses[_i].expected[i].status);
        ck_assert_uint_eq(settings.answer.statuses[i].share, statuses[_i].expected[i].share);
    }
}
END_TEST

START_TEST(reads_what_to_answer)
{
    ck_assert_int_eq(read_arguments(NULL, NULL), 0);
    ck_assert(!answer_is_set(&settings.answer));
    static const char greeting[] =
        "{{{path}{method}{host}{query}{remote}{hostname}{target}{protocol}"
        "{field:X-A}{fields}{time}}";
    ck_assert_int_eq(read_arguments("--greeting", greeting), 0);
    ck_assert_str_eq(settings.answer.greeting, greeting);
    ck_assert(answer_is_set(&settings.answer));
    ck_assert_int_eq(read_arguments("--format", "json"), 0);
    ck_assert(settings.answer.is_json && answer_is_set(&settings.answer));
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

#define DURATION "is not a duration like 5, 5s or 500ms, up to 4294967s"
#define RANGE                                                                                      \
    "is not a duration like 5, 5s or 500ms, or a range from less to more like 50ms..2s, up to "    \
    "4294967s"
#define STATUS "is not a status from 200 to 599, such as 503, 503@10% or 503@0.5%"
#define BAD_NAME "has a name that is no token or that hellod sets itself; expected another name"

/* Further inputs than those of tests/system/messages.py. */
static const struct {
    const char *first, *second, *error;
} bad_arguments[] = {
    {"--listen-mode", "0", "--listen-mode: '0' is not an octal number from 1 to 777"},
    {"--listen-mode", "1000", "--listen-mode: '1000' is not an octal number from 1 to 777"},
    {"--listen-mode", "0688", "--listen-mode: '0688' is not an octal number from 1 to 777"},
    {"--listen-mode", "", "--listen-mode: '' is not an octal number from 1 to 777"},
    {"--listen-mode", "77777777777777777777",
     "--listen-mode: '77777777777777777777' is not an octal number from 1 to 777"},
    {"--threads", "0", "--threads: '0' is not a number from 1 to 1024, or auto"},
    {"--threads", "many", "--threads: 'many' is not a number from 1 to 1024, or auto"},
    {"--threads", "", "--threads: '' is not a number from 1 to 1024, or auto"},
    {"--threads=-1", NULL, "--threads: '-1' is not a number from 1 to 1024, or auto"},
    {"--max-connections", "4x",
     "--max-connections: '4x' is not a number from 1 to 4294967295, or auto"},
    {"--max-connections", "4294967296",
     "--max-connections: '4294967296' is not a number from 1 to 4294967295, or auto"},
    {"--max-connections", "99999999999999999999999",
     "--max-connections: '99999999999999999999999' is not a number from 1 to 4294967295, or auto"},
    {"--max-head-size", "1023", "--max-head-size: '1023' is not a number from 1024 to 16777216"},
    {"--idle-timeout", "ms", "--idle-timeout: 'ms' " DURATION},
    {"--max-body-size", "0", "--max-body-size: '0' is not a number from 1 to 4294967295"},
    {"--listen", NULL, "--listen: the value is missing; expected ADDR, see hellod --help"},
    {"--access-log", "xml", "--access-log: 'xml' is not one of auto|off|common|combined|json"},
    {"--greeting", "{path", "--greeting: '{path' " FORMAT_EXPECTED},
    {"--greeting", "{}", "--greeting: '{}' " FORMAT_EXPECTED},
    {"--greeting", "{{path} {Path}", "--greeting: '{{path} {Path}' " FORMAT_EXPECTED},
    {"--greeting", "a{", "--greeting: 'a{' " FORMAT_EXPECTED},
    {"--header", "X-A : 1", "--header: 'X-A : 1' " BAD_NAME},
    {"--header", ": 1", "--header: ': 1' " BAD_NAME},
    {"--header", "A: 1\nB: 2",
     "--header: 'A: 1\nB: 2' has a control character; expected printable text and tabs"},
    {"--header", "date: now", "--header: 'date: now' " BAD_NAME},
    {"--greeting", "{field}", "--greeting: '{field}' " FORMAT_EXPECTED},
    {"--greeting", "{field:X", "--greeting: '{field:X' " FORMAT_EXPECTED},
    {"--greeting", "{path:}", "--greeting: '{path:}' " FORMAT_EXPECTED},
    {"--greeting", "{bytes}", "--greeting: '{bytes}' " FORMAT_EXPECTED},
    {"--header", "{path}: a", "--header: '{path}: a' " BAD_NAME},
    {"--status", "503@", "--status: '503@' " STATUS},
    {"--status", "503@101%", "--status: '503@101%' " STATUS},
    {"--status", "503@0.0001%", "--status: '503@0.0001%' " STATUS},
    {"--status", "503%", "--status: '503%' " STATUS},
    {"--status=404@60%", "--status=503@40.001%",
     "--status: '503@40.001%' raises the sum of the shares above 100%; at most 100% is accepted"},
    {"--delay", "1s..", "--delay: '1s..' " RANGE},
    {"--seed", "0", "--seed: '0' is not a number from 1 to 4294967295, or random"},
    {"--format", "xml", "--format: 'xml' is not one of text|json"},
    {"--log-field", "a b",
     "--log-field: 'a b' is not a field name such as User-Agent, of up to 62 characters"},
    {"--send-buffer-size", "1",
     "arguments: '--send-buffer-size' is not an option; see hellod --help"},
    {"--delay", "soon", "--delay: 'soon' " RANGE},
    {"--help=1", NULL, "--help: '1' is unexpected: the option accepts no value"},
    {"--nonsense", NULL, "arguments: '--nonsense' is not an option; see hellod --help"},
    {"--lis", ":1", "arguments: '--lis' is not an option; did you mean --listen?"},
    {"--lisetn=:1", NULL, "arguments: '--lisetn=:1' is not an option; did you mean --listen?"},
    {"--max-connection-per-client", "1",
     "arguments: '--max-connection-per-client' is not an option; did you mean "
     "--max-connections-per-client?"},
    {"--idle_timeout", "1",
     "arguments: '--idle_timeout' is not an option; did you mean --idle-timeout?"},
    {"--access_logs", "off",
     "arguments: '--access_logs' is not an option; did you mean --access-log?"},
    {"--versoin", NULL, "arguments: '--versoin' is not an option; did you mean --version?"},
    {"--li", NULL, "arguments: '--li' is not an option; see hellod --help"},
    {"--lXXXen", NULL, "arguments: '--lXXXen' is not an option; see hellod --help"},
    {"--", NULL, "arguments: '--' is not an option; see hellod --help"},
    {"--threads=1", "listen",
     "arguments: 'listen' is unexpected: only options are accepted; see hellod --help"},
    {"-listen=:80", NULL, "arguments: '-listen=:80' is not an option; did you mean --listen?"},
    {"---listen=:80", NULL, "arguments: '---listen=:80' is not an option; did you mean --listen?"},
};

START_TEST(refuses_bad_arguments)
{
    ck_assert_int_eq(read_arguments(bad_arguments[_i].first, bad_arguments[_i].second), -EINVAL);
    ck_assert_str_eq(settings.error, bad_arguments[_i].error);
}
END_TEST

static const struct {
    const char *name, *value, *error;
} bad_variables[] = {
    {"HELLOD_THREADS", "x", "HELLOD_THREADS: 'x' is not a number from 1 to 1024, or auto"},
    {"HELLOD_LISTEN", ":1,,:2", "HELLOD_LISTEN: '' is empty; expected ADDR, see hellod --help"},
    {"HELLOD_LISTEN", ":1,", "HELLOD_LISTEN: '' is empty; expected ADDR, see hellod --help"},
    {"HELLOD_LISTEN", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
     "HELLOD_LISTEN: '17' is one too many; at most 16 are accepted"},
    {"HELLOD_HEADER", "A: 1\n\nB\n", "HELLOD_HEADER: 'B' has no colon; expected 'Name: value'"},
    {"HELLOD_IDLE_TIMEOUT", "1h", "HELLOD_IDLE_TIMEOUT: '1h' " DURATION},
};

START_TEST(a_long_value_does_not_hide_the_reason)
{
    char value[4000], expected[256];
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    snprintf(expected, sizeof expected, "HELLOD_ACCESS_LOG: '%.128s' is not one of %s", value,
             "auto|off|common|combined|json");
    setenv("HELLOD_ACCESS_LOG", value, 1);
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
    {NULL, false, 0},
    {"", false, 0},
    {"soon", false, 0},
    {"20000000us", false, 0},
    {"20000000", false, 10000},
    {"20000000", true, 0},
    {"2000", false, 1},
    {"1000", false, 1},
    {"18446744073709551615", false, UINT32_MAX},
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
               the_defaults_are_those_of_the_library),
         0},
        {"lists", setup, NULL, TESTS(reads_lists), COUNT(names)},
        {"delay", setup, NULL, TESTS(reads_spans), COUNT(spans)},
        {"status", setup, NULL, TESTS(reads_statuses), COUNT(statuses)},
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
