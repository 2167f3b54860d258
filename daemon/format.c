/* SPDX-License-Identifier: MIT */
#include "format.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>
#include <time.h>

/* ---- Parts ---- */

static void put(struct subject *subject, const char *bytes, size_t length)
{
    text_put_escaped(&subject->text, subject->escape, bytes, length);
}

static void put_string(struct subject *subject, const char *string)
{
    put(subject, string, strlen(string));
}

/* Text of the format, which needs no escaping. */
static void put_literal(struct subject *subject, const char *string)
{
    text_put_string(&subject->text, string);
}

/* For a part that the request does not have. */
static void put_absent(struct subject *subject)
{
    if (subject->escape == ESCAPE_LOG)
        put_literal(subject, "-");
}

/* ---- Fields ---- */

/* The first letter is compared before the call: most names differ there. */
static bool is_named(const char *name, size_t length, const char *other)
{
    return ((name[0] ^ other[0]) & ~0x20) == 0 && strncasecmp(name, other, length) == 0 &&
           !other[length];
}

static void put_value(struct subject *subject, const char *name, size_t name_length,
                      const char *value, size_t length)
{
    for (uint32_t i = 0; i < subject->secrets->count; i++) {
        if (is_named(name, name_length, subject->secrets->items[i])) {
            put_literal(subject, "[redacted]");
            return;
        }
    }
    put(subject, value, length);
}

/* The texts around fields and their names. Without a middle, the names are left out. */
struct style {
    const char *between, *middle, *end;
    size_t between_size, middle_size;
    size_t skipped; /* of between, before the first field */
};

/* The values of one name form one list (RFC 9110, section 5.3). */
static const struct style values = {", ", NULL, "", 2, 0, 2};
static const struct style lines = {"\n", ": ", "", 1, 2, 1};
static const struct style objects = {"\"},{\"name\":\"", "\",\"value\":\"", "\"}", 12, 11, 3};

struct fields {
    struct subject *subject;
    const struct style *style;
    const char *name; /* of the fields to put; not NUL-terminated; NULL = any */
    size_t length;
    bool is_next;
};

/* A line feed needs an escape in a field. */
static void put_style(const struct fields *fields, const char *bytes, size_t length)
{
    if (fields->style == &objects)
        text_put(&fields->subject->text, bytes, length);
    else
        put(fields->subject, bytes, length);
}

static int put_field(void *data, const char *name, size_t name_length, const char *value,
                     size_t length)
{
    struct fields *fields = data;
    if (fields->name &&
        (name_length != fields->length || strncasecmp(name, fields->name, name_length) != 0))
        return 0;
    const struct style *style = fields->style;
    const size_t skipped = fields->is_next ? 0 : style->skipped;
    put_style(fields, style->between + skipped, style->between_size - skipped);
    if (style->middle) {
        put(fields->subject, name, name_length);
        put_style(fields, style->middle, style->middle_size);
    }
    put_value(fields->subject, name, name_length, value, length);
    fields->is_next = true;
    return 0;
}

/* name: NULL = all fields. */
static void put_fields(struct subject *subject, const struct style *style, const char *name,
                       size_t length)
{
    struct fields fields = {subject, style, name, length, false};
    hello_request_fields(subject->request, put_field, &fields);
    if (fields.is_next)
        put_style(&fields, style->end, strlen(style->end));
    else
        put_absent(subject);
}

/* The fields of --log-field, at the end of the line. */
static void put_more(struct subject *subject)
{
    const bool is_json = subject->escape == ESCAPE_JSON;
    for (uint32_t i = 0; i < subject->more->count; i++) {
        const char *name = subject->more->items[i];
        put_literal(subject, is_json ? ",\"" : " \"");
        put_literal(subject, is_json ? name : "");
        put_literal(subject, is_json ? "\":\"" : "");
        put_fields(subject, &values, name, strlen(name));
        put_literal(subject, "\"");
    }
}

/* The first field of a name: faster than put_fields(). */
static void put_first(struct subject *subject, const char *name)
{
    const char *value = hello_request_field(subject->request, name);
    if (value)
        put_value(subject, name, strlen(name), value, strlen(value));
    else
        put_absent(subject);
}

