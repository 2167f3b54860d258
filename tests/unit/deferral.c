/* SPDX-License-Identifier: MIT */
#include "deferral.h"

#include "fixture.h"
#include "suite.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- The program's part ---- */

atomic_int bodies; /* that have been handed over and not been freed */

static void free_body(void *body)
{
    bodies--;
    free(body);
}

/* The body of a reply is the path. */
void fill(struct hello_reply *reply, const struct hello_request *request)
{
    size_t length;
    const char *path = hello_request_path(request, &length);
    char *body = malloc(length);
    ck_assert_ptr_nonnull(body);
    bodies++;
    hello_reply_set_body_nocopy(reply, memcpy(body, path, length), length, free_body, body);
}

struct handles handles = {.lock = PTHREAD_MUTEX_INITIALIZER};

void put(struct hello_deferred *deferred)
{
    pthread_mutex_lock(&handles.lock);
    ck_assert_uint_lt(handles.count, MOST_HANDLES);
    handles.each[handles.count++] = deferred;
    pthread_mutex_unlock(&handles.lock);
    sem_post(&handles.there);
}

/* One of those that are there; the semaphore has been taken. */
struct hello_deferred *take_any(unsigned random)
{
    pthread_mutex_lock(&handles.lock);
    unsigned i = random % handles.count;
    struct hello_deferred *deferred = handles.each[i];
    handles.each[i] = handles.each[--handles.count];
    pthread_mutex_unlock(&handles.lock);
    return deferred;
}

static void dispatch_once(void)
{
    struct pollfd fd = {.fd = hello_server_fd(server), .events = POLLIN};
    ck_assert_int_eq(poll(&fd, 1, 20000), 1);
    ck_assert_int_eq(hello_server_dispatch(server), 0);
}

struct hello_deferred *take(void)
{
    if (hello_server_threads(server) > 0)
        sem_wait(&handles.there);
    else
        while (sem_trywait(&handles.there))
            dispatch_once();
    return take_any(0);
}

int respond(void *data, const struct hello_request *request, struct hello_reply *reply)
{
    (void)data;
    struct hello_deferred *deferred = hello_reply_defer(reply);
    if (!deferred)
        return -ENOMEM;
    fill(hello_deferred_reply(deferred), request);
    put(deferred);
    return 0;
}

static void *send_in_thread(void *deferred)
{
    return (void *)(intptr_t)hello_deferred_send(deferred);
}

int send_from_other_thread(struct hello_deferred *deferred)
{
    pthread_t thread;
    void *result;
    ck_assert_int_eq(pthread_create(&thread, NULL, send_in_thread, deferred), 0);
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    return (int)(intptr_t)result;
}

struct records records;

void note_record(void *data, const struct hello_access_record *record)
{
    (void)data;
    records.status = (int)record->status;
    records.duration_ns = record->duration_ns;
    records.count++;
}

/* ---- The client's part ---- */

void setup(void)
{
    fixture_prepare();
    bodies = 0;
    handles.count = 0;
    records.count = 0;
    sem_init(&handles.there, 0, 0);
    options.responder = respond;
}

void teardown(void)
{
    fixture_stop();
    ck_assert_int_eq(bodies, 0);
}

struct hello_deferred *open_and_ask(struct client *client, const char *request)
{
    client_open(client, hello_server_port(server));
    client_send_text(client, request);
    return take();
}

void expect(struct client *client, int status, const char *body)
{
    struct answer answer;
    client_read(client, &answer, false);
    ck_assert_int_eq(answer.status, status);
    ck_assert_str_eq(answer.body, body);
}

/* The connection goes on. */
void expect_another(struct client *client)
{
    client_send_text(client, REQUEST("GET", "/another"));
    ck_assert_int_eq(hello_deferred_send(take()), 0);
    expect(client, 200, "/another");
    client_close(client);
}
