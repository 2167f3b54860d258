/* SPDX-License-Identifier: MIT */
#include "access.h"

#include "output.h"
#include "ring.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    GATHERING_MS = 1, /* lines gather for one write; a busy thread fills 0.5 % of its ring */
    REPORT_S = 1,     /* between two reports of dropped lines */
    LAST_WRITE_MS = 1000,
};

/* Notes of one thread. Without a log, the allocation ends before the ring. */
struct notes {
    struct notes *next;
    struct durations durations;
    bool is_cut; /* of the writer: a line is written without its end */
    struct ring ring;
};

static _Thread_local struct notes *own_notes;

static const char *const layouts[] = {
    [ACCESS_COMMON] = "{remote} - - [{time}] \"{request}\" {status} {bytes}{more}\n",
    [ACCESS_COMBINED] = "{remote} - - [{time}] \"{request}\" {status} {bytes} \"{referer}\" "
                        "\"{agent}\"{more}\n",
    [ACCESS_JSON] =
        "{{\"time\":\"{time}\",\"remote\":\"{remote}\",\"method\":\"{method}\","
        "\"target\":\"{target}\",\"protocol\":\"{protocol}\",\"status\":{status},"
        "\"bytes\":{bytes},\"complete\":{complete},\"duration_us\":{duration},"
        "\"host\":\"{host}\",\"referer\":\"{referer}\",\"user_agent\":\"{agent}\"{more}}\n",
};

/* ---- On the server's threads ---- */

static struct notes *make_notes(struct access *access)
{
    size_t size = access->settings->format == ACCESS_OFF ? offsetof(struct notes, ring)
                                                         : sizeof(struct notes);
    struct notes *notes = calloc(1, size);
    if (!notes)
        return NULL;
    notes->next = access->notes;
    while (!atomic_compare_exchange_weak(&access->notes, &notes->next, notes))
        ;
    return notes;
}

/* The writer clears `awake` before it reads the rings. This thread puts a line into its ring before
 * it reads `awake`. So no line is missed. */
static void wake(struct access *access)
{
    if (!access->awake && !atomic_exchange(&access->awake, true))
        eventfd_write(access->wake, 1);
}

static bool is_skipped(const struct access *access, const struct hello_request *request)
{
    size_t length;
    const char *target = hello_request_target(request, &length);
    for (uint32_t i = 0; i < access->settings->skipped.count; i++) {
        const char *path = access->settings->skipped.items[i];
        const size_t size = strlen(path);
        if (size <= length && memcmp(path, target, size) == 0 &&
            (size == length || target[size] == '?'))
            return true;
    }
    return false;
}

static void put_line(const struct access *access, struct ring *ring,
                     const struct hello_access_record *record)
{
    const uint32_t format = access->settings->format;
    struct subject subject = {.text = ring_begin_line(ring),
                              .escape = format == ACCESS_JSON ? ESCAPE_JSON : ESCAPE_LOG,
                              .request = record->request,
                              .record = record,
                              .secrets = access->secrets,
                              .more = &access->settings->fields};
    format_put(&subject, layouts[format]);
    ring_end_line(ring, &subject.text);
}

void access_take(void *data, const struct hello_access_record *record)
{
    struct access *access = data;
    if (!own_notes)
        own_notes = make_notes(access);
    if (!own_notes) {
        access->unnoted++;
        return;
    }
    metrics_add(&own_notes->durations, record->duration_ns);
    if (access->settings->format == ACCESS_OFF || is_skipped(access, record->request))
        return;
    put_line(access, &own_notes->ring, record);
    wake(access);
}

/* ---- The writer ---- */

/* Write whole lines, up to PIPE_BUF bytes: other writers to the same pipe never split a line,
 * unless it is longer. After an error, unwritten bytes stay in the ring for a later attempt. */
