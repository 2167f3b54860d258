/* SPDX-License-Identifier: MIT */
/** @file hello.h
 * libhello: an HTTP endpoint that answers each request with the path of the request.
 *
 *     #include <hello/hello.h>
 *     #include <stdio.h>
 *
 *     int main(void)
 *     {
 *         struct hello_server *server;
 *         struct hello_options options = HELLO_OPTIONS_INIT;
 *         options.threads = 1;
 *         if (hello_server_start(&server, &options) < 0)
 *             return 1;
 *         printf("curl http://127.0.0.1:%d/abc\n", hello_server_port(server));
 *         getchar();
 *         hello_server_stop(server);
 *     }
 *
 * A *server* owns listening sockets and one or more *shards*. Each shard serves its own
 * connections. With `threads` in the options, each shard has a thread of the library.
 * Without `threads`, there is one shard, and **the program's own event loop must drive it**: wait
 * for hello_server_fd() to become readable, then call hello_server_dispatch().
 *
 * A *responder* is a callback that answers requests that pass the checks of doc/behaviour.md.
 * Without a responder, the answer is the greeting: "Hello, you've requested: /abc".
 *
 * Three mistakes to avoid:
 * 1. `threads` is 0 and nothing calls hello_server_dispatch(): no client gets an answer.
 * 2. A responder blocks: all connections of its shard wait. hello_reply_defer() avoids that.
 * 3. The program uses a decoded path as a file name, or compares it with strcmp(): the path may
 *    contain "..", and a NUL byte may end the string early. Use hello_request_path_is().
 *
 * Errors are negative errno values. The log callback gets the reason as a line of text. The library
 * never prints, exits, aborts, installs a signal handler or keeps global state. Its threads block
 * asynchronous signals, except SIGPROF. */
#ifndef HELLO_HELLO_H
#define HELLO_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HELLO_API __attribute__((visibility("default")))
#else
#define HELLO_API
#endif
struct sockaddr;

/** @name Version
 * The macros give the header's version at compile time, the functions the library's at run time.
 * @{ */
#define HELLO_VERSION_MAJOR 0
#define HELLO_VERSION_MINOR 1
#define HELLO_VERSION_PATCH 0
#define HELLO_VERSION_NUMBER                                                                       \
    (HELLO_VERSION_MAJOR * 10000 + HELLO_VERSION_MINOR * 100 + HELLO_VERSION_PATCH)

/** "MAJOR.MINOR.PATCH"; a static string. Any thread. */
HELLO_API const char *hello_version(void);

/** Like HELLO_VERSION_NUMBER. Any thread. */
HELLO_API int hello_version_number(void);

/** The version of libmicrohttpd: "1.0.10, bundled with 14 patches", or "1.0.10" for the system's
 * library; a static string. Any thread. */
HELLO_API const char *hello_microhttpd_version(void);
/**@}*/

/** @name Responder
 * A responder runs on the thread of the shard that read the request: a thread of the library, or
 * the thread in hello_server_dispatch(). It must not block: see hello_reply_defer(). @{ */

/** One request. It and all that its getters return are valid until the responder returns. */
struct hello_request;

/** The method, as received: "GET". */
HELLO_API const char *hello_request_method(const struct hello_request *request);

/** The HTTP version of the request: "HTTP/1.1" or "HTTP/1.0". */
HELLO_API const char *hello_request_protocol(const struct hello_request *request);

/** The request-target, as received. @param length  its size in bytes; may be NULL */
HELLO_API const char *hello_request_target(const struct hello_request *request, size_t *length);

/** The decoded path, NUL-terminated. It may also contain NUL bytes: only the length gives its end.
 * Unless HELLO_KEEP_PATH is set, paths with "..", "." or empty elements are redirected. Decoded
 * escapes may still add such elements: check the path before you use it as a file name.
 * NULL in an access callback. @param length  its size in bytes; may be NULL */
HELLO_API const char *hello_request_path(const struct hello_request *request, size_t *length);

/** Whether the decoded path has exactly the bytes of this path. False in an access callback.
 * @param path  NUL-terminated: "/health" */
HELLO_API bool hello_request_path_is(const struct hello_request *request, const char *path);

/** The query, not decoded; NULL without a '?'. @param length  its size in bytes; may be NULL */
HELLO_API const char *hello_request_query(const struct hello_request *request, size_t *length);

/** The value of the first field with this name, or NULL. For a repeated field, use
 * hello_request_fields(). @param name  compared without regard to case */
