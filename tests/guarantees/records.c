/* SPDX-License-Identifier: MIT */
/* What a program learns of its requests: access records and statistics. */
#include "../unit/client.h"
#include "../unit/fixture.h"
#include "../unit/suite.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* A record, and what its request says, copied while it is valid. */
struct note {
    struct hello_access_record record;
    char method[16], protocol[16], target[160], agent[32];
    size_t target_length;
    bool path_is_gone;
    in_port_t peer_port;
};

static struct {
    pthread_mutex_t lock;
    unsigned count;
    struct note last;
} notes = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void copy_text(char *copy, size_t size, const char *text)
{
    snprintf(copy, size, "%s", text ? text : "(none)");
}

static in_port_t port_of(const struct sockaddr *peer)
{
    struct sockaddr_in address;
    ck_assert_ptr_nonnull(peer);
    ck_assert_int_eq(peer->sa_family, AF_INET);
    memcpy(&address, peer, sizeof address);
    return address.sin_port;
}

static void take_note(void *data, const struct hello_access_record *record)
{
    struct note note = {.record = *record};
    size_t path_length = 1;
    ck_assert_ptr_eq(data, &notes);
    copy_text(note.method, sizeof note.method, hello_request_method(record->request));
    copy_text(note.protocol, sizeof note.protocol, hello_request_protocol(record->request));
    copy_text(note.target, sizeof note.target,
              hello_request_target(record->request, &note.target_length));
    copy_text(note.agent, sizeof note.agent, hello_request_field(record->request, "user-agent"));
    note.path_is_gone = !hello_request_path(record->request, &path_length) && path_length == 0;
    note.peer_port = port_of(hello_request_peer(record->request));
    pthread_mutex_lock(&notes.lock);
    notes.count++;
    notes.last = note;
    pthread_mutex_unlock(&notes.lock);
}

static unsigned count_notes(void)
{
    pthread_mutex_lock(&notes.lock);
    unsigned count = notes.count;
    pthread_mutex_unlock(&notes.lock);
    return count;
}

/* The record comes when the kernel has the answer: maybe after the client has it. */
static struct note wait_for_note(unsigned count)
{
    const time_t latest = time(NULL) + 20;
    while (count_notes() < count) {
        ck_assert_msg(time(NULL) < latest, "%u records, not %u", count_notes(), count);
        if (options.threads == 0)
            ck_assert_int_eq(hello_server_dispatch(server), 0);
        sched_yield();
    }
    pthread_mutex_lock(&notes.lock);
    struct note last = notes.last;
    unsigned counted = notes.count;
    pthread_mutex_unlock(&notes.lock);
    ck_assert_uint_eq(counted, count);
    return last;
}

static void prepare(void)
{
    fixture_prepare();
    notes.count = 0;
    options.access = take_note;
    options.access_data = &notes;
}

static in_port_t port_of_client(const struct client *client)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    ck_assert_int_eq(getsockname(client->fd, (struct sockaddr *)&address, &length), 0);
    return address.sin_port;
}

#define AGENT "Host: h\r\nUser-Agent: test/1\r\n"

static const struct {
    const char *request;
    const char *method, *target, *agent;
    unsigned status;
    uint64_t body_size;
} requests[] = {
    {"GET /abc?q HTTP/1.1\r\n" AGENT "\r\n", "GET", "/abc?q", "test/1", 200, 30},
    {"GET /old HTTP/1.0\r\n" AGENT "\r\n", "GET", "/old", "test/1", 200, 30},
    {"HEAD /abc HTTP/1.1\r\n" AGENT "\r\n", "HEAD", "/abc", "test/1", 200, 0},
    {"POST /%41 HTTP/1.1\r\n" AGENT "Content-Length: 3\r\n\r\nxyz", "POST", "/%41", "test/1", 200,
     28},
    {"GET /a//b HTTP/1.1\r\n" AGENT "\r\n", "GET", "/a//b", "test/1", 307, 23},
    {"GET /%q HTTP/1.1\r\n" AGENT "\r\n", "GET", "/%q", "test/1", 400, 16},
    {"GET /two-hosts HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", PATCHED("GET", ""), "/two-hosts",
     "(none)", 400, 0},
    {"BREW /fold HTTP/1.1\r\n" AGENT "A: b\r\n c\r\n\r\n", PATCHED("BREW", ""), "/fold",
     PATCHED("test/1", "(none)"), 400, 0},
    {"GET /old HTTP/1.0\r\n" AGENT "A@: b\r\n\r\n", PATCHED("GET", ""), "/old",
     PATCHED("test/1", "(none)"), 400, 0},
    {"POST /chunk HTTP/1.1\r\n" AGENT "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "POST", "/chunk",
     NULL, 400, 0},
};

enum { REQUESTS = sizeof requests / sizeof requests[0] };

