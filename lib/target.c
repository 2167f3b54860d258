/* SPDX-License-Identifier: MIT */
/* The rules of Go's net/url, which doc/behaviour.md describes. */
#include "target.h"

#include "ascii.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* A part of the parsed text. */
struct slice {
    const char *at;
    size_t length;
};

static struct slice slice_from(struct slice s, size_t offset)
{
    return (struct slice){s.at + offset, s.length - offset};
}

static struct slice slice_until(struct slice s, size_t length)
{
    return (struct slice){s.at, length};
}

/* The offset of the first c, or the length. */
static size_t slice_find(struct slice s, char c)
{
    const char *found = s.length ? memchr(s.at, c, s.length) : NULL;
    return found ? (size_t)(found - s.at) : s.length;
}

/* ---- Escapes ---- */

/* Upper and lower case differ in one bit, which is set in lowercase letters. */
static unsigned lower_case(char c)
{
    return (unsigned char)c | 0x20U;
}

static unsigned hex_value(char c)
{
    return isdigit((unsigned char)c) ? (unsigned)(c - '0') : lower_case(c) - 'a' + 10;
}

/* The byte that an escape stands for: a percent sign and two hexadecimal digits. */
static unsigned escaped_byte(const char *escape)
{
    return hex_value(escape[1]) << 4 | hex_value(escape[2]);
}

/* Whether each percent sign begins a valid escape, of a byte that is at least `least`. */
static bool escapes_are_valid(struct slice s, unsigned least)
{
    while ((s = slice_from(s, slice_find(s, '%'))).length > 0) {
        if (s.length < 3 || !isxdigit((unsigned char)s.at[1]) ||
            !isxdigit((unsigned char)s.at[2]) || escaped_byte(s.at) < least)
            return false;
        s = slice_from(s, 3);
    }
    return true;
}

/* ---- The host ---- */

/* Empty, or a colon and digits. */
static bool port_is_valid(struct slice s)
{
    for (size_t i = 1; i < s.length; i++)
        if (!isdigit((unsigned char)s.at[i]))
            return false;
    return s.length == 0 || s.at[0] == ':';
}

static bool name_is_valid(struct slice s, unsigned least)
{
    unsigned classes = hello__all_bytes(s.at, s.length, ASCII_REG_NAME | ASCII_PLAIN);
    return (classes & ASCII_REG_NAME) && ((classes & ASCII_PLAIN) || escapes_are_valid(s, least));
}

static bool ipv6_is_valid(struct slice s)
{
    char copy[INET6_ADDRSTRLEN] = "";
    struct in6_addr address;
    if (s.length >= sizeof copy)
        return false;
    memcpy(copy, s.at, s.length);
    return strlen(copy) == s.length && inet_pton(AF_INET6, copy, &address) == 1;
}

/* s: the bytes between the brackets. */
static bool literal_is_valid(struct slice s, unsigned least)
{
    static const char zone_mark[] = "%25";
    enum { MARK = sizeof zone_mark - 1 };
    size_t address = slice_find(s, '%');
    struct slice zone = slice_from(s, address);
    if (!ipv6_is_valid(slice_until(s, address)))
        return false;
    return zone.length == 0 || (zone.length > MARK && memcmp(zone.at, zone_mark, MARK) == 0 &&
                                name_is_valid(slice_from(zone, MARK), least));
}

bool hello__host_is_valid(const char *text, size_t length, unsigned least)
{
    struct slice s = {text, length};
    if (length > 0 && text[0] == '[') {
        size_t end = slice_find(s, ']');
        return end < length && literal_is_valid(slice_until(slice_from(s, 1), end - 1), least) &&
               port_is_valid(slice_from(s, end + 1));
    }
    size_t name = slice_find(s, ':');
    return name_is_valid(slice_until(s, name), least) && port_is_valid(slice_from(s, name));
}

/* ---- The request-target ---- */

/* In ASCII; isalpha() depends on the locale. */
static bool is_alpha(char c)
{
    return lower_case(c) - 'a' < 26;
}

/* Whether c, unless it is a letter, may follow the first letter of a scheme. */
static bool is_scheme_tail(char c)
{
    return isdigit((unsigned char)c) || c == '+' || c == '-' || c == '.';
}

/* The length of a leading "scheme:"; 0 = none. */
static size_t scheme_length(struct slice s)
{
    size_t i = 0;
    while (i < s.length && (is_alpha(s.at[i]) || (i > 0 && is_scheme_tail(s.at[i]))))
        i++;
    return i > 0 && i < s.length && s.at[i] == ':' ? i + 1 : 0;
}

/* [ userinfo "@" ] host [ ":" port ]. As in the model, a target's host has no escaped ASCII. */
static bool authority_is_valid(struct slice s)
{
    const char *at = memrchr(s.at, '@', s.length);
    struct slice userinfo = slice_until(s, at ? (size_t)(at - s.at) : 0);
    struct slice host = slice_from(s, at ? userinfo.length + 1 : 0);
    return hello__all_bytes(userinfo.at, userinfo.length, ASCII_USERINFO) &&
           escapes_are_valid(userinfo, 0) && hello__host_is_valid(host.at, host.length, 0x80);
}

/* Cut a leading authority off, and check it. */
static bool cut_authority(struct slice *path, struct slice s)
{
    size_t end = slice_find(s, '/');
    *path = slice_from(s, end);
    return authority_is_valid(slice_until(s, end));
}