/* ---- Addresses ---- */

/* Ten times as fast as inet_ntop(). */
static void put_v4(struct text *text, const unsigned char bytes[4])
{
    for (int i = 0; i < 4; i++) {
        text_put(text, ".", i > 0);
        text_put_number(text, bytes[i]);
    }
}

/* Without the port. "unix:" for a unix socket, "-" for other families. */
static void put_address(struct text *text, const struct sockaddr *peer)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    char string[INET6_ADDRSTRLEN];
    if (peer->sa_family == AF_INET) {
        memcpy(&v4, peer, sizeof v4);
        put_v4(text, (const unsigned char *)&v4.sin_addr);
    } else if (peer->sa_family == AF_INET6) {
        memcpy(&v6, peer, sizeof v6);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) /* of a socket for both families */
            put_v4(text, v6.sin6_addr.s6_addr + 12);
        else if (inet_ntop(AF_INET6, &v6.sin6_addr, string, sizeof string))
            text_put_string(text, string);
    } else {
        text_put_string(text, peer->sa_family == AF_UNIX ? "unix:" : "-");
    }
}

/* 0 for an address without a port. */
static in_port_t port_of(const struct sockaddr *peer)
{
    struct sockaddr_in v4; /* the port of sockaddr_in6 has the same offset */
    if (peer->sa_family != AF_INET && peer->sa_family != AF_INET6)
        return 0;
    memcpy(&v4, peer, sizeof v4);
    return ntohs(v4.sin_port);
}

/* ---- Time ---- */

/* As in the Common Log Format, "24/Nov/2026:08:40:07 +0000", or as in RFC 3339,
 * "2026-11-24T08:40:07.546Z". */
static void put_time(struct text *text, bool is_common)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    /* The latest formatted second: many requests end in the same second. */
    static _Thread_local struct second {
        time_t second;
        char text[80]; /* any int would fit */
    } seconds[2];
    struct second *last = &seconds[is_common];
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != last->second && gmtime_r(&now.tv_sec, &utc)) {
        last->second = now.tv_sec;
        if (is_common)
            snprintf(last->text, sizeof last->text, "%02d/%.3s/%d:%02d:%02d:%02d +0000",
                     utc.tm_mday, months + 3 * (size_t)utc.tm_mon, 1900 + utc.tm_year, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
        else
            snprintf(last->text, sizeof last->text, "%d-%02d-%02dT%02d:%02d:%02d.",
                     1900 + utc.tm_year, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                     utc.tm_sec);
    }
    text_put_string(text, last->text);
    if (is_common)
        return;
    unsigned milliseconds = (unsigned)(now.tv_nsec / 1000000);
    const char rest[] = {(char)('0' + milliseconds / 100), (char)('0' + milliseconds / 10 % 10),
                         (char)('0' + milliseconds % 10), 'Z'};
    text_put(text, rest, sizeof rest);
}

/* ---- Other parts ---- */

typedef const char *getter(const struct hello_request *request, size_t *length);

static void put_bytes(struct subject *subject, getter *get)
{
    size_t length;
    const char *bytes = get(subject->request, &length);
    if (bytes)
        put(subject, bytes, length);
}

static void put_hostname(struct subject *subject)
{
    struct utsname system;
    if (uname(&system) == 0)
        put_string(subject, system.nodename);
}

/* "-" if the request line was not read. */
static void put_request_line(struct subject *subject)
{
    const char *method = hello_request_method(subject->request);
    if (!method[0]) {
        put_absent(subject);
        return;
    }
    put_string(subject, method);
    put_literal(subject, " ");
    put_bytes(subject, hello_request_target);
    put_literal(subject, " ");
    put_literal(subject, hello_request_protocol(subject->request));
}

/* ---- Placeholders ---- */

enum { FOR_USERS = 11 }; /* the first parts; the others are for the access log only */