static void check_note(const struct note *note, int i)
{
    ck_assert_str_eq(note->method, requests[i].method);
    const char *protocol = strstr(requests[i].request, "HTTP/1.0") ? "HTTP/1.0" : "HTTP/1.1";
    ck_assert_str_eq(note->protocol, requests[i].method[0] ? protocol : "");
    ck_assert_str_eq(note->target, requests[i].target);
    ck_assert_uint_eq(note->target_length, strlen(requests[i].target));
    if (requests[i].agent)
        ck_assert_str_eq(note->agent, requests[i].agent);
    ck_assert_uint_eq(note->record.status, requests[i].status);
    ck_assert_uint_eq(note->record.body_size, requests[i].body_size);
    ck_assert(note->record.complete);
    ck_assert(note->path_is_gone);
    ck_assert_uint_gt(note->record.duration_ns, 0);
    ck_assert_uint_lt(note->record.duration_ns, UINT64_C(10000000000));
}

START_TEST(each_request_has_its_record)
{
    fixture_start(_i);
    for (int i = 0; i < REQUESTS; i++) {
        struct client client;
        client_open(&client, hello_server_port(server));
        in_port_t port = port_of_client(&client);
        client_send_text(&client, requests[i].request);
        struct answer answer;
        client_read(&client, &answer, strcmp(requests[i].method, "HEAD") == 0);
        struct note note = wait_for_note((unsigned)i + 1);
        check_note(&note, i);
        ck_assert_uint_eq(note.peer_port, port);
        client_close(&client);
    }
}
END_TEST

START_TEST(pipelined_requests_have_one_each)
{
    struct client client;
    struct answer answer;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    for (int i = 0; i < 3; i++)
        client_send_text(&client, requests[0].request);
    for (int i = 0; i < 3; i++)
        client_read(&client, &answer, false);
    struct note note = wait_for_note(3);
    check_note(&note, 0);
    client_close(&client);
}
END_TEST

/* The duration is that of the request: here, of waiting for the rest of its body. */
START_TEST(a_slow_body_that_is_told_408_is_recorded)
{
    struct client client;
    struct answer answer;
    options.body_timeout_ms = 200;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_ask(&client, "POST /slow HTTP/1.1\r\n" AGENT "Content-Length: 5\r\n\r\nab", &answer);
    ck_assert_int_eq(answer.status, 408);
    struct note note = wait_for_note(1);
    ck_assert_uint_eq(note.record.status, 408);
    ck_assert_str_eq(note.agent, "test/1");
    /* The time limit began with the event that brought the head, before the answer was thought of.
     */
    ck_assert_uint_ge(note.record.duration_ns, 100 * 1000000);
    client_close(&client);
}
END_TEST

/* The answer to the first request shows that the second, sent with it, has been read. */
static void send_one_and_a_half(struct client *client)
{
    struct answer answer;
    client_open(client, hello_server_port(server));
    client_send_text(client, "GET /abc HTTP/1.1\r\nHost: h\r\n\r\n"
                             "POST /half HTTP/1.1\r\n" AGENT "Content-Length: 5\r\n\r\nab");
    client_read(client, &answer, false);
    wait_for_note(1);
}

static void check_half(const struct note *note)
{
    ck_assert_str_eq(note->target, "/half");
    ck_assert_str_eq(note->agent, "test/1");
    ck_assert_uint_eq(note->record.status, 0);
    ck_assert(!note->record.complete);
}

START_TEST(a_client_that_goes_away_is_recorded)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    struct client client;
    fixture_start(_i);
    send_one_and_a_half(&client);
    setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client_close(&client); /* a reset */
    struct note note = wait_for_note(2);
    check_half(&note);
}
END_TEST

START_TEST(stop_records_what_it_cuts_off)
{
    struct client client;
    fixture_start(_i);
    send_one_and_a_half(&client);
    hello_server_stop(server);
    server = NULL;
    ck_assert_uint_eq(count_notes(), 2);
    check_half(&notes.last);
    client_close(&client);
}
END_TEST

/* ---- Bodies that are not sent ---- */

static int respond_with_status(void *data, const struct hello_request *request,
                               struct hello_reply *reply)
{
    size_t length;
    const char *path = hello_request_path(request, &length);
    unsigned status = 0;
    (void)data;
    for (size_t i = 1; i < length; i++)
        status = status * 10 + (unsigned)(path[i] - '0');
    ck_assert_int_eq(hello_reply_set_status(reply, status), 0);
    return hello_reply_set_body(reply, "body", 4);
}

static const struct {
    const char *request;
    uint64_t body_size;
} statuses[] = {
    {"GET /200 HTTP/1.1\r\nHost: h\r\n\r\n", 4},  {"GET /404 HTTP/1.1\r\nHost: h\r\n\r\n", 4},
    {"HEAD /404 HTTP/1.1\r\nHost: h\r\n\r\n", 0}, {"GET /204 HTTP/1.1\r\nHost: h\r\n\r\n", 0},
    {"GET /304 HTTP/1.1\r\nHost: h\r\n\r\n", 0},  {"GET /500 HTTP/1.1\r\nHost: h\r\n\r\n", 4},
};

