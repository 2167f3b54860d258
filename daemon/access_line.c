/* SPDX-License-Identifier: MIT */
#include "access_line.h"

#include "peer.h"
#include "ring.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* What can be said of a request, each by a letter behind '%' in a layout. */
struct line {
    struct ring *ring;
    const struct hello_access_record *record;
    const struct layout *layout;
    struct access_clock *clock;
};

struct layout {
    const char *text;
    const char *absent; /* where the client has sent no such field */
    const char *escape; /* before the two digits of a byte that cannot stand for itself */
    void (*format_time)(char *text, size_t size, const struct tm *utc);
};

/* ---- Text ---- */

static void put_text(struct ring *ring, const char *text)
{
    while (*text)
        ring_put(ring, *text++);
}

static void put_number(struct ring *ring, uint64_t number)
{
    char digits[21] = "";
    char *at = digits + sizeof digits - 1;
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    put_text(ring, at);
}

/* As a client has sent it: nothing in it may be taken for the end of a field or of a line. */
static void put_escaped(const struct line *line, const char *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\') {
            ring_put(line->ring, (char)byte);
        } else {
            put_text(line->ring, line->layout->escape);
            ring_put(line->ring, digits[byte >> 4]);
            ring_put(line->ring, digits[byte & 15]);
        }
    }
}

static void put_field(const struct line *line, const char *name)
{
    const char *value = hello_request_field(line->record->request, name);
    if (value)
        put_escaped(line, value, strlen(value));
    else
        put_text(line->ring, line->layout->absent);
}

/* ---- Time ---- */

static void format_common_time(char *text, size_t size, const struct tm *utc)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    snprintf(text, size, "%02d/%.3s/%d:%02d:%02d:%02d +0000", utc->tm_mday,
             months + 3 * (size_t)utc->tm_mon, 1900 + utc->tm_year, utc->tm_hour, utc->tm_min,
             utc->tm_sec);
}

/* RFC 3339, to which the milliseconds and a Z are added. */
static void format_json_time(char *text, size_t size, const struct tm *utc)
{
    snprintf(text, size, "%d-%02d-%02dT%02d:%02d:%02d", 1900 + utc->tm_year, utc->tm_mon + 1,
             utc->tm_mday, utc->tm_hour, utc->tm_min, utc->tm_sec);
}

static void put_time(const struct line *line)
{
    struct access_clock *clock = line->clock;
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != clock->second && gmtime_r(&now.tv_sec, &utc)) {
        clock->second = now.tv_sec;
        line->layout->format_time(clock->text, sizeof clock->text, &utc);
    }
    put_text(line->ring, clock->text);
    if (line->layout->format_time == format_json_time) {
        uint64_t milliseconds = (uint64_t)now.tv_nsec / 1000000;
        put_text(line->ring, milliseconds < 10 ? ".00" : milliseconds < 100 ? ".0" : ".");
        put_number(line->ring, milliseconds);
        put_text(line->ring, "Z");
    }
}

/* ---- The rest, in the order of the letters below ---- */

static void put_user_agent(const struct line *line)
{
    put_field(line, "User-Agent");
}

static void put_bytes(const struct line *line)
{
    put_number(line->ring, line->record->body_size);
}

static void put_complete(const struct line *line)
{
    put_text(line->ring, line->record->complete ? "true" : "false");
}

static void put_duration(const struct line *line)
{
    put_number(line->ring, line->record->duration_ns / 1000);
}

static void put_referer(const struct line *line)
{
    put_field(line, "Referer");
}

static void put_host(const struct line *line)
{
    put_field(line, "Host");
}

static void put_peer(const struct line *line)
{
    char text[PEER_SIZE];
    peer_format(text, hello_request_peer(line->record->request));
    put_text(line->ring, text);
}

static void put_method(const struct line *line)
{
    const char *method = hello_request_method(line->record->request);
    put_escaped(line, method, strlen(method));
}

static void put_protocol(const struct line *line)
{
    put_text(line->ring, hello_request_protocol(line->record->request));
}

static void put_target(const struct line *line)
{
    size_t length;
    const char *target = hello_request_target(line->record->request, &length);
    put_escaped(line, target, length);
}

/* The request line; "-" where the head could not be read. */
static void put_request(const struct line *line)
{
    if (!hello_request_method(line->record->request)[0]) {
        put_text(line->ring, "-");
        return;
    }
    put_method(line);
    ring_put(line->ring, ' ');
    put_target(line);
    ring_put(line->ring, ' ');
    put_protocol(line);
}

static void put_status(const struct line *line)
{
    put_number(line->ring, line->record->status);
}

/* Readers of the older formats want a status: this one says that the client has gone, and is of
 * nginx's invention. */
static void put_status_or_499(const struct line *line)
{
    put_number(line->ring, line->record->status ? line->record->status : 499);
}

static const struct {
    char letter;
    void (*put)(const struct line *line);
} directives[] = {
    {'a', put_user_agent}, {'b', put_bytes},   {'c', put_complete}, {'d', put_duration},
    {'f', put_referer},    {'h', put_host},    {'i', put_peer},     {'m', put_method},
    {'p', put_protocol},   {'r', put_request}, {'s', put_status},   {'S', put_status_or_499},
    {'t', put_time},       {'u', put_target},
};

static const struct layout layouts[] = {
    [ACCESS_COMMON] = {"%i - - [%t] \"%r\" %S %b\n", "-", "\\x", format_common_time},
    [ACCESS_COMBINED] = {"%i - - [%t] \"%r\" %S %b \"%f\" \"%a\"\n", "-", "\\x",
                         format_common_time},
    [ACCESS_JSON] =
        {"{\"time\":\"%t\",\"remote\":\"%i\",\"method\":\"%m\",\"target\":\"%u\","
         "\"protocol\":\"%p\",\"status\":%s,\"bytes\":%b,\"complete\":%c,"
         "\"duration_us\":%d,\"host\":\"%h\",\"referer\":\"%f\",\"user_agent\":\"%a\"}\n",
         "", "\\u00", format_json_time},
};

static void put_directive(const struct line *line, char letter)
{
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
        if (directives[i].letter == letter)
            directives[i].put(line);
}

void access_line_put(struct ring *ring, enum access_format format, struct access_clock *clock,
                     const struct hello_access_record *record)
{
    const struct line line = {ring, record, &layouts[format], clock};
    for (const char *at = line.layout->text; *at; at++) {
        if (*at == '%')
            put_directive(&line, *++at);
        else
            ring_put(ring, *at);
    }
    ring_end_line(ring);
}