static const struct part {
    char name[12];
    char code; /* in put_part() */
} parts[] = {
    {"path", 'p'},    {"method", 'm'},     {"host", 'h'},      {"query", 'q'},
    {"remote", 'r'},  {"hostname", 'n'},   {"target", 't'},    {"protocol", 'v'},
    {"field", ':'},   {"fields", 'f'},     {"time", 'c'},      {"remote_port", 'R'},
    {"local", 'l'},   {"local_port", 'L'}, {"body_size", 'B'}, {"request", 'u'},
    {"status", 's'},  {"bytes", 'b'},      {"complete", 'e'},  {"duration", 'd'},
    {"referer", 'F'}, {"agent", 'a'},      {"more", '+'},
};

static void put_part(struct subject *subject, char code, const char *name, size_t length)
{
    const struct hello_request *request = subject->request;
    const struct hello_access_record *record = subject->record;
    struct text *text = &subject->text;
    /* A request without an answer: in the older formats as nginx logs a closed connection. */
    const unsigned none = subject->escape == ESCAPE_LOG ? 499 : 0;
    switch (code) {
    case 'p': put_bytes(subject, hello_request_path); break;
    case 'm': put_string(subject, hello_request_method(request)); break;
    case 'h': put_first(subject, "Host"); break;
    case 'q': put_bytes(subject, hello_request_query); break;
    case 'r': put_address(text, hello_request_peer(request)); break;
    case 'n': put_hostname(subject); break;
    case 't': put_bytes(subject, hello_request_target); break;
    case 'v': put_literal(subject, hello_request_protocol(request)); break;
    case ':': put_fields(subject, &values, name, length); break;
    case 'f':
        put_fields(subject, subject->escape == ESCAPE_JSON ? &objects : &lines, NULL, 0);
        break;
    case 'c': put_time(text, subject->escape == ESCAPE_LOG); break;
    case 'R': text_put_number(text, port_of(hello_request_peer(request))); break;
    case 'l': put_address(text, hello_request_local(request)); break;
    case 'L': text_put_number(text, port_of(hello_request_local(request))); break;
    case 'B': text_put_number(text, hello_request_body_size(request)); break;
    case 'u': put_request_line(subject); break;
    case 's': text_put_number(text, record->status ? record->status : none); break;
    case 'b': text_put_number(text, record->body_size); break;
    case 'e': put_literal(subject, record->complete ? "true" : "false"); break;
    case 'd': text_put_number(text, record->duration_ns / 1000); break;
    case 'F': put_first(subject, "Referer"); break;
    case 'a': put_first(subject, "User-Agent"); break;
    case '+': put_more(subject); break;
    default: break;
    }
}

/* Search the first `count` parts. NULL if none has that name. */
static const struct part *find_part(const char *name, size_t length, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (parts[i].name[0] == *name && length < sizeof parts[i].name && !parts[i].name[length] &&
            memcmp(parts[i].name, name, length) == 0)
            return &parts[i];
    return NULL;
}

/* Put a format up to its end, or up to a placeholder that is not in the first `count` parts.
 * Returns the position of the stop. subject: NULL = only check. */
static const char *walk(struct subject *subject, const char *format, size_t count)
{
    for (;;) {
        size_t length = strcspn(format, "{");
        const bool is_brace = format[length] && format[length + 1] == '{';
        if (subject)
            text_put(&subject->text, format, length + is_brace);
        format += length + 2 * (size_t)is_brace;
        if (is_brace)
            continue;
        if (!*format)
            return format;
        const char *name = format + 1, *end = name;
        while (*end && *end != '}' && *end != ':')
            end++;
        const struct part *part = find_part(name, (size_t)(end - name), count);
        const bool is_argued = *end == ':';
        const char *argument = end + is_argued;
        end = is_argued ? argument + strcspn(argument, "{}: \t,;\"") : end; /* of a token */
        if (!part || *end != '}' || is_argued != (part->code == ':') ||
            (is_argued && argument == end))
            return format;
        if (subject)
            put_part(subject, part->code, argument, (size_t)(end - argument));
        format = end + 1;
    }
}

const char *format_fault(const char *format)
{
    return *walk(NULL, format, FOR_USERS) ? FORMAT_EXPECTED : NULL;
}

void format_put(struct subject *subject, const char *format)
{
    walk(subject, format, sizeof parts / sizeof parts[0]);
}
