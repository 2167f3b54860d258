/* SPDX-License-Identifier: MIT */
#include "../../lib/target.h"
#include "suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A string with its length, so that it may hold NUL. */
#define BYTES(text) text, sizeof(text) - 1

/* ---- hello__target_parse ---- */

static const struct {
    const char *target;
    size_t length;
    const char *path;  /* NULL = refused */
    const char *query; /* NULL = none */
} parses[] = {
    /* origin-form */
    {BYTES("/"), "/", NULL},
    {BYTES("/abc"), "/abc", NULL},
    {BYTES("/a%20b"), "/a%20b", NULL},
    {BYTES("/a?"), "/a", ""},
    {BYTES("/a?b=c"), "/a", "b=c"},
    {BYTES("/a?b?c"), "/a", "b?c"},
    {BYTES("/?%zz"), "/", "%zz"},
    {BYTES("/a#b"), "/a#b", NULL},
    {BYTES("/a+b"), "/a+b", NULL},
    {BYTES("/\xc3\xa9"), "/\xc3\xa9", NULL},
    {BYTES("//host/path"), "//host/path", NULL},
    {BYTES("///"), "///", NULL},
    {BYTES("/a:b"), "/a:b", NULL},
    {BYTES("/%00"), "/%00", NULL},
    {BYTES("/%fF"), "/%fF", NULL},
    /* refused */
    {BYTES(""), NULL, NULL},
    {BYTES("abc"), NULL, NULL},
    {BYTES("?"), NULL, NULL},
    {BYTES("?a=b"), NULL, NULL},
    {BYTES("**"), NULL, NULL},
    {BYTES("/a\x1f"), NULL, NULL},
    {BYTES("/a\x7f"), NULL, NULL},
    {BYTES("/a\0b"), NULL, NULL},
    {BYTES("/a?\n"), NULL, NULL},
    {BYTES("/%"), NULL, NULL},
    {BYTES("/%2"), NULL, NULL},
    {BYTES("/%2g"), NULL, NULL},
    {BYTES("/%g2"), NULL, NULL},
    {BYTES("/a%?b"), NULL, NULL},
    {BYTES("/%%20"), NULL, NULL},
    {BYTES(":"), NULL, NULL},
    {BYTES(":/a"), NULL, NULL},
    {BYTES("1http://h/"), NULL, NULL},
    {BYTES("ht_tp://h/"), NULL, NULL},
    /* absolute-form */
    {BYTES("http://host"), "", NULL},
    {BYTES("http://host/"), "/", NULL},
    {BYTES("http://host/a%20b?c"), "/a%20b", "c"},
    {BYTES("http://host?q"), "", "q"},
    {BYTES("HTTP://HOST/a"), "/a", NULL},
    {BYTES("a+-.9://h/a"), "/a", NULL},
    {BYTES("http:/a"), "/a", NULL},
    {BYTES("http:a"), "", NULL},
    {BYTES("http:"), "", NULL},
    {BYTES("http:%zz"), "", NULL},
    {BYTES("http:///a"), "/a", NULL},
    {BYTES("http://host//a"), "//a", NULL},
    {BYTES("http://host/%zz"), NULL, NULL},
    /* authority */
    {BYTES("http://host:80/a"), "/a", NULL},
    {BYTES("http://host:/a"), "/a", NULL},
    {BYTES("http://:80/a"), "/a", NULL},
    {BYTES("http://host:8x/a"), NULL, NULL},
    {BYTES("http://a:b:80/a"), NULL, NULL},
    {BYTES("http://user@host/a"), "/a", NULL},
    {BYTES("http://user:pass%20word@host/a"), "/a", NULL},
    {BYTES("http://a@b@host/a"), "/a", NULL},
    {BYTES("http://us er@host/a"), NULL, NULL},
    {BYTES("http://us%zz@host/a"), NULL, NULL},
    {BYTES("http://us\"er@host/a"), NULL, NULL},
    {BYTES("http://[::1]/a"), "/a", NULL},
    {BYTES("http://[::1]:80/a"), "/a", NULL},
    {BYTES("http://[::1]:8x/a"), NULL, NULL},
    {BYTES("http://[::1]80/a"), NULL, NULL},
    {BYTES("http://[::1/a"), NULL, NULL},
    {BYTES("http://[fe80::1%25eth0]/a"), "/a", NULL},
    {BYTES("http://[fe80::1%25e%20h]/a"), NULL, NULL},
    {BYTES("http://[fe80::1%25e%c]/a"), NULL, NULL},
    {BYTES("http://h%c3%a9/a"), "/a", NULL},
    {BYTES("http://h%25/a"), NULL, NULL},
    {BYTES("http://h%41/a"), NULL, NULL},
    {BYTES("http://h%4/a"), NULL, NULL},
    {BYTES("http://h\xc3\xa9/a"), NULL, NULL},
    {BYTES("http://a<b>/a"), NULL, NULL},
    {BYTES("http://a^b/a"), NULL, NULL},
    {BYTES("http://a b/a"), NULL, NULL},
};

