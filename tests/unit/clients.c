/* SPDX-License-Identifier: MIT */
#include "../../lib/clients.h"
#include "suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* ---- Addresses ---- */

static uint64_t client_of(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return hello__client_of((struct sockaddr *)&v4);
    ck_assert_int_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return hello__client_of((struct sockaddr *)&v6);
}

static const struct {
    const char *one, *other;
    bool same;
} addresses[] = {
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.2", false},
    {"192.0.2.1", "::ffff:192.0.2.1", true},
    {"2001:db8::1", "2001:db8::2", true},
    {"2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff", true},
    {"2001:db8::1", "2001:db8:0:1::1", false},
    {"::1", "127.0.0.1", false},
    {"0.0.0.1", "::1", false},
};

START_TEST(an_address_is_a_client)
{
    uint64_t one = client_of(addresses[_i].one);
    uint64_t other = client_of(addresses[_i].other);
    ck_assert_msg(one != 0 && other != 0 && (one == other) == addresses[_i].same, "%s %s",
                  addresses[_i].one, addresses[_i].other);
}
END_TEST

START_TEST(a_unix_peer_is_not_limited)
{
    const struct sockaddr_un peer = {.sun_family = AF_UNIX};
    ck_assert_uint_eq(hello__client_of((const struct sockaddr *)&peer), 0);
}
END_TEST

/* ---- The table ---- */

enum { MOST = 3, CONNECTIONS = 64 };

static struct clients clients;

static void setup(void)
{
    clients = (struct clients){0};
    ck_assert_int_eq(hello__clients_start(&clients, MOST, CONNECTIONS), 0);
    srand(8);
}

static void teardown(void)
{
    hello__clients_finish(&clients);
    hello__clients_finish(&clients);
}

START_TEST(a_client_has_as_many_as_it_may)
{
    for (int i = 0; i < MOST; i++)
        ck_assert(hello__clients_enter(&clients, 7));
    ck_assert(!hello__clients_enter(&clients, 7));
    ck_assert(hello__clients_enter(&clients, 8));
    hello__clients_leave(&clients, 7);
    ck_assert(hello__clients_enter(&clients, 7));
    ck_assert(!hello__clients_enter(&clients, 7));
}
END_TEST

START_TEST(nobody_is_limited_without_a_limit)
{
    struct clients none = {0};
    ck_assert_int_eq(hello__clients_start(&none, 0, CONNECTIONS), 0);
    for (int i = 0; i < 2 * CONNECTIONS; i++) {
        ck_assert(hello__clients_enter(&none, 7));
        ck_assert(hello__clients_enter(&clients, 0));
    }
    hello__clients_leave(&none, 7);
    hello__clients_leave(&clients, 0);
    hello__clients_finish(&none);
}
END_TEST

/* Compare with a plain array while clients come and go in a table that is as full as it gets, so
 * that they are in each other's places. */
START_TEST(clients_that_collide_are_told_apart)
{
    enum { KINDS = CONNECTIONS };
    int open[KINDS + 1] = {0};
    int sum = 0;
    for (int step = 0; step < 200000; step++) {
        int client = 1 + rand() % KINDS;
        if (rand() % 2 && sum < CONNECTIONS) {
            bool entered = hello__clients_enter(&clients, (uint64_t)client);
            ck_assert_msg(entered == (open[client] < MOST), "step %d, client %d", step, client);
            open[client] += entered;
            sum += entered;
        } else if (open[client] > 0) {
            hello__clients_leave(&clients, (uint64_t)client);
            open[client]--;
            sum--;
        }
    }
    ck_assert_int_gt(sum, CONNECTIONS / 4);
}
END_TEST

/* As many clients as connections fill the table. Other clients then take over its entries. */
START_TEST(every_connection_may_have_another_client)
{
    for (uint64_t first = 1; first < 10 * CONNECTIONS; first += CONNECTIONS) {
        for (uint64_t i = 0; i < CONNECTIONS; i++)
            ck_assert(hello__clients_enter(&clients, first + i));
        ck_assert_uint_eq(clients.used, CONNECTIONS);
        ck_assert_uint_lt(clients.used, clients.count);
        for (uint64_t i = 0; i < CONNECTIONS; i++)
            hello__clients_leave(&clients, first + i * 7 % CONNECTIONS);
    }
}
END_TEST

int main(void)
{
    const struct test_case cases[] = {
        {"address", NULL, NULL, TESTS(an_address_is_a_client, a_unix_peer_is_not_limited),
         sizeof addresses / sizeof addresses[0]},
        {"table", setup, teardown,
         TESTS(a_client_has_as_many_as_it_may, nobody_is_limited_without_a_limit,
               clients_that_collide_are_told_apart, every_connection_may_have_another_client),
         0},
    };
    return RUN_SUITE("clients", cases);
}