HELLO_API const char *hello_request_field(const struct hello_request *request, const char *name);

/** Process one field.
 * @param data   as given to hello_request_fields()
 * @param name   as received, NUL-terminated; name_length bytes without the NUL
 * @param value  without white space around it, NUL-terminated; value_length bytes without the NUL
 * @return 0 to go on; another value to stop */
typedef int hello_field_callback(void *data, const char *name, size_t name_length,
                                 const char *value, size_t value_length);

/** Call a function for each field of the request's head, in the order received. Trailer fields are
 * not included. @return 0, or the value with which the callback stopped */
HELLO_API int hello_request_fields(const struct hello_request *request,
                                   hello_field_callback *callback, void *data);

/** Bytes of the request's body that the server has read and discarded, without chunk framing. The
 * server usually reads the whole body before it calls the responder. If the client expects "100
 * Continue", or the body is as large as max_body_size, the server calls the responder earlier. */
HELLO_API uint64_t hello_request_body_size(const struct hello_request *request);

/** The client's address, never NULL. On a unix socket: AF_UNIX and no path. */
HELLO_API const struct sockaddr *hello_request_peer(const struct hello_request *request);

/** The server's address, never NULL. On a unix socket: AF_UNIX and no path. */
HELLO_API const struct sockaddr *hello_request_local(const struct hello_request *request);

/** The reply to one request. Default: 200, "text/plain; charset=utf-8" and an empty body. The
 * library sets Content-Length, Date, Connection and "X-Content-Type-Options: nosniff". */
struct hello_reply;

/** Set a final status, 200 to 599. With 204, 205 or 304, the library sends no body.
 * @return 0; -EINVAL for another status */
HELLO_API int hello_reply_set_status(struct hello_reply *reply, unsigned status);

/** Set the content type; it is copied. @return 0; -EINVAL if it is empty or has a byte that a field
 * must not have; -ENOSPC as hello_reply_add_field(); -ENOMEM */
HELLO_API int hello_reply_set_content_type(struct hello_reply *reply, const char *content_type);

/** Copy a body into the reply. @param body  size bytes; may be NULL if size is 0; may point into
 * the replaced body. @return 0; -EINVAL: body is NULL, and size is not 0; -ENOMEM */
HELLO_API int hello_reply_set_body(struct hello_reply *reply, const void *body, size_t size);

/** Send a body from the program's own memory, without a copy. When the body has been sent, has been
 * replaced, or cannot be sent, the library calls release(data). Until then, the program must not
 * change the body. A program may set the same body several times: the library calls release(data)
 * once for each call of this function, even for an empty body.
 *
 * release may run on any thread of the server, and on any thread of the program that replaces the
 * body, completes a deferred reply, or stops the server. The body of a deferred reply may be
 * released after hello_server_stop() has returned.
 * @param body     size bytes; may be NULL if size is 0
 * @param release  such as free(); NULL if the body stays unchanged until the server has stopped
 * @param data     the argument of release, such as the body itself or its owner */
HELLO_API void hello_reply_set_body_nocopy(struct hello_reply *reply, const void *body, size_t size,
                                           void (*release)(void *data), void *data);

/** Add a field. A name may occur several times. Refused are: Connection, Content-Length,
 * Content-Type, Date, Keep-Alive, Trailer, Transfer-Encoding, Upgrade, X-Content-Type-Options.
 * @param name   a token (RFC 9110, section 5.6.2); copied
 * @param value  without control bytes such as CR and LF, except tab; may be empty; copied
 * @return 0; -EINVAL: a bad byte or a refused name; -ENOMEM; -ENOSPC: no room. The heads of the
 *   request and its answer share max_head_size; usually, at least a quarter is free for fields. */
HELLO_API int hello_reply_add_field(struct hello_reply *reply, const char *name, const char *value);

/** Check a field. Any thread. @return 0; -EINVAL if hello_reply_add_field() would return it */
HELLO_API int hello_field_check(const char *name, const char *value);

/** Send the reply later, and go on with other connections. The delay begins when the responder
 * returns; reply_timeout_ms begins after the delay. Meanwhile, the server neither reads from the
 * connection nor notices its end, and hello_server_drain() waits. No effect on a deferred reply.
 * @param delay_ms  milliseconds; HELLO_NO_TIMEOUT = never sent */
HELLO_API void hello_reply_set_delay(struct hello_reply *reply, uint32_t delay_ms);