/* The text is on the heap and not NUL-terminated, so that a sanitizer sees a read beyond it. */
static int parse(struct target *target, const char *text, size_t length, char **copy)
{
    *copy = malloc(length ? length : 1);
    ck_assert_ptr_nonnull(*copy);
    memcpy(*copy, text, length);
    return hello__target_parse(target, *copy, length, false);
}

START_TEST(parses_as_the_table_says)
{
    struct target target;
    char *copy;
    int result = parse(&target, parses[_i].target, parses[_i].length, &copy);
    const char *path = parses[_i].path;
    const char *query = parses[_i].query;
    ck_assert_msg(result == (path ? 0 : -EINVAL), "%s: %d", parses[_i].target, result);
    if (path) {
        ck_assert_msg(target.path_length == strlen(path) &&
                          memcmp(target.path, path, target.path_length) == 0,
                      "%s: path %.*s", parses[_i].target, (int)target.path_length, target.path);
        ck_assert_msg((target.query != NULL) == (query != NULL), "%s: query", parses[_i].target);
        ck_assert_uint_eq(target.query_length, query ? strlen(query) : 0);
        ck_assert(!query || memcmp(target.query, query, target.query_length) == 0);
        ck_assert(!target.asterisk);
    }
    free(copy);
}
END_TEST

START_TEST(knows_the_asterisk)
{
    struct target target;
    ck_assert_int_eq(hello__target_parse(&target, "*", 1, false), 0);
    ck_assert(target.asterisk);
    ck_assert_uint_eq(target.path_length, 0);
    ck_assert_ptr_null(target.query);
}
END_TEST

