/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include "access.h"
#include "text.h"

#include <hello/hello.h>
#include <string.h>

/* ---- Durations ---- */

/* Upper bounds. The last bucket has none. A plain answer takes microseconds; a slow client or
 * --delay makes a request longer. */
static const struct bound {
    uint32_t microseconds;
    const char *seconds;
} bounds[METRICS_BUCKETS - 1] = {
    {25, "0.000025"}, {50, "0.00005"},  {100, "0.0001"},  {250, "0.00025"},
    {500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},
    {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},
    {250000, "0.25"}, {1000000, "1"},   {5000000, "5"},   {10000000, "10"},
};

void metrics_add(struct durations *durations, uint64_t nanoseconds)
{
    int bucket = 0;
    while (bucket < METRICS_BUCKETS - 1 &&
           nanoseconds > bounds[bucket].microseconds * UINT64_C(1000))
        bucket++;
    atomic_fetch_add_explicit(&durations->counts[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&durations->sum, nanoseconds, memory_order_relaxed);
}

/* ---- Counters ---- */

static void add_title(struct text *text, const char *name, const char *type, const char *help)
{
    text_print(text, "# HELP hellod_%s %s\n# TYPE hellod_%s %s\n", name, help, name, type);
}

/* The members of struct hello_stats. Metrics with the same name have labels and are adjacent; the
 * first has the help. */
#define STAT(member) offsetof(struct hello_stats, member)

static const struct metric {
    const char *name, *label;
    size_t offset;
    const char *type, *help;
} metrics[] = {
    {"connections_open", "", STAT(connections_open), "gauge", "Connections open now."},
    {"connections_accepted_total", "", STAT(connections_accepted), "counter",
     "Connections accepted."},
    {"connections_refused_total", "", STAT(connections_refused), "counter",
     "Connections closed: no memory to read from them, or past a limit."},
    {"requests_total", "{status=\"2xx\"}", STAT(responses[2]), "counter",
     "Requests by the class of the status; none: they ended without an answer."},
    {"requests_total", "{status=\"3xx\"}", STAT(responses[3]), NULL, NULL},
    {"requests_total", "{status=\"4xx\"}", STAT(responses[4]), NULL, NULL},
    {"requests_total", "{status=\"5xx\"}", STAT(responses[5]), NULL, NULL},
    {"requests_total", "{status=\"none\"}", STAT(responses[0]), NULL, NULL},
    {"request_body_bytes_total", "", STAT(body_bytes_received), "counter",
     "Bytes of request bodies."},
    {"response_body_bytes_total", "", STAT(body_bytes_sent), "counter",
     "Bytes of bodies in complete answers."},
    {"timeouts_total", "{phase=\"header\"}", STAT(header_timeouts), "counter",
     "Connections ended by a deadline."},
    {"timeouts_total", "{phase=\"body\"}", STAT(body_timeouts), NULL, NULL},
    {"timeouts_total", "{phase=\"reply\"}", STAT(reply_timeouts), NULL, NULL},
    {"timeouts_total", "{phase=\"idle\"}", STAT(idle_timeouts), NULL, NULL},
};

static void add_counters(struct text *text, const struct hello_server *server)
{
    struct hello_stats stats = {0};
    if (server)
        hello_server_stats(server, &stats, sizeof stats);
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        const struct metric *metric = &metrics[i];
        uint64_t value;
        memcpy(&value, (const char *)&stats + metric->offset, sizeof value);
        if (metric->help)
            add_title(text, metric->name, metric->type, metric->help);
        text_print(text, "hellod_%s%s %llu\n", metric->name, metric->label,
                   (unsigned long long)value);
    }
}

static void add_durations(struct text *text, const struct access *access)
{
    static const char name[] = "request_duration_seconds";
    struct durations durations;
    unsigned long long count = 0;
    access_durations(access, &durations);
    add_title(text, name, "histogram", "From the request line to the end of the answer.");
    for (int i = 0; i < METRICS_BUCKETS; i++) {
        count += durations.counts[i];
        text_print(text, "hellod_%s_bucket{le=\"%s\"} %llu\n", name,
                   i < METRICS_BUCKETS - 1 ? bounds[i].seconds : "+Inf", count);
    }
    unsigned long long sum = durations.sum;
    text_print(text, "hellod_%s_sum %llu.%09llu\nhellod_%s_count %llu\n", name, sum / 1000000000,
               sum % 1000000000, name, count);
}

/* ---- All of it ---- */

size_t metrics_format(char bytes[METRICS_SIZE], const struct hello_server *server,
                      const struct access *access)
{
    struct text text = {bytes, SIZE_MAX, 0, METRICS_SIZE};
    add_title(&text, "build_info", "gauge", "The versions in use.");
    text_print(&text,
               "hellod_build_info{version=\"%s\",libmicrohttpd=\"%s" HELLOD_MICROHTTPD_ORIGIN
               "\"} 1\n",
               hello_version(), hello_microhttpd_version());
    add_counters(&text, server);
    add_durations(&text, access);
    add_title(&text, "access_log_dropped_lines_total", "counter",
              "Lines of the access log that found no room.");
    text_print(&text, "hellod_access_log_dropped_lines_total %llu\n",
               (unsigned long long)access_dropped(access));
    return text.end < METRICS_SIZE ? text.end : METRICS_SIZE;
}