/** Answer a request, without blocking. @param data  the responder_data of the options
 * @return 0; for a negative errno or any other number, the answer is 500, with one log line */
typedef int hello_responder(void *data, const struct hello_request *request,
                            struct hello_reply *reply);

/** The default responder: 200 and the greeting. */
HELLO_API int hello_respond_greeting(void *data, const struct hello_request *request,
                                     struct hello_reply *reply);
/**@}*/

/** @name Deferred replies
 * A responder that cannot answer at once takes a handle and returns. Any thread completes the reply
 * later. No thread of the library waits: the server goes on with other connections. @{ */

/** The handle of a deferred reply. The program owns it until hello_deferred_send() or
 * hello_deferred_cancel() frees it: also after the client has closed the connection, after the time
 * limit, and during and after hello_server_stop(). One thread at a time may use a handle. */
struct hello_deferred;

/** Defer the reply of a responder, which then returns 0. If the responder returns anything else,
 * the answer is 500, and hello_deferred_send() fails. If the program has not completed the reply
 * after deferred_timeout_ms, the answer is 504. hello_server_drain() waits for the reply.
 * Meanwhile, the server does not read from the connection.
 *
 * All settings of the reply so far move to hello_deferred_reply(). Settings that the responder
 * makes later in its own reply are lost. The request is valid until the responder returns: copy
 * the data that you need. Another thread may complete the reply before the responder returns.
 * @return the handle; NULL: no memory, or this reply is already deferred */
HELLO_API struct hello_deferred *hello_reply_defer(struct hello_reply *reply);

/** The reply to fill in with hello_reply_set_status() and the like. Valid as long as the handle. */
HELLO_API struct hello_reply *hello_deferred_reply(struct hello_deferred *deferred);

/** Send the reply, and always free the handle. Does not wait. Any thread, also in a callback. In
 * the program's own loop, the call makes hello_server_fd() readable. If the reply cannot be sent,
 * the body is released now, on this thread.
 * @return 0: the server has taken the reply. It may still be lost, for example if the client has
 *   closed the connection: the access record has the result;
 *   -ETIMEDOUT: the server has answered 504 after deferred_timeout_ms;
 *   -ECANCELED: the server was stopped, a drain's deadline has passed, or the responder failed */
HELLO_API int hello_deferred_send(struct hello_deferred *deferred);

/** Answer 500, as if the responder had failed, and free the handle. The body is released now, on
 * this thread. NULL does nothing. Any thread. */
HELLO_API void hello_deferred_cancel(struct hello_deferred *deferred);

/** Whether hello_deferred_send() would fail, or the client has closed the connection. Also true for
 * a client that has only shut down its sending side and waits for the answer: with TCP, both look
 * the same. The program must still send or cancel the handle. Any thread. */
HELLO_API bool hello_deferred_is_abandoned(const struct hello_deferred *deferred);
/**@}*/

/** @name Access records
 * The result of each request, for a log or for metrics. @{ */

/** One finished request. The record and all that it points to are valid until the callback returns.
 * Later versions of the library may append members. */
struct hello_access_record {
    /** Has no path: hello_request_path() returns NULL. If libmicrohttpd itself has refused the
     * head, the request has only the fields before the fault. With the system's
     * libmicrohttpd, a request with a refused head has no field, and "" as method and protocol. */
    const struct hello_request *request;
    unsigned status;      /**< of the answer; 0 if the connection ended without an answer */
    bool complete;        /**< the kernel has taken the whole answer */
    uint64_t body_size;   /**< bytes in the answer; 0 for HEAD, and if the answer is not complete */
    uint64_t duration_ns; /**< from the request line to the end of the answer or the connection */
};

/** Record a finished request, answered or cut off: one call for each request whose request line
 * could be read. Must not block. Runs on the responder's thread, or within hello_server_stop(), if
 * that call cuts off the request. @param data  the options' access_data */
typedef void hello_access_callback(void *data, const struct hello_access_record *record);
/**@}*/

/** @name Server
 * @{ */

enum hello_log_level {
    HELLO_LOG_ERROR,   /**< something does not work */
    HELLO_LOG_WARNING, /**< something works less well than it should */
    HELLO_LOG_DEBUG    /**< a message of libmicrohttpd */
};

/** Log one line of text, without a line feed. A line about an option begins with the member's name
 * and a colon. Runs on the calling thread in hello_server_start(), later on any thread. */
typedef void hello_log_callback(void *data, enum hello_log_level level, const char *message);

