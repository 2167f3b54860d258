/* SPDX-License-Identifier: MIT */
/* A program that defers all of its replies, and its clients. */
#ifndef TESTS_DEFERRAL_H
#define TESTS_DEFERRAL_H

#include "client.h"

#include <hello/hello.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/* Long beside what the tests do meanwhile, and short. */
enum { LONG_MS = 600000, SHORT_MS = 50 };

#define REQUEST(method, path) method " " path " HTTP/1.1\r\nHost: h\r\n\r\n"

/* Bodies that have been handed over and not been freed. */
extern atomic_int bodies;

/* The handles that wait for the test, in any order. */
enum { MOST_HANDLES = 128 };
extern struct handles {
    pthread_mutex_t lock;
    struct hello_deferred *each[MOST_HANDLES];
    unsigned count;
    sem_t there; /* as many as handles */
} handles;

/* Of note_record(). */
extern struct records {
    atomic_int count, status;
    _Atomic uint64_t duration_ns;
} records;

void setup(void);
void teardown(void);

/* A responder: the body is the path. */
int respond(void *data, const struct hello_request *request, struct hello_reply *reply);
void fill(struct hello_reply *reply, const struct hello_request *request);
void put(struct hello_deferred *deferred);

/* Wait for the next handle; or one of those that are there, after the semaphore has been taken. */
struct hello_deferred *take(void);
struct hello_deferred *take_any(unsigned random);
int send_from_other_thread(struct hello_deferred *deferred);
void note_record(void *data, const struct hello_access_record *record);

struct hello_deferred *open_and_ask(struct client *client, const char *request);
void expect(struct client *client, int status, const char *body);

/* The connection goes on. */
void expect_another(struct client *client);

#endif
