/* SPDX-License-Identifier: MIT */
/* The cost of a connection with one request, with 1, 4, 16 and 64 threads, and the spread of kept
 * connections over the threads.
 *
 *     connections [CLIENTS [CONNECTIONS [ROUNDS]]]
 *
 * Each client is a process that opens one connection after the other. The figures are medians over
 * the rounds, in which the thread counts take turns; a ratio is taken within a round. */
#include <hello/hello.h>

#include <netinet/in.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_THREADS = 64, MOST_ROUNDS = 99, KEPT_PER_THREAD = 100, MOST_KEPT = 4000 };

static const int threads[] = {1, 4, 16, 64};

enum { SETUPS = sizeof threads / sizeof threads[0] };

struct result {
    double cpu_us, switches; /* per connection */
    double ratio;            /* of cpu_us to that with one thread, in the same round */
    double fewest, most;     /* kept connections of one thread, relative to an equal share */
};

/* ---- The server's side ---- */

static atomic_uint served[MOST_THREADS]; /* requests, by thread */
static atomic_uint threads_seen;
static _Atomic uint32_t generation; /* of servers */

static int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    static _Thread_local unsigned number;
    static _Thread_local uint32_t seen;
    if (seen != generation) {
        seen = generation;
        number = threads_seen++;
    }
    served[number]++;
    return hello_respond_greeting(data, request, reply);
}

static struct hello_server *start(int count)
{
    struct hello_server *server;
    struct hello_options options = HELLO_OPTIONS_INIT;
    options.threads = count;
    options.responder = respond;
    options.idle_timeout_ms = HELLO_NO_TIMEOUT;
    memset(served, 0, sizeof served);
    threads_seen = 0;
    generation++;
    if (hello_server_start(&server, &options)) {
        fprintf(stderr, "connections: a server with %d threads does not start\n", count);
        exit(1);
    }
    return server;
}

/* ---- The clients' side ---- */

static int connect_to(int port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address))
        _exit(2);
    return fd;
}

static void ask(int fd, const char *request)
{
    char answer[1024];
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0 ||
        recv(fd, answer, sizeof answer, 0) <= 0)
        _exit(3);
}

static void open_and_close(int port, int count)
{
    for (int i = 0; i < count; i++) {
        char rest[16];
        int fd = connect_to(port);
        ask(fd, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        while (recv(fd, rest, sizeof rest, 0) > 0)
            ;
        close(fd);
    }
}

static void open_and_keep(int port, int count)
{
    for (int i = 0; i < count; i++)
        ask(connect_to(port), "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
}

/* Run clients until all are done. */
static void run(int clients, void (*client)(int port, int count), int port, int count)
{
    int status;
    for (int i = 0; i < clients; i++) {
        if (fork() == 0) {
            client(port, count);
            _exit(0);
        }
    }
    while (wait(&status) > 0) {
        if (status) {
            fprintf(stderr, "connections: a client failed with %x\n", (unsigned)status);
            exit(1);
        }
    }
}

/* ---- Measuring ---- */

static double cpu_us(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6 +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static void measure_cost(struct result *result, int count, int clients, int connections)
{
    struct rusage before, after;
    struct hello_server *server = start(count);
    int each = connections / clients;
    run(clients, open_and_close, hello_server_port(server), each / 10 + 1); /* to warm up */
    getrusage(RUSAGE_SELF, &before);
    run(clients, open_and_close, hello_server_port(server), each);
    getrusage(RUSAGE_SELF, &after);
    hello_server_stop(server);
    result->cpu_us = (cpu_us(&after) - cpu_us(&before)) / (each * clients);
    result->switches = (double)(after.ru_nvcsw - before.ru_nvcsw) / (each * clients);
}

static void measure_shares(struct result *result, int count)
{
    struct hello_server *server = start(count);
    int kept = count * KEPT_PER_THREAD < MOST_KEPT ? count * KEPT_PER_THREAD : MOST_KEPT;
    run(1, open_and_keep, hello_server_port(server), kept);
    hello_server_stop(server);
    unsigned fewest = served[0];
    unsigned most = 0;
    for (int i = 0; i < count; i++) {
        fewest = served[i] < fewest ? served[i] : fewest;
        most = served[i] > most ? served[i] : most;
    }
    result->fewest = (double)fewest * count / kept;
    result->most = (double)most * count / kept;
}

static int compare(const void *first, const void *second)
{
    double a = *(const double *)first;
    double b = *(const double *)second;
    return (a > b) - (a < b);
}

/* The median of the double at an offset in each result. */
static double median(const struct result *results, int count, size_t offset)
{
    double values[MOST_ROUNDS];
    for (int i = 0; i < count; i++)
        memcpy(&values[i], (const char *)&results[i] + offset, sizeof values[i]);
    qsort(values, (size_t)count, sizeof values[0], compare);
    return values[count / 2];
}

#define MEDIAN(results, count, member) median(results, count, offsetof(struct result, member))

int main(int argc, char *argv[])
{
    static struct result results[SETUPS][MOST_ROUNDS];
    int clients = argc > 1 ? atoi(argv[1]) : 4;
    int connections = argc > 2 ? atoi(argv[2]) : 8000;
    int rounds = argc > 3 ? atoi(argv[3]) : 9;
    if (clients < 1 || connections < clients || rounds < 1 || rounds > MOST_ROUNDS)
        return 2;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < SETUPS; i++) {
            measure_cost(&results[i][round], threads[i], clients, connections);
            results[i][round].ratio = results[i][round].cpu_us / results[0][round].cpu_us;
            measure_shares(&results[i][round], threads[i]);
        }
    }
    printf("threads\tCPU us\tratio\tswitches\tfewest\tmost\n");
    for (int i = 0; i < SETUPS; i++)
        printf("%d\t%.1f\t%.2f\t%.2f\t%.2f\t%.2f\n", threads[i], MEDIAN(results[i], rounds, cpu_us),
               MEDIAN(results[i], rounds, ratio), MEDIAN(results[i], rounds, switches),
               MEDIAN(results[i], rounds, fewest), MEDIAN(results[i], rounds, most));
    return 0;
}