/** A thread for each CPU that the affinity mask and the cgroup quota allow. */
#define HELLO_THREADS_AUTO (-1)

/** Switches a time limit off. */
#define HELLO_NO_TIMEOUT UINT32_MAX

/** Leaves the size of a socket's buffer to the kernel, which lets it grow to megabytes. */
#define HELLO_KERNEL_BUFFER UINT32_MAX

/** Flag: answer "/a//b/../c" as it is, without a redirect to "/a/c". */
#define HELLO_KEEP_PATH UINT32_C(1)

/** Flag: at the limit of connections, answer new clients with 503 and close. */
#define HELLO_REFUSE_WHEN_FULL UINT32_C(2)

/** Flag: at the limit of connections, close the connection that is idle or slow for longest. */
#define HELLO_EVICT_WHEN_FULL UINT32_C(4)

/** Flag: the program promises that no thread creates a child process while the server runs: no
 * fork(), posix_spawn(), system() or popen(). Saves two system calls for each connection. A broken
 * promise can corrupt the server's memory. */
#define HELLO_NO_FORK UINT32_C(8)

#define HELLO_MAX_LISTENERS 16 /**< of one server */

/** A listener: an address or a socket. */
struct hello_listener {
    const char *address; /**< like hello_options.listen; NULL if fd is set */
    int fd;              /**< like hello_options.listen_fd; 0 if address is set */
};

/** The options of a server. Zero means the default. */
struct hello_options {
    size_t size;    /**< sizeof(struct hello_options), as HELLO_OPTIONS_INIT sets it */
    uint32_t flags; /**< HELLO_KEEP_PATH, HELLO_*_WHEN_FULL, HELLO_NO_FORK; no other bits */

    /** Where to listen: "127.0.0.1:8080", "[::1]:8080", "[fe80::1%eth0]:8080", "localhost:8080",
     * ":8080" (IPv6, if the kernel has it, and IPv4), "unix:/run/hello.sock", or "unix:@hello": an
     * abstract socket, without a file. With port 0, the kernel chooses the port. The server
     * replaces a socket file that an ended server has left behind. It removes its own when it stops
     * accepting. Default "127.0.0.1:0", if neither listen_fd nor listeners is set. */
    const char *listen;
    /** A listening stream socket; 0 = none. The caller still owns it: the server uses a duplicate.
     * The server sets O_NONBLOCK, the buffer sizes and TCP_USER_TIMEOUT on the socket. */
    int listen_fd;
    /** More listeners, HELLO_MAX_LISTENERS at most in all. The server accepts from all in turn. */
    const struct hello_listener *listeners;
    uint32_t listener_count; /**< of listeners */
    /** Permissions of a unix socket's file at creation, up to 0777. Default: by the umask. */
    uint32_t listen_mode;

    /** Threads, each with a shard: 1 to 1024, or HELLO_THREADS_AUTO. If a thread can no
     * longer wait for events, it logs the error, and calls hello_server_begin_drain(). Default:
     * none, the program calls hello_server_dispatch(). */
    int threads;

    /** Limit of open connections in all, not below the number of threads. Further clients wait in
     * the backlog. Default: what the soft limit of open files allows, but at most 10,000. */
    uint32_t max_connections;
    /** Bytes of memory for the heads of a request and its answer: 1,024 to 16 MiB. An idle
     * connection uses none of it. A longer head gets 431 or 414. Default 32,768. */
    uint32_t max_head_size;
    /** Bytes of a request's body to read and discard. If Content-Length is this number or more,
     * or a chunked body exceeds it, the server sends the usual answer at once, not 413, and closes
     * the connection. Default 262,144. */
    uint64_t max_body_size;

    /** Milliseconds for a request's head. The time begins with the accept, or when the server
     * notices the first byte of a later request. Default 10,000. */
    uint32_t header_timeout_ms;
    uint32_t body_timeout_ms; /**< milliseconds for a request's body; default 60,000 */
    /** Milliseconds for a client to read an answer; see min_reply_rate. Default 60,000. */
    uint32_t reply_timeout_ms;
    uint32_t idle_timeout_ms; /**< milliseconds until an idle connection ends; default 620,000 */

    hello_responder *responder; /**< default hello_respond_greeting() */
    void *responder_data;       /**< the caller's */

    hello_log_callback *log; /**< default: none */
    void *log_data;          /**< the caller's */