START_TEST(reads_an_authority_for_connect)
{
    static const struct {
        const char *target;
        int error;
        const char *path, *query;
    } cases[] = {
        {"h:443", 0, "", NULL},           {"u@[::1]:443", 0, "", NULL},
        {"h:443/a?b", 0, "/a", "b"},      {"/a", 0, "/a", NULL},
        {"/h:443?b", 0, "/h:443", "b"},   {"h:x", -EINVAL, NULL, NULL},
        {"h:443/%", -EINVAL, NULL, NULL}, {"h<", -EINVAL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct target target = {0};
        const char *text = cases[i].target;
        ck_assert_msg(hello__target_parse(&target, text, strlen(text), true) == cases[i].error,
                      "%s", text);
        if (cases[i].error)
            continue;
        ck_assert_uint_eq(target.path_length, strlen(cases[i].path));
        ck_assert_mem_eq(target.path, cases[i].path, target.path_length);
        ck_assert_uint_eq(target.query_length, cases[i].query ? strlen(cases[i].query) : 0);
    }
}
END_TEST

/* Which paths are cleaned and sent back as they are: those that hold no byte which RFC 3986 wants
 * to be escaped. */
START_TEST(tells_literal_paths)
{
    static const struct {
        const char *target;
        bool literal;
    } paths[] = {
        {"/", true},          {"/azAZ09-._~!$&'()*+,;=:@[]/", true},
        {"/%2F%2f%22", true}, {"/a?\"", true},
        {"http://h<", false}, {"http://h/%2e", true},
        {"/a\"", false},      {"/%2F\"", false},
        {"/%2F#", false},     {"/\\", false},
        {"/^`{|}<>", false},  {"/%c3\xa9", false},
        {"/\xc3\xa9", false},
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct target target = {.literal = false};
        hello__target_parse(&target, paths[i].target, strlen(paths[i].target), false);
        ck_assert_msg(target.literal == paths[i].literal, "%s", paths[i].target);
    }
}
END_TEST

START_TEST(leaves_the_target_alone_on_failure)
{
    struct target target = {.path_length = 42};
    ck_assert_int_eq(hello__target_parse(&target, "/%", 2, false), -EINVAL);
    ck_assert_uint_eq(target.path_length, 42);
}
END_TEST

/* ---- hello__path_decode ---- */

static const struct {
    const char *path;
    const char *decoded;
    size_t length;
} decodes[] = {
    {"", BYTES("")},
    {"/abc", BYTES("/abc")},
    {"/%41%62", BYTES("/Ab")},
    {"/%2541", BYTES("/%41")},
    {"/%00x", BYTES("/\0x")},
    {"/%2F%2f", BYTES("///")},
    {"/%c3%A9", BYTES("/\xc3\xa9")},
    {"/a+b#c", BYTES("/a+b#c")},
};

START_TEST(decodes_once)
{
    char path[32];
    size_t length = strlen(decodes[_i].path);
    memcpy(path, decodes[_i].path, length);
    ck_assert_uint_eq(hello__path_decode(path, path, length), decodes[_i].length);
    ck_assert_mem_eq(path, decodes[_i].decoded, decodes[_i].length);
}
END_TEST

/* ---- hello__path_clean ---- */

static const struct {
    const char *path;
    const char *cleaned;
} cleans[] = {
    {"", "/"},
    {"/", "/"},
    {"/a", "/a"},
    {"/a/", "/a/"},
    {"/a/b", "/a/b"},
    {"//", "/"},
    {"///a", "/a"},
    {"/a//b", "/a/b"},
    {"/a//", "/a/"},
    {"/.", "/"},
    {"/./", "/"},
    {"/a/.", "/a"},
    {"/a/./b", "/a/b"},
    {"/..", "/"},
    {"/../", "/"},
    {"/../a", "/a"},
    {"/a/..", "/"},
    {"/a/../", "/"},
    {"/a/../b", "/b"},
    {"/a/b/../..", "/"},
    {"/a/b/../../../c", "/c"},
    {"/a/b/..", "/a"},
    {"/a/b/../", "/a/"},
    {"/...", "/..."},
    {"/..a", "/..a"},
    {"/a..", "/a.."},
    {"/.a", "/.a"},
    {"/a/...//.../", "/a/.../.../"},
    {"//evil.example/", "/evil.example/"},
};

START_TEST(cleans_as_the_table_says)
{
    char path[64] = "";
    size_t length = strlen(cleans[_i].path);
    memcpy(path, cleans[_i].path, length);
    size_t cleaned = hello__path_clean(path, length);
    ck_assert_msg(cleaned == strlen(cleans[_i].cleaned) &&
                      memcmp(path, cleans[_i].cleaned, cleaned) == 0,
                  "%s: %.*s, not %s", cleans[_i].path, (int)cleaned, path, cleans[_i].cleaned);
    ck_assert_msg(hello__path_clean(path, cleaned) == cleaned, "%s: not idempotent",
                  cleans[_i].path);
    bool changed = strcmp(cleans[_i].path, cleans[_i].cleaned) != 0;
    ck_assert_msg(changed == (cleaned != length), "%s: length and change disagree",
                  cleans[_i].path);
}
END_TEST

START_TEST(cleans_around_nul)
{
    char path[] = "/a\0b/../c\0";
    ck_assert_uint_eq(hello__path_clean(path, sizeof path - 1), 3);
    ck_assert_mem_eq(path, "/c\0", 3);
}
END_TEST

/* ---- hello__location_format ---- */

static const struct {
    const char *path;
    size_t path_length;
    const char *query;
    const char *location;
    bool literal;
} locations[] = {
    {BYTES("/"), NULL, "/", false},
    {BYTES("/a b"), NULL, "/a%20b", false},
    {BYTES("/\0\xff%?#\r\n\""), NULL, "/%00%FF%25%3F%23%0D%0A%22", false},
    {BYTES("/azAZ09-_.~$&+,/:;=@"), NULL, "/azAZ09-_.~$&+,/:;=@", false},
    {BYTES("/!*'()[]"), NULL, "/%21%2A%27%28%29%5B%5D", false},
    {BYTES("/!*'()[]"), NULL, "/!*'()[]", true},
    {BYTES("/%2f%2e%C3"), NULL, "/%2f%2e%C3", true},
    {BYTES("/a"), "b=c&d", "/a?b=c&d", false},
    {BYTES("/a"), "", "/a", true},
    {BYTES("/a"), "%zz\"<>", "/a?%zz\"<>", true},
    {BYTES("/a"), "\xc3\xa9", "/a?%c3%a9", true},
};

START_TEST(writes_locations)
{
    char location[64];
    const char *query = locations[_i].query;
    const struct target target = {
        .query = query,
        .query_length = query ? strlen(query) : 0,
        .literal = locations[_i].literal,
    };
    size_t length =
        hello__location_format(location, locations[_i].path, locations[_i].path_length, &target);
    ck_assert_msg(length == strlen(locations[_i].location) &&
                      memcmp(location, locations[_i].location, length) == 0,
                  "%.*s, not %s", (int)length, location, locations[_i].location);
}
END_TEST

START_TEST(never_writes_beyond_its_room)
{
    char room[] = "xxxxxxxxxxxxxxx";
    const struct target target = {.query = "\xff", .query_length = 1};
    ck_assert_uint_eq(hello__location_format(room, BYTES("/ \xff"), &target), 11);
    ck_assert_str_eq(room, "/%20%FF?%ff");
    ck_assert_str_eq(room + 3 * 4, "xxx");
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    const struct test_case cases[] = {
        {"parsing", NULL, NULL, TESTS(parses_as_the_table_says), COUNT(parses)},
        {"forms", NULL, NULL,
         TESTS(knows_the_asterisk, reads_an_authority_for_connect,
               leaves_the_target_alone_on_failure, tells_literal_paths),
         0},
        {"decoding", NULL, NULL, TESTS(decodes_once), COUNT(decodes)},
        {"cleaning", NULL, NULL, TESTS(cleans_as_the_table_says), COUNT(cleans)},
        {"cleaning-nul", NULL, NULL, TESTS(cleans_around_nul), 0},
        {"location", NULL, NULL, TESTS(writes_locations), COUNT(locations)},
        {"location-room", NULL, NULL, TESTS(never_writes_beyond_its_room), 0},
    };
    return RUN_SUITE("target", cases);
}