/* RFC 9112, section 6.3. */
START_TEST(counts_the_bodies_that_are_sent)
{
    struct client client;
    struct hello_stats stats;
    unsigned count = 0;
    options.responder = respond_with_status;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    for (; count < sizeof statuses / sizeof statuses[0]; count++) {
        client_send_text(&client, statuses[count].request);
        struct note note = wait_for_note(count + 1);
        ck_assert_msg(note.record.body_size == statuses[count].body_size, "sent: %s",
                      statuses[count].request);
        ck_assert(note.record.complete);
    }
    ck_assert_int_eq(hello_server_stats(server, &stats, sizeof stats), 0);
    ck_assert_uint_eq(stats.body_bytes_sent, 12);
    client_close(&client);
}
END_TEST

/* ---- Statistics ---- */

static struct hello_stats read_stats(void)
{
    struct hello_stats stats;
    ck_assert_int_eq(hello_server_stats(server, &stats, sizeof stats), 0);
    return stats;
}

START_TEST(counts_what_happens)
{
    static const uint64_t none[6] = {0};
    uint64_t expected[6] = {0};
    uint64_t sent = 0;
    struct hello_stats stats;
    fixture_start(_i);
    stats = read_stats();
    ck_assert_uint_eq(stats.connections_accepted, 0);
    ck_assert_mem_eq(stats.responses, none, sizeof none);
    for (int i = 0; i < REQUESTS; i++) {
        struct client client;
        struct answer answer;
        client_open(&client, hello_server_port(server));
        client_send_text(&client, requests[i].request);
        client_read(&client, &answer, strcmp(requests[i].method, "HEAD") == 0);
        wait_for_note((unsigned)i + 1);
        client_close(&client);
        expected[requests[i].status / 100]++;
        sent += requests[i].body_size;
    }
    client_expect_connections(server, 0);
    stats = read_stats();
    ck_assert_mem_eq(stats.responses, expected, sizeof expected);
    ck_assert_uint_eq(stats.requests, REQUESTS);
    ck_assert_uint_eq(stats.body_bytes_sent, sent);
    ck_assert_uint_eq(stats.body_bytes_received, 3);
    ck_assert_uint_eq(stats.connections_open, 0);
    ck_assert_uint_eq(stats.connections_accepted, REQUESTS);
    ck_assert_uint_eq(stats.connections_refused, 0);
}
END_TEST

START_TEST(counts_open_connections)
{
    struct client clients[2];
    fixture_start(_i);
    for (int i = 0; i < 2; i++) {
        client_open(&clients[i], hello_server_port(server));
        client_expect_greeting(&clients[i]);
    }
    ck_assert_uint_eq(read_stats().connections_open, 2);
    client_close(&clients[0]);
    client_expect_connections(server, 1);
    ck_assert_uint_eq(read_stats().connections_open, 1);
    ck_assert_uint_eq(read_stats().connections_accepted, 2);
    client_close(&clients[1]);
}
END_TEST

START_TEST(counts_deadlines)
{
    static const char *const beginnings[] = {
        "GET /head HTTP/1.1\r\nHo",
        "POST /body HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab",
        "GET /idle HTTP/1.1\r\nHost: h\r\n\r\n",
    };
    options.header_timeout_ms = options.body_timeout_ms = options.idle_timeout_ms = 100;
    fixture_start(_i);
    for (int i = 0; i < 3; i++) {
        struct client client;
        struct answer answer;
        client_open(&client, hello_server_port(server));
        client_ask(&client, beginnings[i], &answer);
        client_expect_end(&client);
        client_close(&client);
    }
    client_expect_connections(server, 0);
    struct hello_stats stats = read_stats();
    ck_assert_uint_eq(stats.header_timeouts, 1);
    ck_assert_uint_eq(stats.body_timeouts, 1);
    ck_assert_uint_eq(stats.idle_timeouts, 1);
    ck_assert_uint_eq(stats.reply_timeouts, 0);
}
END_TEST

START_TEST(reads_into_structs_of_other_sizes)
{
    struct {
        struct hello_stats known;
        uint64_t later;
    } newer = {.later = 1};
    fixture_start(0);
    ck_assert_int_eq(hello_server_stats(server, &newer.known, sizeof newer), 0);
    ck_assert_uint_eq(newer.later, 0);
    ck_assert_int_eq(hello_server_stats(server, &newer.known, sizeof newer.known - 1), -EINVAL);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"access", prepare, fixture_stop,
         TESTS(each_request_has_its_record, pipelined_requests_have_one_each,
               a_slow_body_that_is_told_408_is_recorded, a_client_that_goes_away_is_recorded,
               stop_records_what_it_cuts_off),
         MODES},
        {"bodies", prepare, fixture_stop, TESTS(counts_the_bodies_that_are_sent), MODES},
        {"stats", prepare, fixture_stop,
         TESTS(counts_what_happens, counts_open_connections, counts_deadlines), MODES},
        {"stats-size", prepare, fixture_stop, TESTS(reads_into_structs_of_other_sizes), 0},
    };
    return RUN_SUITE("records", cases);
}
