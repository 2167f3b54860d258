/* SPDX-License-Identifier: MIT */
/* What the library does to the process that it is in: nothing that it is not asked for. */
#include "../unit/client.h"
#include "../unit/fixture.h"
#include "../unit/suite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Threads ---- */

static void ask_once(struct hello_server *asked)
{
    struct client client;
    client_open(&client, hello_server_port(asked));
    client_expect_greeting(&client);
    client_close(&client);
}

static void *start_elsewhere(void *data)
{
    (void)data;
    int error = hello_server_start(&server, &options);
    ck_assert_msg(error == 0, "%s", strerror(-error));
    return NULL;
}

static void *drain_elsewhere(void *data)
{
    (void)data;
    ck_assert_int_eq(hello_server_drain(server, 10000), options.threads == 0 ? -EINPROGRESS : 0);
    return NULL;
}

static void *stop_elsewhere(void *data)
{
    (void)data;
    hello_server_stop(server);
    server = NULL;
    return NULL;
}

static void on_another_thread(void *(*function)(void *))
{
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, function, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

START_TEST(any_thread_starts_drains_and_stops)
{
    options.threads = _i;
    on_another_thread(start_elsewhere);
    client_drives(_i == 0 ? server : NULL);
    ask_once(server);
    client_drives(NULL);
    on_another_thread(drain_elsewhere);
    on_another_thread(stop_elsewhere);
}
END_TEST

enum { AT_ONCE = 8, ROUNDS = 20 };

static void *start_and_stop(void *data)
{
    struct hello_options own = HELLO_OPTIONS_INIT;
    (void)data;
    own.threads = 1;
    for (int i = 0; i < ROUNDS; i++) {
        struct hello_server *mine;
        int error = hello_server_start(&mine, &own);
        ck_assert_msg(error == 0, "%s", strerror(-error));
        if (i % 4 == 0)
            ask_once(mine);
        hello_server_stop(mine);
    }
    return NULL;
}

/* Several servers at a time come and go, and share nothing. */
START_TEST(servers_start_and_stop_at_once)
{
    pthread_t threads[AT_ONCE];
    client_drives(NULL);
    for (int i = 0; i < AT_ONCE; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, start_and_stop, NULL), 0);
    for (int i = 0; i < AT_ONCE; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

/* ---- Fork ---- */

/* A process that has used the library forks, and the child starts a server of its own. */
START_TEST(a_child_has_its_own_server)
{
    fixture_start(_i);
    ask_once(server);
    fixture_stop();
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        fixture_start(_i);
        ask_once(server);
        fixture_stop();
        _exit(0);
    }
    fixture_start(_i);
    ask_once(server);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}
END_TEST

/* A child that has everything but the clients' ends, until it is told to end. */
static pid_t fork_beside(struct client *clients, int count, int *control)
{
    int ends[2];
    char ready;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(ends[0]);
        for (int i = 0; i < count; i++)
            close(clients[i].fd);
        (void)!write(ends[1], "r", 1);
        (void)!read(ends[1], &ready, 1);
        _exit(0);
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &ready, 1), 1);
    *control = ends[0];
    return child;
}

/* The kernel keeps a socket in an epoll set as long as any process has it open. */
START_TEST(a_child_does_not_keep_the_server_busy)
{
    enum { KEPT, REFUSED, CLIENTS, ENOUGH = 100 };
    struct client clients[CLIENTS];
    struct answer answer;
    int control, status;
    fixture_start(0);
    for (int i = 0; i < CLIENTS; i++)
        client_open(&clients[i], hello_server_port(server));
    client_expect_greeting(&clients[KEPT]);
    client_ask(&clients[REFUSED], "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", &answer);
    client_expect_end(&clients[REFUSED]);
    client_expect_connections(server, CLIENTS);
    pid_t child = fork_beside(clients, CLIENTS, &control);
    for (int i = 0; i < CLIENTS; i++)
        client_close(&clients[i]);
    client_expect_connections(server, 0);
    struct pollfd fd = {.fd = hello_server_fd(server), .events = POLLIN};
    int dispatches = 0;
    for (; dispatches < ENOUGH && poll(&fd, 1, 0) == 1; dispatches++)
        ck_assert_int_eq(hello_server_dispatch(server), 0);
    ck_assert_int_lt(dispatches, ENOUGH);
    close(control);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
}
END_TEST