    hello_access_callback *access; /**< default: none, and nothing is recorded */
    void *access_data;             /**< the caller's */

    /** Bytes per second that a client must read. A client gets a second more for every
     * min_reply_rate bytes that it has read, but never has more than reply_timeout_ms left. On a
     * unix socket, and with UINT32_MAX, it has reply_timeout_ms in all. Default 500. */
    uint32_t min_reply_rate;
    /** Bytes of answers that the kernel holds for a slow client: SO_SNDBUF (see socket(7)), or
     * HELLO_KERNEL_BUFFER. Default 65,536. */
    uint32_t send_buffer_size;
    /** Bytes of unread requests that the kernel holds: SO_RCVBUF, or HELLO_KERNEL_BUFFER. On a unix
     * socket, the client's SO_SNDBUF decides instead. Default 65,536. */
    uint32_t receive_buffer_size;

    /** Limit of open connections from one client: an IPv4 address or an IPv6 /64 network. Further
     * connections get 503 and are closed. Unix sockets have no such limit. Behind a proxy, all
     * clients have the proxy's address. Default: max_connections. */
    uint32_t max_connections_per_client;
    /** Requests on one connection; the last answer has "Connection: close". Default: any number. */
    uint32_t max_requests;
    /** Milliseconds from the responder's return until the program must have completed a deferred
     * reply; then the answer is 504. Default 60,000. */
    uint32_t deferred_timeout_ms;
};

/** The defaults, to initialize a struct with; also in C++98. */
#define HELLO_OPTIONS_INIT                                                                         \
    {                                                                                              \
        sizeof(struct hello_options), 0, NULL, 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL,  \
            NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0                                               \
    }

/** A running server. */
struct hello_server;

/** Start a server. If this fails, it releases everything. Any thread. In a process with several
 * threads, the first call can take about 20 ms, while Linux enlarges the table of descriptors.
 * After fork(), only the parent may use the server and the handles of its deferred replies.
 * @param server   set on success to a server that hello_server_stop() frees; NULL on failure
 * @param options  read during the call only, its strings included; NULL = the defaults
 * @return 0, or
 *   -EINVAL: size is 0, an option is out of range, listen cannot be parsed, unknown flags;
 *   -E2BIG: options sets a member that only a newer library has;
 *   -EMFILE: max_connections does not fit under the limit of open files, or no descriptor is left;
 *   -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EAFNOSUPPORT, -ENAMETOOLONG, -ENOENT: from bind();
 *   -ENODEV: a link-local address has no zone, or the zone is not a network interface;
 *   -ENOTSOCK, -EBADF, -EOPNOTSUPP: a descriptor is not a listening stream socket;
 *   -EAGAIN: a thread could not be created; -ENOMEM */
HELLO_API int hello_server_start(struct hello_server **server, const struct hello_options *options);

/** Fill in the defaults, with the values that hello_server_start() would use. Starts no server. Any
 * thread. @param options  not NULL @return 0, or the error of hello_server_start(), logged */
HELLO_API int hello_options_resolve(struct hello_options *options);

/** The most memory that a server with these options can take, for the memory limit of a container
 * or service. Starts no server and binds no address. Any thread.
 * Not included: allocations of the responder and the callbacks; bodies and fields of replies;
 * handles of deferred replies whose clients no longer wait; free memory that the C library keeps;
 * kernel memory for clients in the backlog, and for connections that are closed.
 * @param options       as for hello_server_start(); NULL = the defaults
 * @param bytes         set on success to the bytes of the program: heap and the threads' stacks
 * @param kernel_bytes  set on success to the bytes of the kernel: sockets and their buffers;
 *   UINT64_MAX if HELLO_KERNEL_BUFFER leaves a buffer's size to the kernel; may be NULL
 * @return 0; if options is not valid, the error of hello_server_start(), with the same log line */
HELLO_API int hello_memory_bound(const struct hello_options *options, uint64_t *bytes,
                                 uint64_t *kernel_bytes);

/** The TCP port. With port 0 in the options, the port that the kernel chose. With several
 * listeners, the port of the first TCP listener. With unix sockets only, 0. Any thread. */
HELLO_API int hello_server_port(const struct hello_server *server);

/** The TCP port of one listener; 0 for a unix socket. Any thread. @param index  as in
 * hello_server_address(). @return the port; -EINVAL if there is no such listener */
HELLO_API int hello_server_listener_port(const struct hello_server *server, unsigned index);