static bool write_some(struct notes *notes, int *error)
{
    char bytes[PIPE_BUF];
    size_t size;
    do {
        size = ring_look(&notes->ring, bytes, sizeof bytes);
        size_t written = output_write(bytes, size, error);
        ring_take(&notes->ring, written);
        if (written > 0)
            notes->is_cut = bytes[written - 1] != '\n';
    } while (notes->is_cut && !*error);
    return size > 0;
}

/* First the rest of a line, then each thread's lines in turn. */
static int write_all(struct access *access)
{
    int error = 0;
    bool more = true;
    for (struct notes *notes = access->notes; notes; notes = notes->next)
        if (notes->is_cut)
            write_some(notes, &error);
    while (more && !error) {
        more = false;
        for (struct notes *notes = access->notes; notes && !error; notes = notes->next)
            more |= write_some(notes, &error);
    }
    return error;
}

static void report_dropped(struct access *access)
{
    uint64_t dropped = access_dropped(access);
    if (dropped > access->reported)
        output_line("access log: dropped lines: %llu",
                    (unsigned long long)(dropped - access->reported));
    access->reported = dropped;
}

static void wait_for_lines(struct access *access)
{
    struct pollfd wake = {.fd = access->wake, .events = POLLIN};
    bool unreported = access_dropped(access) > access->reported;
    if (poll(&wake, 1, unreported ? REPORT_S * 1000 : -1) == 1) {
        eventfd_t count;
        eventfd_read(access->wake, &count);
        poll(NULL, 0, GATHERING_MS);
        access->awake = false;
    }
}

static void *write_lines(void *data)
{
    struct access *access = data;
    int error = 0;
    time_t next_report = 0;
    bool ended = false;
    while (!ended) {
        wait_for_lines(access);
        ended = access->ended;
        int before = error;
        error = write_all(access);
        if (error && error != before)
            output_line("access log: cannot write: %s", strerror(error));
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec >= next_report) {
            report_dropped(access);
            next_report = now.tv_sec + REPORT_S;
        }
    }
    eventfd_write(access->done, 1);
    return NULL;
}

/* ---- Life ---- */

bool access_has_member(const char *name)
{
    char member[64];
    size_t length = (size_t)snprintf(member, sizeof member, "\"%s\":", name);
    for (const char *at = layouts[ACCESS_JSON]; *at; at++)
        if (strncmp(at, member, length) == 0)
            return true;
    return false;
}

int access_start(struct access *access, const struct access_settings *settings,
                 const struct names *secrets)
{
    *access = (struct access){.settings = settings, .secrets = secrets};
    if (settings->format == ACCESS_OFF)
        return 0;
    access->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    access->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = access->wake < 0 || access->done < 0
                    ? -errno
                    : -pthread_create(&access->writer, NULL, write_lines, access);
    access->has_writer = !error;
    if (error)
        output_line("cannot start the access log: %s", strerror(-error));
    return error;
}

void access_end(struct access *access)
{
    struct pollfd done = {.fd = access->done, .events = POLLIN};
    int count;
    if (!access->has_writer)
        return;
    access->ended = true;
    access->awake = false; /* so that wake() signals */
    wake(access);
    do /* poll() uses the monotonic clock; pthread_timedjoin_np() uses the wall clock */
        count = poll(&done, 1, LAST_WRITE_MS);
    while (count < 0 && errno == EINTR);
    if (count == 1)
        pthread_join(access->writer, NULL);
    else
        output_line("access log: standard output does not accept the last lines");
    report_dropped(access);
}

/* ---- Reading ---- */

uint64_t access_dropped(const struct access *access)
{
    uint64_t dropped = access->unnoted;
    if (access->settings->format == ACCESS_OFF)
        return dropped;
    for (const struct notes *notes = access->notes; notes; notes = notes->next)
        dropped += notes->ring.dropped;
    return dropped;
}

void access_durations(const struct access *access, struct durations *durations)
{
    *durations = (struct durations){0};
    for (const struct notes *notes = access->notes; notes; notes = notes->next) {
        for (int i = 0; i < METRICS_BUCKETS; i++)
            durations->counts[i] += notes->durations.counts[i];
        durations->sum += notes->durations.sum;
    }
}