/* Descriptors are closed on exec, or children would keep the port. */
START_TEST(descriptors_are_not_inherited)
{
    struct client client;
    fixture_start(_i);
    client_open(&client, hello_server_port(server));
    client_expect_greeting(&client);
    DIR *directory = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        int fd = atoi(entry->d_name);
        char link[64] = "";
        if (entry->d_name[0] == '.' || fd <= 2 || fd == dirfd(directory))
            continue;
        ck_assert_int_ge(readlinkat(dirfd(directory), entry->d_name, link, sizeof link - 1), 0);
        if (strncmp(link, "socket:", 7) && strncmp(link, "anon_inode:", 11))
            continue; /* the test runner's own */
        ck_assert_msg(fcntl(fd, F_GETFD) & FD_CLOEXEC, "%d, %s", fd, link);
    }
    closedir(directory);
    client_close(&client);
}
END_TEST

/* ---- Signals and output ---- */

START_TEST(signals_are_as_before)
{
    struct sigaction before[NSIG], after;
    sigset_t mask_before, mask_after;
    for (int i = 1; i < NSIG; i++)
        sigaction(i, NULL, &before[i]);
    sigprocmask(SIG_SETMASK, NULL, &mask_before);
    fixture_start(_i);
    ask_once(server);
    sigprocmask(SIG_SETMASK, NULL, &mask_after);
    for (int i = 1; i < NSIG; i++) {
        sigaction(i, NULL, &after);
        ck_assert_msg(after.sa_handler == before[i].sa_handler, "signal %d", i);
        ck_assert_msg(sigismember(&mask_after, i) == sigismember(&mask_before, i), "signal %d", i);
    }
}
END_TEST

/* What a handler of the program's is to see of the library's threads, too. */
static const int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPROF, SIGSEGV, SIGSYS, SIGTRAP};

static bool is_of_a_fault(int number)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (faults[i] == number)
            return true;
    return false;
}

static sigset_t mask_of_responder;

static int note_mask(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    pthread_sigmask(SIG_BLOCK, NULL, &mask_of_responder);
    return hello_respond_greeting(data, request, reply);
}

START_TEST(threads_block_the_asynchronous_signals_only)
{
    options.responder = note_mask;
    fixture_start(1);
    ask_once(server);
    for (int i = 1; i <= SIGRTMAX; i++) {
        bool is_ours = i != SIGKILL && i != SIGSTOP && (i < 32 || i >= SIGRTMIN);
        if (is_ours)
            ck_assert_msg(sigismember(&mask_of_responder, i) == !is_of_a_fault(i), "signal %d", i);
    }
}
END_TEST

/* What the program has blocked before stays blocked. */
START_TEST(threads_block_what_the_program_blocks)
{
    sigset_t profiling;
    sigemptyset(&profiling);
    sigaddset(&profiling, SIGPROF);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &profiling, NULL), 0);
    options.responder = note_mask;
    fixture_start(1);
    ask_once(server);
    ck_assert_int_eq(sigismember(&mask_of_responder, SIGPROF), 1);
}
END_TEST

static char *page; /* neither readable nor writable until there has been a fault */
static volatile sig_atomic_t handled;

static void make_writable(int number)
{
    (void)number;
    handled++;
    if (mprotect(page, 1, PROT_READ | PROT_WRITE))
        _exit(20);
}

static int respond_with_a_fault(void *data, const struct hello_request *request,
                                struct hello_reply *reply)
{
    *(volatile char *)page = 1;
    return hello_respond_greeting(data, request, reply);
}

START_TEST(the_program_handles_the_faults_of_its_responder)
{
    const struct sigaction action = {.sa_handler = make_writable};
    page = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(page, MAP_FAILED);
    ck_assert_int_eq(sigaction(SIGSEGV, &action, NULL), 0);
    options.responder = respond_with_a_fault;
    fixture_start(_i);
    ask_once(server);
    ck_assert_int_eq(handled, 1);
    ck_assert_int_eq(munmap(page, 1), 0);
}
END_TEST

/* Clients that go away while they are answered raise no SIGPIPE, whose default ends the process. */
START_TEST(no_sigpipe)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    ck_assert(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    fixture_start(_i);
    for (int i = 0; i < 50; i++) {
        struct client client;
        client_open(&client, hello_server_port(server));
        for (int request = 0; request < 20; request++)
            client_send_text(&client, "GET /abc HTTP/1.1\r\nHost: h\r\n\r\n");
        setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        client_close(&client); /* a reset */
    }
    client_expect_connections(server, 0);
    ask_once(server);
}
END_TEST