/** Write the address of a listener, NUL-terminated: "http://[::]:8080", "unix:/run/hello.sock" or
 * "unix:@hello". Any thread.
 * @param index  counts from 0: listen, then listen_fd, then listeners; unset members do not count
 * @return the length of the whole text, like snprintf(); -EINVAL if there is no such listener */
HELLO_API int hello_server_address(const struct hello_server *server, unsigned index, char *text,
                                   size_t size);

/** Read an address in the form of hello_options.listen, for example to connect. Any thread.
 * @param address  set to a struct sockaddr_in, sockaddr_in6 or sockaddr_un
 * @param size     bytes of address; those of a struct sockaddr_storage are enough
 * @return the length of the address, for connect(); -EINVAL: the text is not an address;
 *   -ENAMETOOLONG, -ENODEV: as hello_server_start(); -ENOSPC: size is too small */
HELLO_API int hello_address_parse(const char *text, struct sockaddr *address, size_t size);

/** The number of threads. Any thread. */
HELLO_API int hello_server_threads(const struct hello_server *server);

/** The number of open connections. Any thread. */
HELLO_API uint32_t hello_server_connections(const struct hello_server *server);

/** Counters since the server's start. They are not from exactly the same moment. */
struct hello_stats {
    uint64_t connections_open;     /**< connections that are open now */
    uint64_t connections_accepted; /**< connections since the start, open connections included */
    uint64_t connections_refused;  /**< accepted, then closed: no memory, or 503 for a limit */
    uint64_t requests;             /**< finished; each has a record if the options set access */
    uint64_t responses[6];         /**< by class: [2] 200 to 299, [0] no answer, [1] unused */
    uint64_t body_bytes_received;  /**< bytes of request bodies, without chunk framing */
    uint64_t body_bytes_sent;      /**< bytes of bodies in complete answers */
    uint64_t header_timeouts;      /**< connections ended by header_timeout_ms */
    uint64_t body_timeouts;        /**< connections ended by body_timeout_ms */
    uint64_t reply_timeouts;       /**< connections ended by reply_timeout_ms */
    uint64_t idle_timeouts;        /**< connections ended by idle_timeout_ms */
};

/** Read the server's counters. Any thread. The server does not wait.
 * @param stats  filled; members that this library does not have are 0
 * @param size   sizeof(struct hello_stats), so that later versions can append members
 * @return 0; -EINVAL if size is smaller than the first version's struct */
HELLO_API int hello_server_stats(const struct hello_server *server, struct hello_stats *stats,
                                 size_t size);

/** The descriptor to wait for: readable when there is something to do, also at a deadline. It stays
 * the same, and belongs to the server. Any thread. @return -EINVAL if the server has threads */
HELLO_API int hello_server_fd(const struct hello_server *server);

/** Do the server's work, without waiting. One thread at a time. @return 0; -EINVAL: has threads;
 * -EBUSY: in a callback, or another thread is in this function; -EIO: a descriptor has failed */
HELLO_API int hello_server_dispatch(struct hello_server *server);

/** Stop accepting, and answer open requests with "Connection: close". Close idle connections after
 * a second; until then, each may send one more request.
 * With threads, the call waits for the end; any thread except the server's may call it. In the
 * program's own loop, the call returns at once: dispatch until hello_server_drained() is true.
 * After several calls, the earliest deadline applies. While a thread waits here, other threads may
 * call any function except hello_server_stop().
 * @param timeout_ms  milliseconds until the server closes the remaining connections
 * @return 0 if no connection is left; -EINPROGRESS in the program's own loop: the drain has begun;
 *   -ETIMEDOUT if the deadline cut off connections; -EDEADLK in a callback of a server with
 *   threads, without effect; -EIO if a thread of the server has failed */
HELLO_API int hello_server_drain(struct hello_server *server, unsigned timeout_ms);

/** Begin to drain like hello_server_drain(), and never wait. Any thread, also in a callback. */
HELLO_API void hello_server_begin_drain(struct hello_server *server, unsigned timeout_ms);

/** Whether a drain is complete. Any thread, also in a callback. */
HELLO_API bool hello_server_drained(const struct hello_server *server);

/** Close everything at once and free the server. NULL does nothing. Any thread. No other call with
 * this server may be in progress or follow; handles of deferred replies stay valid. In a callback,
 * it is a mistake: it logs one line and does nothing else. */
HELLO_API void hello_server_stop(struct hello_server *server);
/**@}*/

#ifdef __cplusplus
}
#endif

#endif