/* Find the path in a target without its query. */
static bool find_path(struct slice *path, struct slice s)
{
    size_t scheme = scheme_length(s);
    s = slice_from(s, scheme);
    if (s.length == 0 || s.at[0] != '/') {
        *path = slice_until(s, 0);
        return scheme > 0;
    }
    if (scheme > 0 && s.length >= 2 && s.at[1] == '/')
        return cut_authority(path, slice_from(s, 2));
    *path = s;
    return true;
}

/* Split a target at its query. find: finds the path in the part before the query. */
static int split(struct target *target, struct slice whole,
                 bool (*find)(struct slice *path, struct slice s))
{
    size_t mark = slice_find(whole, '?');
    struct slice path;
    if (!find(&path, slice_until(whole, mark)) || !escapes_are_valid(path, 0))
        return -EINVAL;
    *target = (struct target){.path = path.at, .path_length = path.length};
    target->literal = hello__all_bytes(path.at, path.length, ASCII_ESCAPED_PATH);
    if (mark < whole.length) {
        target->query = whole.at + mark + 1;
        target->query_length = whole.length - mark - 1;
    }
    return 0;
}

int hello__target_parse(struct target *target, const char *text, size_t length, bool is_connect)
{
    bool starts_with_slash = length > 0 && text[0] == '/';
    /* Most targets are only a path. */
    unsigned classes = ASCII_PLAIN | ASCII_ESCAPED_PATH;
    classes = starts_with_slash ? hello__all_bytes(text, length, classes) : 0;
    if (classes & ASCII_PLAIN) {
        *target = (struct target){.path = text, .path_length = length};
        target->literal = classes & ASCII_ESCAPED_PATH;
        return 0;
    }
    if (!hello__all_bytes(text, length, ASCII_NO_CONTROL))
        return -EINVAL;
    if (length == 1 && text[0] == '*') {
        *target = (struct target){.path = text, .asterisk = true};
        return 0;
    }
    return split(target, (struct slice){text, length},
                 is_connect && !starts_with_slash ? cut_authority : find_path);
}

/* ---- The path ---- */

/* Copies all bytes up to the next escape at once: most paths have no escape. */
size_t hello__path_decode(char *decoded, const char *path, size_t length)
{
    struct slice rest = {path, length};
    size_t written = 0;
    while (rest.length > 0) {
        size_t plain = slice_find(rest, '%');
        if (decoded + written != rest.at)
            memmove(decoded + written, rest.at, plain);
        written += plain;
        rest = slice_from(rest, plain);
        if (rest.length > 0) {
            decoded[written++] = (char)escaped_byte(rest.at);
            rest = slice_from(rest, 3);
        }
    }
    return written;
}

/* Whether an element is "." (dots = 1) or ".." (dots = 2). */
static bool is_dots(const char *element, size_t length, size_t dots)
{
    return length == dots && memcmp(element, "..", dots) == 0;
}

/* The length of a path without its last element. The path has no trailing slash. */
static size_t parent_length(const char *path, size_t length)
{
    const char *slash = memrchr(path, '/', length);
    return slash ? (size_t)(slash - path) : 0;
}

/* The length of the part that is surely clean: up to the slash before an element that is empty or
 * starts with a dot. Most paths are clean as a whole. */
static size_t clean_length(const char *path, size_t length)
{
    for (size_t i = 1; i < length; i++)
        if (path[i - 1] == '/' && (path[i] == '/' || path[i] == '.'))
            return i - 1;
    return length;
}

/* Writing in place is safe, because the output is never longer than the input read so far. For the
 * same reason, a path that has changed has another length. */
size_t hello__path_clean(char *path, size_t length)
{
    size_t written = clean_length(path, length);
    if (written == length && length > 0)
        return length;
    bool trailing_slash = length > 0 && path[length - 1] == '/';
    for (size_t i = written; i < length;) {
        size_t start = i + 1; /* after the slash */
        size_t element = slice_find((struct slice){path + start, length - start}, '/');
        if (is_dots(path + start, element, 2)) {
            written = parent_length(path, written);
        } else if (element > 0 && !is_dots(path + start, element, 1)) {
            path[written] = '/';
            memmove(path + written + 1, path + start, element);
            written += 1 + element;
        }
        i = start + element;
    }
    if (trailing_slash || written == 0)
        path[written++] = '/';
    return written;
}

/* raw: ASCII bytes are not escaped. Returns the end of the output. */
static char *write_escaped(char *to, const char *bytes, size_t length, bool raw)
{
    const char *digits = raw ? "0123456789abcdef" : "0123456789ABCDEF";
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (raw ? byte < 0x80 : hello__all_bytes(bytes + i, 1, ASCII_LOCATION_PATH)) {
            *to++ = bytes[i];
            continue;
        }
        *to++ = '%';
        *to++ = digits[byte >> 4];
        *to++ = digits[byte & 15];
    }
    return to;
}

size_t hello__location_format(char *location, const char *path, size_t path_length,
                              const struct target *target)
{
    char *end = write_escaped(location, path, path_length, target->literal);
    if (target->query_length > 0) {
        *end++ = '?';
        end = write_escaped(end, target->query, target->query_length, true);
    }
    *end = '\0';
    return (size_t)(end - location);
}
