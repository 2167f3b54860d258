/* SPDX-License-Identifier: MIT */
/* How the threads of a server share the clients of its listening sockets. */
#include "client.h"
#include "fixture.h"
#include "suite.h"

#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_THREADS = 64 };

/* ---- Every kind of listening socket ---- */

static const enum kind { TCP, UNIX, INHERITED, TWO } kinds[] = {TCP, UNIX, INHERITED, TWO};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static char path[64];
static int inherited = -1;

static int listen_at_any_port(void)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, SOMAXCONN), 0);
    return fd;
}

static void start_listening(enum kind kind, int threads)
{
    static char address[80];
    static const struct hello_listener listeners[] = {{.address = address}};
    snprintf(path, sizeof path, "/tmp/test-acceptor-%d.sock", (int)getpid());
    snprintf(address, sizeof address, "unix:%s", path);
    if (kind == UNIX) {
        options.listen = address;
    } else if (kind == INHERITED) {
        options.listen_fd = inherited = listen_at_any_port();
    } else if (kind == TWO) {
        options.listen = "127.0.0.1:0";
        options.listeners = listeners;
        options.listener_count = 1;
    }
    fixture_start(threads);
}

static void open_client(enum kind kind, struct client *client)
{
    static unsigned opened;
    if (kind == UNIX || (kind == TWO && opened++ % 2))
        client_open_unix(client, path);
    else
        client_open(client, hello_server_port(server));
}

static void teardown(void)
{
    fixture_stop();
    if (inherited >= 0)
        close(inherited);
}

/* ---- The threads ---- */

static atomic_uint served[MOST_THREADS]; /* requests, by thread */
static atomic_uint threads_seen;
static sem_t held, released;

/* Count, and hold the thread for a PUT. */
static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    static _Thread_local unsigned number;
    if (number == 0)
        number = ++threads_seen;
    served[number - 1]++;
    if (strcmp(hello_request_method(request), "PUT") == 0) {
        sem_post(&held);
        sem_wait(&released);
    }
    return hello_respond_greeting(data, request, reply);
}

static void setup(void)
{
    fixture_prepare();
    sem_init(&held, 0, 0);
    sem_init(&released, 0, 0);
    options.responder = respond;
    options.header_timeout_ms = HELLO_NO_TIMEOUT; /* some are silent until a crowd is complete */
}

/* Open a client that holds the thread which serves it. */
static void hold_a_thread(enum kind kind, struct client *client)
{
    open_client(kind, client);
    client_send_text(client, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    sem_wait(&held);
}

static void release(struct client *client)
{
    struct answer answer;
    client_read(client, &answer, false);
    ck_assert_int_eq(answer.status, 200);
    client_close(client);
}

/* Wait until all are up, which is when each can be held. */
static void expect_threads(enum kind kind, int count)
{
    struct client clients[MOST_THREADS];
    for (int i = 0; i < count; i++)
        hold_a_thread(kind, &clients[i]);
    for (int i = 0; i < count; i++)
        sem_post(&released);
    for (int i = 0; i < count; i++)
        release(&clients[i]);
    client_expect_connections(server, 0);
    memset(served, 0, sizeof served);
}

/* ---- Shares ---- */

enum { THREADS = 4, MOST_KEPT = 400 };

static const struct crowd {
    int kept; /* connections */
    enum { AT_ONCE, WHEN_ALL_SLEEP, WHEN_ALL_ARE_OPEN } asks;
} crowds[] = {{THREADS, WHEN_ALL_SLEEP}, {MOST_KEPT, AT_ONCE}, {MOST_KEPT, WHEN_ALL_ARE_OPEN}};

enum { CROWDS = sizeof crowds / sizeof crowds[0] };

/* The state of a thread of this process as proc(5) has it: 'R', 'S', and so on. */
static char state_of(const char *thread)
{
    char name[288];
    char state = 0;
    snprintf(name, sizeof name, "/proc/self/task/%s/stat", thread);
    FILE *file = fopen(name, "re");
    if (!file)
        return 'S'; /* it has ended */
    (void)!fscanf(file, "%*d (%*[^)]) %c", &state);
    fclose(file);
    return state;
}

static int count_awake(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/task");
    ck_assert_ptr_nonnull(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.' && state_of(entry->d_name) != 'S';
    closedir(directory);
    return count;
}

/* A thread that is still at work may accept the next client, too. */
static void wait_until_all_others_sleep(void)
{
    while (count_awake() > 1)
        sched_yield();
}

static bool is_shared_evenly(enum kind kind, const struct crowd *crowd)
{
    static struct client clients[MOST_KEPT];
    const int kept = crowd->kept;
    unsigned fewest = MOST_KEPT;
    unsigned most = 0;
    expect_threads(kind, THREADS);
    for (int i = 0; i < kept; i++) {
        if (crowd->asks == WHEN_ALL_SLEEP)
            wait_until_all_others_sleep();
        open_client(kind, &clients[i]);
        if (crowd->asks != WHEN_ALL_ARE_OPEN)
            client_expect_greeting(&clients[i]);
        client_expect_connections(server, (unsigned)i + 1);
    }
    for (int i = 0; i < kept && crowd->asks == WHEN_ALL_ARE_OPEN; i++)
        client_expect_greeting(&clients[i]);
    for (int i = 0; i < THREADS; i++) {
        fewest = served[i] < fewest ? served[i] : fewest;
        most = served[i] > most ? served[i] : most;
    }
    for (int i = 0; i < kept; i++)
        client_close(&clients[i]);
    return most <= 2 * fewest;
}

/* A thread that the machine does not run for a moment has fewer, rightly. */
START_TEST(connections_that_are_kept_are_spread_over_the_threads)
{
    enum { ATTEMPTS = 20 };
    int attempt = 0;
    enum kind kind = kinds[_i / CROWDS];
    start_listening(kind, THREADS);
    while (!is_shared_evenly(kind, &crowds[_i % CROWDS]))
        ck_assert_int_lt(++attempt, ATTEMPTS);
}
END_TEST

/* ---- Wake-ups ---- */

/* At the limit some threads accept and others do not, in turn. */
START_TEST(at_the_limit_no_client_is_left_waiting)
{
    enum { LIMIT = 6, CLIENTS = 24, ROUNDS = 30 };
    struct client clients[CLIENTS];
    options.max_connections = LIMIT;
    start_listening(kinds[_i], THREADS);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CLIENTS; i++)
            open_client(kinds[_i], &clients[i]);
        for (int i = 0; i < CLIENTS; i++) {
            client_expect_greeting(&clients[i]);
            ck_assert_uint_le(hello_server_connections(server), LIMIT);
            client_close(&clients[i]);
        }
    }
}
END_TEST

