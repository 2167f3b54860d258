/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include "access.h"

#include <hello/hello.h>
#include <stdarg.h>
#include <stdio.h>

/* The output buffer. length also counts text that does not fit. */
struct page {
    char *text;
    size_t size;
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void add(struct page *page, const char *format, ...)
{
    size_t room = page->length < page->size ? page->size - page->length : 0;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(room > 0 ? page->text + page->length : NULL, room, format, arguments);
    va_end(arguments);
    page->length += length > 0 ? (size_t)length : 0;
}

static void add_title(struct page *page, const char *name, const char *type, const char *help)
{
    add(page, "# HELP hellod_%s %s\n# TYPE hellod_%s %s\n", name, help, name, type);
}

/* ---- Counters ---- */

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

static void add_metric(struct page *page, const struct metric *metric,
                       const struct hello_stats *stats)
{
    const uint64_t *value = (const uint64_t *)(const void *)((const char *)stats + metric->offset);
    if (metric->help)
        add_title(page, metric->name, metric->type, metric->help);
    add(page, "hellod_%s%s %llu\n", metric->name, metric->label, (unsigned long long)*value);
}

static void add_counters(struct page *page, const struct hello_server *server)
{
    struct hello_stats stats = {0};
    if (server)
        hello_server_stats(server, &stats, sizeof stats);
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
        add_metric(page, &metrics[i], &stats);
}

/* ---- The rest ---- */

static void add_build(struct page *page)
{
    add_title(page, "build_info", "gauge", "What runs.");
    add(page,
        "hellod_build_info{version=\"%s\",libmicrohttpd=\"%s" HELLOD_MICROHTTPD_ORIGIN "\"} 1\n",
        hello_version(), hello_microhttpd_version());
}

static void add_durations(struct page *page, const struct access *access)
{
    static const char name[] = "request_duration_seconds";
    struct histogram durations;
    unsigned long long count = 0;
    access_durations(access, &durations);
    add_title(page, name, "histogram", "From the request line to the end of the answer.");
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        count += durations.counts[i];
        add(page, "hellod_%s_bucket{le=\"%s\"} %llu\n", name,
            i < HISTOGRAM_BUCKETS - 1 ? histogram_bounds[i].seconds : "+Inf", count);
    }
    unsigned long long sum = durations.sum;
    add(page, "hellod_%s_sum %llu.%09llu\nhellod_%s_count %llu\n", name, sum / 1000000000,
        sum % 1000000000, name, count);
}

static void add_log(struct page *page, const struct access *access)
{
    add_title(page, "access_log_dropped_lines_total", "counter",
              "Lines of the access log that found no room.");
    add(page, "hellod_access_log_dropped_lines_total %llu\n",
        (unsigned long long)access_dropped(access));
}

size_t metrics_format(char *text, size_t size, const struct hello_server *server,
                      const struct access *access)
{
    struct page page = {text, size, 0};
    add_build(&page);
    add_counters(&page, server);
    add_durations(&page, access);
    add_log(&page, access);
    return page.length;
}
