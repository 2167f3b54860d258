/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include "socket_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

/* ---- Spares ---- */

/* Without free lists, AddressSanitizer detects the use of a block that has been put back. */
#ifdef NO_FREE_LISTS
enum { KEEPS = false };
#else
enum { KEEPS = true };
#endif

/* An uninitialized block; NULL when out of memory. size: in bytes, the same in every call. */
static void *free_list_take(struct free_list *list, size_t size)
{
    return list->count > 0 ? list->blocks[--list->count] : malloc(size);
}

static void free_list_put(struct free_list *list, void *block)
{
    if (KEEPS && list->count < FREE_LIST_SIZE)
        list->blocks[list->count++] = block;
    else
        free(block);
}

static void free_list_clear(struct free_list *list)
{
    while (list->count > 0)
        free(list->blocks[--list->count]);
}

void hello__service_finish(struct service *service)
{
    hello__responses_finish(&service->responses);
    free_list_clear(&service->connections);
    free_list_clear(&service->targets);
}

/* ---- The connection ---- */

struct connection *hello__connection_create(struct service *service, struct MHD_Connection *mhd,
                                            int fd, const struct sockaddr *peer)
{
    struct connection *connection = free_list_take(&service->connections, sizeof *connection);
    if (!connection)
        return NULL;
    *connection = (struct connection){.service = service, .mhd = mhd};
    if (peer->sa_family == AF_UNIX)
        connection->peer.any.sa_family = AF_UNIX;
    else
        memcpy(&connection->peer, peer,
               peer->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof connection->peer);
    hello__deadlines_add(&service->deadlines, &connection->deadline, fd);
    return connection;
}

void hello__connection_drop_target(struct connection *connection)
{
    if (connection->target_room == TARGET_ROOM)
        free_list_put(&connection->service->targets, connection->target);
    else
        free(connection->target);
    connection->target = NULL;
    connection->target_room = 0;
}

void hello__connection_destroy(struct connection *connection)
{
    if (!connection)
        return;
    hello__deadlines_remove(&connection->service->deadlines, &connection->deadline);
    hello__connection_drop_target(connection);
    free_list_put(&connection->service->connections, connection);
}

static bool make_room(struct connection *connection, size_t size)
{
    if (size <= connection->target_room)
        return true;
    char *target = size > TARGET_ROOM ? malloc(size)
                                      : free_list_take(&connection->service->targets, TARGET_ROOM);
    if (!target)
        return false;
    if (connection->target) {
        memcpy(target, connection->target, connection->target_room);
        hello__connection_drop_target(connection);
    }
    connection->target = target;
    connection->target_room = MAX(size, TARGET_ROOM);
    return true;
}

void hello__connection_set_target(struct connection *connection, const char *target)
{
    size_t length = strlen(target);
    connection->requests++;
    connection->stage = STAGE_FAILED;
    connection->target_length = 0;
    connection->parsed = (struct target){0};
    connection->body_received = 0;
    connection->is_whole = false;
    connection->method = NULL;
    connection->is_head = false;
    connection->reply_size = 0;
    if (!make_room(connection, length + 1))
        return;
    memcpy(connection->target, target, length + 1);
    connection->target_length = length;
    connection->stage = STAGE_HEAD;
}

bool hello__connection_set_method(struct connection *connection, const char *method)
{
    size_t target_size = connection->target_length + 1;
    size_t size = strlen(method) + 1;
    if (!make_room(connection, target_size + size))
        return false;
    connection->method = memcpy(connection->target + target_size, method, size);
    return true;
}

bool hello__connection_is_last(const struct connection *connection)
{
    const uint32_t most = connection->service->options->max_requests;
    return connection->service->draining || !connection->is_whole ||
           (most > 0 && connection->requests >= most);
}

/* libmicrohttpd refuses a request line before the first callback. Only the status distinguishes its
 * answer from the answer to the previous request. */
static bool may_refuse_a_line(unsigned status)
{
    return status == 400 || status == 414 || status == 505;
}

bool hello__connection_is_sent_to(const struct connection *connection, unsigned status,
                                  bool may_have_unread)
{
    if (connection->deadline.phase == PHASE_LAST)
        return connection->deadline.answered;
    bool is_whole = connection->is_whole && status == connection->last_status;
    if (status > 0 && (!is_whole || may_refuse_a_line(status)))
        return true; /* answered before the end of the request */
    /* Only a client that has not announced the end may send on while the responder runs. */
    return (may_have_unread || hello__connection_is_last(connection)) &&
           hello__socket_has_unread(connection->deadline.fd);
}