/* A thread without a place must not be the one that is woken: nothing else is going on that would
 * have another look. */
START_TEST(the_thread_that_has_a_place_is_woken)
{
    enum { LIMIT = 6, ROUNDS = 300 };
    struct client clients[LIMIT];
    enum kind kind = kinds[_i % KINDS];
    options.max_connections = LIMIT;
    options.flags = _i < KINDS ? 0 : HELLO_REFUSE_WHEN_FULL; /* all wait, also those without */
    start_listening(kind, THREADS);
    for (int i = 0; i < ROUNDS; i++) {
        struct client *client = &clients[i % LIMIT];
        if (i >= LIMIT)
            client_close(client);
        client_expect_connections(server, i < LIMIT ? (unsigned)i : LIMIT - 1);
        open_client(kind, client);
        client_expect_greeting(client);
    }
    for (int i = 0; i < LIMIT; i++)
        client_close(&clients[i]);
}
END_TEST

/* At its limit a server has nothing to do for the clients that wait. */
START_TEST(at_the_limit_it_is_quiet)
{
    enum { MOST_DISPATCHES = 1000 };
    struct client clients[2];
    options.max_connections = 1;
    start_listening(kinds[_i], 0);
    open_client(kinds[_i], &clients[0]);
    client_expect_greeting(&clients[0]);
    open_client(kinds[_i], &clients[1]);
    struct pollfd fd = {.fd = hello_server_fd(server), .events = POLLIN};
    for (int i = 0; poll(&fd, 1, 0) == 1; i++) {
        ck_assert_int_lt(i, MOST_DISPATCHES);
        ck_assert_int_eq(hello_server_dispatch(server), 0);
    }
    client_close(&clients[0]);
    client_expect_greeting(&clients[1]);
    client_close(&clients[1]);
}
END_TEST

static void ask_in_turn(enum kind kind, int count)
{
    for (int i = 0; i < count; i++) {
        struct client client;
        open_client(kind, &client);
        client_expect_greeting(&client);
        client_close(&client);
    }
}

/* Of the server's threads: how often they have waited, while clients came one after the other. */
static long switches(enum kind kind, int threads, int count)
{
    struct rusage all[2], own[2];
    options.responder = NULL;
    start_listening(kind, threads);
    getrusage(RUSAGE_SELF, &all[0]);
    getrusage(RUSAGE_THREAD, &own[0]);
    ask_in_turn(kind, count);
    getrusage(RUSAGE_SELF, &all[1]);
    getrusage(RUSAGE_THREAD, &own[1]);
    teardown();
    return all[1].ru_nvcsw - all[0].ru_nvcsw - (own[1].ru_nvcsw - own[0].ru_nvcsw);
}

START_TEST(a_client_does_not_wake_all_threads)
{
    enum { COUNT = 300 };
    long with_one = switches(kinds[_i], 1, COUNT);
    long with_many = switches(kinds[_i], MOST_THREADS, COUNT);
    ck_assert_msg(with_many <= 4 * (with_one + COUNT), "%ld with one thread, %ld with %d", with_one,
                  with_many, MOST_THREADS);
}
END_TEST

/* ---- A thread that is at work ---- */

START_TEST(a_thread_that_is_at_work_holds_nobody_up)
{
    struct client client;
    start_listening(kinds[_i], 2);
    hold_a_thread(kinds[_i], &client);
    ask_in_turn(kinds[_i], 50);
    sem_post(&released);
    release(&client);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"shares", setup, teardown, TESTS(connections_that_are_kept_are_spread_over_the_threads),
         KINDS * CROWDS},
        {"limit", setup, teardown,
         TESTS(at_the_limit_no_client_is_left_waiting, at_the_limit_it_is_quiet), KINDS},
        {"place", setup, teardown, TESTS(the_thread_that_has_a_place_is_woken), 2 * KINDS},
        {"switches", setup, teardown, TESTS(a_client_does_not_wake_all_threads), KINDS},
        {"busy", setup, teardown, TESTS(a_thread_that_is_at_work_holds_nobody_up), KINDS},
    };
    return RUN_SUITE("acceptor", cases);
}
