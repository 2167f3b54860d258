/* SPDX-License-Identifier: MIT */
/* A host whose name changes while a long greeting is made: measured with one, written with another.
 */
#include "../../daemon/answer.h"
#include "fixture.h"
#include "suite.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Longer than what is written in one go. */
enum { LONG = 5000 };
static char format[LONG + sizeof "{hostname}h"];

static const struct {
    const char *end;   /* of the format, behind LONG letters */
    size_t lengths[2]; /* of the name, by turns */
    size_t expected;   /* bytes of the body behind these letters */
} hosts[] = {
    {"{hostname}", {5, 5}, 6},  {"{hostname}", {5, 64}, 6},  {"{hostname}", {64, 5}, 6},
    {"{hostname}", {0, 64}, 1}, {"{hostname}h", {5, 64}, 7}, {"{hostname}h", {64, 5}, 7},
};

static int host;
static unsigned calls;

/* In the place of the C library's. */
int uname(struct utsname *system)
{
    size_t length = hosts[host].lengths[calls++ % 2];
    ck_assert_uint_lt(length, sizeof system->nodename);
    memset(system->nodename, 'h', length);
    system->nodename[length] = '\0';
    return 0;
}

/* The answer to one request, NUL-terminated. (client.h has another struct answer.) */
static size_t ask(char *text, size_t size)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)hello_server_port(server)),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    size_t length = 0;
    ssize_t count;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(send(fd, request, sizeof request - 1, 0), sizeof request - 1);
    while ((count = recv(fd, text + length, size - 1 - length, 0)) > 0)
        length += (size_t)count;
    text[length] = '\0';
    close(fd);
    return length;
}

START_TEST(a_name_that_changes_leaves_no_gap)
{
    struct answer answer = {.greeting = format};
    char text[LONG + 1024];
    host = _i;
    memset(format, 'h', LONG);
    strcpy(format + LONG, hosts[_i].end);
    options.responder = answer_respond;
    options.responder_data = &answer;
    fixture_start(1);
    size_t length = ask(text, sizeof text);
    const char *body = strstr(text, "\r\n\r\n");
    ck_assert_msg(body != NULL, "%s", text);
    body += 4;
    size_t size = length - (size_t)(body - text);
    ck_assert_uint_eq(calls, 2);
    ck_assert_uint_eq(size, LONG + hosts[_i].expected);
    ck_assert_msg(strspn(body, "h\n") == size, "%s", body);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"hostname", fixture_prepare, fixture_stop, TESTS(a_name_that_changes_leaves_no_gap),
         sizeof hosts / sizeof hosts[0]},
    };
    return RUN_SUITE("daemon_answer", cases);
}