static void provoke(void)
{
    struct hello_server *none;
    struct hello_options bad = HELLO_OPTIONS_INIT;
    struct client client;
    struct answer answer;
    bad.listen = "nowhere";
    ck_assert_int_eq(hello_server_start(&none, &bad), -EINVAL);
    client_open(&client, hello_server_port(server));
    client_ask(&client, "G@T / HTTP/1.1\r\n\r\n", &answer);
    client_close(&client);
    ask_once(server);
}

/* With no callback for the log, errors and all. */
START_TEST(nothing_is_printed)
{
    char path[] = "/tmp/hello-output-XXXXXX";
    int file = mkstemp(path);
    int out = dup(1);
    int err = dup(2);
    ck_assert_int_ge(file, 0);
    unlink(path);
    dup2(file, 1);
    dup2(file, 2);
    options.log = NULL;
    options.threads = _i;
    int error = hello_server_start(&server, &options);
    client_drives(_i == 0 ? server : NULL);
    if (!error)
        provoke();
    fixture_stop();
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    ck_assert_int_eq(error, 0);
    ck_assert_int_eq(lseek(file, 0, SEEK_END), 0);
    close(file);
    close(out);
    close(err);
}
END_TEST

/* ---- Descriptors 0, 1 and 2 ---- */

/* Run a test where they are closed, so that the kernel hands them out first; a child, so that
 * this process can still tell what went wrong. */
static void without_standard_streams(void (*test)(int mode), int mode)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        for (int fd = 0; fd < 3; fd++)
            close(fd);
        test(mode);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}

static void serve_and_drain(int mode)
{
    options.threads = mode;
    int error = hello_server_start(&server, &options);
    if (error)
        _exit(10);
    client_drives(mode == 0 ? server : NULL);
    for (int i = 0; i < 5; i++)
        ask_once(server);
    hello_server_drain(server, 10000);
    while (!hello_server_drained(server))
        hello_server_dispatch(server);
    hello_server_stop(server);
    /* All three are free again. */
    if (dup(open("/", O_RDONLY | O_CLOEXEC)) != 1)
        _exit(11);
}

START_TEST(works_without_standard_streams)
{
    without_standard_streams(serve_and_drain, _i);
}
END_TEST

/* The program's own listening socket at descriptor 1; 0 stands for none. */
static void serve_from_descriptor_one(int mode)
{
    struct hello_server *first;
    int reserve = open("/", O_RDONLY | O_CLOEXEC); /* is 0 */
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (reserve != 0 || listener != 1 || listen(listener, 8))
        _exit(12);
    options.listen_fd = listener;
    options.threads = mode;
    if (hello_server_start(&first, &options))
        _exit(13);
    client_drives(mode == 0 ? first : NULL);
    ask_once(first);
    client_drives(NULL);
    hello_server_stop(first);
    if (fcntl(listener, F_GETFD) < 0)
        _exit(14); /* it has closed what is not its own */
}

START_TEST(an_inherited_socket_may_have_a_low_number)
{
    without_standard_streams(serve_from_descriptor_one, _i);
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"threads", fixture_prepare, fixture_stop, TESTS(any_thread_starts_drains_and_stops),
         MODES},
        {"several", fixture_prepare, fixture_stop, TESTS(servers_start_and_stop_at_once), 0},
        {"fork", fixture_prepare, fixture_stop,
         TESTS(a_child_has_its_own_server, descriptors_are_not_inherited), MODES},
        {"fork-beside", fixture_prepare, fixture_stop, TESTS(a_child_does_not_keep_the_server_busy),
         0},
        {"signals", fixture_prepare, fixture_stop,
         TESTS(signals_are_as_before, the_program_handles_the_faults_of_its_responder, no_sigpipe),
         MODES},
        {"mask", fixture_prepare, fixture_stop,
         TESTS(threads_block_the_asynchronous_signals_only, threads_block_what_the_program_blocks),
         0},
        {"output", fixture_prepare, fixture_stop, TESTS(nothing_is_printed), MODES},
        {"streams", fixture_prepare, fixture_stop,
         TESTS(works_without_standard_streams, an_inherited_socket_may_have_a_low_number), MODES},
    };
    return RUN_SUITE("process", cases);
}
