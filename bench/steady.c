/* SPDX-License-Identifier: MIT */
/* Load at a constant rate over kept connections. The latency of a request counts from the time when
 * the request was due: if the server stalls, requests that wait to be sent count, too.
 *
 * Usage: steady PORT CONNECTIONS MILLISECONDS [RATE]
 *
 * Without RATE, each connection sends its next request when the answer has arrived, and the program
 * prints the number of answers. With RATE, in requests per second, the program prints the median,
 * the 99 % and the 99.9 % latency in microseconds, without the first tenth of the requests.
 * The program never sleeps, because a wake-up would delay requests. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { MOST_CONNECTIONS = 1000, EVENTS_AT_ONCE = 64, PATIENCE_S = 10, WARM_UP = 10 };

struct connection {
    int fd;
    bool waits;      /* for an answer */
    uint64_t number; /* of the request that is next or under way */
    size_t received; /* bytes of the answer */
    char request[128], body[64], answer[1024];
};

static struct connection connections[MOST_CONNECTIONS];
static uint64_t count;           /* of connections; request N is for connection N % count */
static uint64_t start, duration; /* ns */
static uint64_t total;           /* requests; without a rate, UINT64_MAX */
static double interval;          /* ns from request to request; without a rate, 0 */
static uint64_t answers;
static uint64_t *latencies; /* ns, by the request's number */

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t due(uint64_t number)
{
    return start + (uint64_t)((double)number * interval);
}

static void open_connection(uint64_t number, int epoll, int port)
{
    struct connection *connection = &connections[number];
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    connection->number = number;
    snprintf(connection->request, sizeof connection->request,
             "GET /path/%04u/abcdef01 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", (unsigned)number,
             port);
    snprintf(connection->body, sizeof connection->body,
             "\r\n\r\nHello, you've requested: /path/%04u/abcdef01\n", (unsigned)number);
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (const struct sockaddr *)&address, sizeof address) ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event))
        fail("steady: connect");
}

static void send_if_due(struct connection *connection, uint64_t now)
{
    if (connection->waits || connection->number >= total || due(connection->number) > now)
        return;
    if (send(connection->fd, connection->request, strlen(connection->request), MSG_NOSIGNAL) < 0)
        fail("steady: send");
    connection->waits = true;
    connection->received = 0;
}

static bool is_complete(const struct connection *connection)
{
    size_t length = strlen(connection->body);
    const char *end = connection->answer + connection->received;
    return connection->received >= length && memcmp(end - length, connection->body, length) == 0;
}

static void receive(struct connection *connection)
{
    ssize_t got = recv(connection->fd, connection->answer + connection->received,
                       sizeof connection->answer - connection->received, 0);
    if (got <= 0 || !connection->waits) {
        fprintf(stderr, "steady: expected an answer that ends with %s, got %.*s\n",
                connection->body, (int)connection->received, connection->answer);
        exit(1);
    }
    connection->received += (size_t)got;
    if (!is_complete(connection))
        return;
    uint64_t now = clock_ns();
    if (latencies)
        latencies[connection->number] = now - due(connection->number);
    answers++;
    connection->number += count;
    connection->waits = false;
    send_if_due(connection, now);
}

/* Until all requests have their answers, or, without a rate, until the time is over. */
static void run(int epoll)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    uint64_t planned = latencies ? total : count; /* the others follow an answer */
    uint64_t next = 0;
    uint64_t now;
    for (start = now = clock_ns(); answers < total; now = clock_ns()) {
        if (!latencies && now - start > duration)
            return;
        if (now - start > duration + PATIENCE_S * 1000000000ULL) {
            fprintf(stderr, "steady: %u answers are missing\n", (unsigned)(total - answers));
            exit(1);
        }
        for (; next < planned && due(next) <= now; next++)
            send_if_due(&connections[next % count], now);
        int ready = epoll_wait(epoll, events, EVENTS_AT_ONCE, 0);
        for (int i = 0; i < ready; i++)
            receive(events[i].data.ptr);
    }
}

static int compare(const void *first, const void *second)
{
    uint64_t a = *(const uint64_t *)first;
    uint64_t b = *(const uint64_t *)second;
    return (a > b) - (a < b);
}

static void print_latencies(void)
{
    static const unsigned permille[] = {500, 990, 999};
    uint64_t left_out = total / WARM_UP;
    uint64_t *sorted = latencies + left_out;
    qsort(sorted, total - left_out, sizeof *sorted, compare);
    for (int i = 0; i < 3; i++) {
        uint64_t place = (total - left_out - 1) * permille[i] / 1000;
        printf("%.1f ", (double)sorted[place] / 1e3);
    }
    printf("\n");
}

int main(int argc, char *argv[])
{
    int epoll = epoll_create1(0);
    double rate = argc > 4 ? strtod(argv[4], NULL) : 0;
    count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    duration = argc > 3 ? strtoul(argv[3], NULL, 10) * 1000000 : 0;
    total = rate > 0 ? (uint64_t)(rate * (double)duration / 1e9) : UINT64_MAX;
    if (count < 1 || count > MOST_CONNECTIONS || duration == 0 || total == 0) {
        fprintf(stderr, "usage: steady PORT CONNECTIONS MILLISECONDS [RATE]\n");
        return 2;
    }
    interval = rate > 0 ? 1e9 / rate : 0;
    if (rate > 0 && !(latencies = calloc(total, sizeof *latencies)))
        fail("steady");
    for (uint64_t i = 0; i < count; i++)
        open_connection(i, epoll, atoi(argv[1]));
    run(epoll);
    if (latencies)
        print_latencies();
    else
        printf("%u\n", (unsigned)answers);
}
