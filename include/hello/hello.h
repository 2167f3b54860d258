/* SPDX-License-Identifier: MIT */
/**
 * @file hello.h
 * libhello: an HTTP endpoint that answers every request with its own path.
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
 * connections.
 *
 * - With `threads` in the options, each shard has a thread of the library.
 * - Without `threads`, there is one shard, and **nothing is served until the program's own event
 *   loop drives it**: wait for hello_server_fd() to become readable, then call
 *   hello_server_dispatch().
 *
 * A *responder* is a callback that answers requests. The library checks each request first, as
 * doc/behaviour.md says. Without a responder, the answer is the greeting: "Hello, you've
 * requested: /abc".
 *
 * Three mistakes to avoid:
 *
 * 1. `threads` is 0 and the program never calls hello_server_dispatch(): clients connect, and no
 *    client gets an answer.
 * 2. A responder blocks: all connections of its shard wait. Use hello_reply_defer() to answer
 * later, from any thread.
 * 3. A decoded path is used as a file name, or compared with strcmp(): it may contain "..", and a
 *    NUL byte may end the string early. Compare it with hello_request_path_is().
 *
 * Errors are negative errno values; the reason goes to the log callback as a line of text. The
 * library never prints, exits, aborts, installs a signal handler or keeps global state. Its threads
 * block asynchronous signals, except SIGPROF.
 */
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
 * The macros are of the header at compile time, the functions of the library at run time. */
/**@{*/
#define HELLO_VERSION_MAJOR 0
#define HELLO_VERSION_MINOR 1
#define HELLO_VERSION_PATCH 0
#define HELLO_VERSION_NUMBER                                                                       \
    (HELLO_VERSION_MAJOR * 10000 + HELLO_VERSION_MINOR * 100 + HELLO_VERSION_PATCH)

/** "MAJOR.MINOR.PATCH"; a static string. Any thread. */
HELLO_API const char *hello_version(void);

/** Like HELLO_VERSION_NUMBER. Any thread. */
HELLO_API int hello_version_number(void);

/** The version of libmicrohttpd: "1.0.10, bundled with 14 patches", or "1.0.10" when it is the
 * system's library; a static string. Any thread. */
HELLO_API const char *hello_microhttpd_version(void);
/**@}*/

/** @name Responder
 * A responder runs on the thread of the shard that read the request: on any of the library's
 * threads, or in hello_server_dispatch(). It must not block: see hello_reply_defer(). */
/**@{*/

/** One request. Valid, with all that its getters return, until the responder returns. */
struct hello_request;

/** The method, case kept: "GET". */
HELLO_API const char *hello_request_method(const struct hello_request *request);

/** The version of HTTP that the client speaks: "HTTP/1.1" or "HTTP/1.0". */
HELLO_API const char *hello_request_protocol(const struct hello_request *request);

/** The request-target as it was received. @param length set to its bytes; may be NULL */
HELLO_API const char *hello_request_target(const struct hello_request *request, size_t *length);

/** The decoded path, NUL-terminated. It may also contain NUL bytes: only the length tells its end.
 * Unless HELLO_KEEP_PATH is set, the library cleans the path before it decodes the escapes. Escapes
 * may therefore add "..", "." and empty elements, so check the path before you use it as a file
 * name. NULL in an access record. @param length set to its bytes; may be NULL */
HELLO_API const char *hello_request_path(const struct hello_request *request, size_t *length);

/** Whether the decoded path is exactly this one, NUL bytes considered. False in an access record.
 * @param path  NUL-terminated: "/health" */
HELLO_API bool hello_request_path_is(const struct hello_request *request, const char *path);

/** The raw query, NULL when the target has no '?'. @param length set to its bytes; may be NULL */
HELLO_API const char *hello_request_query(const struct hello_request *request, size_t *length);

/** The value of the first field with this name; NULL when there is none. For a repeated field, use
 * hello_request_fields(). @param name  compared without regard to case */
HELLO_API const char *hello_request_field(const struct hello_request *request, const char *name);

/**
 * Look at one field.
 *
 * @param data   as given to hello_request_fields()
 * @param name   as received, NUL-terminated; name_length bytes without the NUL
 * @param value  without the blanks around it, NUL-terminated; value_length bytes without the NUL
 * @return 0 to go on; another value to stop
 */
typedef int hello_field_callback(void *data, const char *name, size_t name_length,
                                 const char *value, size_t value_length);

/** Call a function for each field of the request's head, in the order received. Fields of a trailer
 * are not among them. @return 0, or the value with which the callback stopped */
HELLO_API int hello_request_fields(const struct hello_request *request,
                                   hello_field_callback *callback, void *data);

/** Bytes of the request's body that have been read and dropped, without chunk framing. In a
 * responder that is the whole body, unless the body is larger than max_body_size or the client
 * expects "100 Continue": then the answer does not wait for the body. */
HELLO_API uint64_t hello_request_body_size(const struct hello_request *request);

/** The client's address; on a unix socket, AF_UNIX and no path. Never NULL. */
HELLO_API const struct sockaddr *hello_request_peer(const struct hello_request *request);

/** The server's own address of the connection, likewise. Never NULL. */
HELLO_API const struct sockaddr *hello_request_local(const struct hello_request *request);

/** The reply to one request: 200, "text/plain; charset=utf-8" and an empty body until set.
 * Content-Length, Date, Connection and "X-Content-Type-Options: nosniff" are the library's. */
struct hello_reply;

/** @return 0; -EINVAL when status is not a final one, 200 to 599 */
HELLO_API int hello_reply_set_status(struct hello_reply *reply, unsigned status);

/** @param content_type copied. @return 0; -EINVAL when it is empty or has a byte that a field must
 * not hold; -ENOSPC as hello_reply_add_field(); -ENOMEM */
HELLO_API int hello_reply_set_content_type(struct hello_reply *reply, const char *content_type);

/** Copy a body into the reply. @param body  size bytes; may be NULL when size is 0, and may be part
 * of the reply's present body. @return 0; -ENOMEM */
HELLO_API int hello_reply_set_body(struct hello_reply *reply, const void *body, size_t size);

/**
 * Send a body from the program's own memory, without a copy.
 *
 * The body must stay as it is until the library calls release(data). The library calls it exactly
 * once for each call of this function, on any shard's thread: when the body has been sent, when
 * another body replaces it, or when the responder fails. The rule also holds for an empty body. A
 * program may set the same body several times.
 *
 * @param body     size bytes; may be NULL when size is 0
 * @param release  frees the body or drops a reference to it, such as free(); NULL: the body is
 *                 static, and stays as it is until the server has stopped
 * @param data     the argument of release, such as the body itself or its owner
 */
HELLO_API void hello_reply_set_body_nocopy(struct hello_reply *reply, const void *body, size_t size,
                                           void (*release)(void *data), void *data);

/**
 * Add a field; one name may be added several times.
 *
 * @param name   a token (RFC 9110, section 5.6.2); copied
 * @param value  without CR, LF and other control bytes but the tab; copied
 * @return 0; -EINVAL on a bad byte or a name that is the library's to set; -ENOSPC when the fields
 *   exceed the memory that the request's head has left: usually at least a quarter of
 *   max_head_size; -ENOMEM
 */
HELLO_API int hello_reply_add_field(struct hello_reply *reply, const char *name, const char *value);

/** Check a field without a reply, as when options are read. Any thread. @return 0; -EINVAL where
 * hello_reply_add_field() would return it */
HELLO_API int hello_field_check(const char *name, const char *value);

/**
 * Send the reply later. No thread waits for it: the server goes on with other connections.
 *
 * The delay begins when the responder returns. During the delay, the server does not read from the
 * connection, and does not notice that the peer has gone. reply_timeout_ms begins after it. A drain
 * waits for the reply as for any other.
 *
 * @param delay_ms  milliseconds; 0 = at once; ignored when the reply is deferred
 */
HELLO_API void hello_reply_set_delay(struct hello_reply *reply, uint32_t delay_ms);

/**
 * Answer a request. Runs on the thread of the shard that read it, see above; must not block.
 *
 * @param data  the responder_data of the options
 * @return 0; a negative errno, or any other number, makes the answer 500 and one log line
 */
typedef int hello_responder(void *data, const struct hello_request *request,
                            struct hello_reply *reply);

/** The default responder: 200 and the greeting. */
HELLO_API int hello_respond_greeting(void *data, const struct hello_request *request,
                                     struct hello_reply *reply);
/**@}*/

/** @name Deferred replies
 * A responder that cannot answer at once takes a handle and returns. Any thread completes the reply
 * later. No thread of the library waits for it: the server goes on with other connections. */
/**@{*/

/** The handle of a deferred reply. The program owns it until hello_deferred_send() or
 * hello_deferred_cancel() frees it. It stays valid when the client hangs up, when the time limit
 * passes, and during and after hello_server_stop(). One thread at a time uses one handle. */
struct hello_deferred;

/**
 * Defer the reply of a responder, which then returns 0. If it returns anything else, the answer is
 * 500, and the handle is abandoned.
 *
 * What has been set in the reply so far goes over to hello_deferred_reply(). What the responder
 * sets afterwards in its own reply is lost. Copy what you need of the request: it is valid until
 * the responder returns. Another thread may complete the reply before that.
 *
 * The server does not read from the connection meanwhile. If the program has not completed the
 * reply after deferred_timeout_ms, the answer is 504. A drain waits for the reply as for any other.
 *
 * @return the handle; NULL: no memory, the reply is deferred already, or it is not a responder's
 */
HELLO_API struct hello_deferred *hello_reply_defer(struct hello_reply *reply);

/** The reply to fill in, with hello_reply_set_status() and the like. Valid as long as the handle.
 */
HELLO_API struct hello_reply *hello_deferred_reply(struct hello_deferred *deferred);

/**
 * Send the reply, and free the handle in any case. Any thread, also in a callback; it does not
 * wait. In a program's own loop, it makes hello_server_fd() readable.
 *
 * If the reply cannot be sent, the body is released now, on this thread.
 *
 * @return 0: the server sends the reply, as far as the client takes it; the access record tells;
 *   -ETIMEDOUT: the server has answered 504 after deferred_timeout_ms;
 *   -ECANCELED: the server was stopped, the deadline of a drain has passed, or the responder failed
 */
HELLO_API int hello_deferred_send(struct hello_deferred *deferred);

/** Answer 500, as when a responder fails, and free the handle. The body is released now, on this
 * thread. NULL is fine. Any thread. */
HELLO_API void hello_deferred_cancel(struct hello_deferred *deferred);

/**
 * Whether the work for a reply is in vain: hello_deferred_send() would fail, or the client has
 * closed the connection. The handle must still be sent or cancelled. Any thread.
 *
 * A client that has only finished sending counts as well, because TCP does not tell the difference;
 * it gets the reply if the program sends it.
 */
HELLO_API bool hello_deferred_is_abandoned(const struct hello_deferred *deferred);
/**@}*/

/** @name Access records
 * What became of each request, for a log or for metrics. */
/**@{*/

/** One finished request. Valid, with all that it points to, until the callback returns; later
 * versions of the library may append members. */
struct hello_access_record {
    /** For the getters of a request. Its path is gone: hello_request_path() returns NULL. When
     * libmicrohttpd has refused the head by itself, only the fields before the fault are found;
     * with the system's libmicrohttpd, method and protocol are "" then, and no field is found. */
    const struct hello_request *request;
    /** Of the answer; 0 when the connection ended before there was one. */
    unsigned status;
    /** Whether the kernel has taken the whole answer. */
    bool complete;
    /** Bytes of body in the answer: 0 to HEAD, and unless it is complete. */
    uint64_t body_size;
    /** Nanoseconds from the request line to the end of the answer, or of the connection. */
    uint64_t duration_ns;
};

/**
 * Take note of a finished request: one call for each request whose request line could be read,
 * whether it was answered by the responder or by the library, or cut off.
 *
 * Runs where a responder does; for requests that hello_server_stop() cuts off, on the thread that
 * calls it. It must not block.
 *
 * @param data  the access_data of the options
 */
typedef void hello_access_callback(void *data, const struct hello_access_record *record);
/**@}*/

/** @name Server */
/**@{*/

enum hello_log_level {
    HELLO_LOG_ERROR,   /**< something does not work */
    HELLO_LOG_WARNING, /**< something works less well than it should */
    HELLO_LOG_DEBUG    /**< a message of libmicrohttpd */
};

/** Take one line of text, without a line feed. A line on a member of the options begins with its
 * name and a colon. Runs on the calling thread in hello_server_start(), later on any thread. */
typedef void hello_log_callback(void *data, enum hello_log_level level, const char *message);

/** As many threads as CPUs this process may use: affinity mask and cgroup quota. */
#define HELLO_THREADS_AUTO (-1)

/** Switches a time limit off. */
#define HELLO_NO_TIMEOUT UINT32_MAX

/** Leaves the size of a socket's buffer to the kernel, which has it grow to megabytes. */
#define HELLO_KERNEL_BUFFER UINT32_MAX

/** Flag: answer "/a//b/../c" as it is, without a redirect to "/a/c". */
#define HELLO_KEEP_PATH UINT32_C(1)

/** Flag: at the limit of connections, answer new ones with 503 and close them. */
#define HELLO_REFUSE_WHEN_FULL UINT32_C(2)

/** Flag: at the limit of connections, close the one that has been idle or slow for longest. */
#define HELLO_EVICT_WHEN_FULL UINT32_C(4)

/** Flag: a promise that no child process is created while the server runs, by fork(),
 * posix_spawn(), system() or popen(), on any thread. Saves two system calls for each connection. A
 * child that breaks the promise corrupts the server's memory. */
#define HELLO_NO_FORK UINT32_C(8)

/** Places to listen at, of one server. */
#define HELLO_MAX_LISTENERS 16

/** A place to listen at: an address or a socket. */
struct hello_listener {
    const char *address; /**< as hello_options.listen; NULL when fd is set */
    int fd;              /**< as hello_options.listen_fd; 0 when address is set */
};

/** How a server is to be. Zero in any member is its default. */
struct hello_options {
    size_t size;    /**< sizeof(struct hello_options), as HELLO_OPTIONS_INIT sets it */
    uint32_t flags; /**< HELLO_KEEP_PATH, HELLO_*_WHEN_FULL, HELLO_NO_FORK; no other bits */

    /** Where to listen: "127.0.0.1:8080", "[::1]:8080", "[fe80::1%eth0]:8080", "localhost:8080",
     * ":8080" (IPv6, if the kernel has it, and IPv4), "unix:/run/hello.sock", or "unix:@hello",
     * which is an abstract socket, without a file. Port 0 lets the kernel choose. A file that an
     * ended server has left behind is replaced; the server removes its own when it stops accepting.
     * Default "127.0.0.1:0", if neither listen_fd nor listeners is set. */
    const char *listen;
    /** A listening stream socket to use; 0 = none. It is duplicated: the caller's descriptor stays
     * the caller's. O_NONBLOCK, the sizes of the buffers and TCP_USER_TIMEOUT are set on the
     * socket. */
    int listen_fd;
    /** More places to listen at, with listen and listen_fd at most HELLO_MAX_LISTENERS. The server
     * accepts from all of them in turn. */
    const struct hello_listener *listeners;
    uint32_t listener_count; /**< of listeners */
    /** Permissions of the file of a unix socket, up to 0777, which it has before a client can
     * connect. Default: by the umask. */
    uint32_t listen_mode;

    /** Threads, each with a shard: 1 to 1024, or HELLO_THREADS_AUTO. A thread whose descriptors no
     * longer work logs a line, and the whole server drains. Default: none, the program calls
     * hello_server_dispatch(). */
    int threads;

    /** Connections open at once, over all shards; more wait in the backlog. Default: as many as
     * the soft limit of open files allows, less a reserve, and at most 10,000. */
    uint32_t max_connections;
    /** Bytes of memory for the head of a request and of its answer: 1,024 to 16 MiB. A connection
     * between two requests has none. A longer head gets 431 or 414. Default 32,768. */
    uint32_t max_head_size;
    /** Bytes of a request's body that are read and dropped. One that is announced to be as large,
     * or grows larger, is answered at once, and the connection closes. Default 262,144. */
    uint64_t max_body_size;

    /** Milliseconds for a request's head: of the first request from the accept, of a later one from
     * the moment when the server notices its first byte. Default 10,000. */
    uint32_t header_timeout_ms;
    /** Milliseconds for a request's body. Default 60,000. */
    uint32_t body_timeout_ms;
    /** Milliseconds for a client to take an answer; min_reply_rate gives more. Default 60,000. */
    uint32_t reply_timeout_ms;
    /** Milliseconds without a request until a connection is closed. Default 620,000. */
    uint32_t idle_timeout_ms;

    hello_responder *responder; /**< default hello_respond_greeting() */
    void *responder_data;       /**< the caller's */

    hello_log_callback *log; /**< default: none */
    void *log_data;          /**< the caller's */

    hello_access_callback *access; /**< default: none, and nothing is recorded */
    void *access_data;             /**< the caller's */

    /** The rate, in bytes per second, at which a client has to read an answer. Each time the client
     * has read this many bytes, its deadline moves on by a second, up to reply_timeout_ms. With
     * UINT32_MAX, and on a unix socket, reply_timeout_ms limits the whole answer. Default 500. */
    uint32_t min_reply_rate;
    /** Bytes that the kernel holds of the answers to a client which does not take them: SO_SNDBUF
     * (see socket(7)), or HELLO_KERNEL_BUFFER. Default 65,536. */
    uint32_t send_buffer_size;
    /** Bytes that the kernel holds of the requests of a client which waits for its answers:
     * SO_RCVBUF, or HELLO_KERNEL_BUFFER. On a unix socket the kernel holds them at the expense of
     * the client, within the client's SO_SNDBUF. Default 65,536. */
    uint32_t receive_buffer_size;

    /** Connections open at once from one client: an IPv4 address or an IPv6 /64 network. Further
     * ones get 503 and are closed. There is no limit on unix sockets. Behind a proxy, all clients
     * share the proxy's address. Default: max_connections. */
    uint32_t max_connections_per_client;
    /** Requests on one connection; the last gets "Connection: close". Default: any number. */
    uint32_t max_requests;
    /** Milliseconds for the program to complete a deferred reply, from the responder's return; then
     * the answer is 504. Default 60,000. */
    uint32_t deferred_timeout_ms;
};

/** The defaults. In C++ before C++11's aggregate rules, zero the struct and set size. */
#define HELLO_OPTIONS_INIT                                                                         \
    {                                                                                              \
        sizeof(struct hello_options), 0, NULL, 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL,  \
            NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0                                               \
    }

/** A running server. */
struct hello_server;

/**
 * Start a server. Nothing is left over when this fails.
 *
 * Any thread. In a process with several threads, the first call can take about 20 ms, in which
 * Linux enlarges the table of descriptors.
 * After a fork() only the process that started a server may use it.
 *
 * @param server   set on success to a server that hello_server_stop() frees; NULL on failure
 * @param options  read during the call only, its strings included; NULL = the defaults
 * @return 0, or
 *   -EINVAL: size is 0, an option is out of its range, listen cannot be parsed, unknown flags;
 *   -E2BIG: options is of a newer library and sets what this one does not know;
 *   -EMFILE: max_connections does not fit under the limit of open files, or none is left;
 *   -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EAFNOSUPPORT, -ENAMETOOLONG, -ENOENT: from bind();
 *   -ENODEV: a link-local address is without a zone, or the zone is no network interface;
 *   -ENOTSOCK, -EBADF, -EOPNOTSUPP: a descriptor is no listening stream socket;
 *   -EAGAIN: a thread could not be made; -ENOMEM
 */
HELLO_API int hello_server_start(struct hello_server **server, const struct hello_options *options);

/**
 * The most memory that a server with these options can take, for the limit of a container or a
 * service. No server is started, no address is bound.
 *
 * What a responder and the callbacks allocate, and the bodies and fields that a responder sets, are
 * not in it, nor are the handles of deferred replies whose clients no longer wait, free memory that
 * the C library keeps, and what the kernel holds for clients in the backlog and for connections
 * that are closed. Any thread.
 *
 * @param options       as for hello_server_start(); NULL = the defaults
 * @param bytes         set on success to those of the program: heap and the threads' stacks
 * @param kernel_bytes  set on success to those of the kernel: sockets and their buffers;
 *   UINT64_MAX when HELLO_KERNEL_BUFFER leaves a buffer to it; may be NULL
 * @return 0, or what hello_server_start() returns for options that cannot be used, with the same
 *   line in the log
 */
HELLO_API int hello_memory_bound(const struct hello_options *options, uint64_t *bytes,
                                 uint64_t *kernel_bytes);

/** The TCP port, also when port 0 was asked for; with several listeners, of the first that has one.
 * 0 when the server listens at unix sockets only. Any thread. */
HELLO_API int hello_server_port(const struct hello_server *server);

/** The TCP port of one listener; 0 of a unix socket. Any thread. @param index as in
 * hello_server_address(). @return the port; -EINVAL when there is no such listener */
HELLO_API int hello_server_listener_port(const struct hello_server *server, unsigned index);

/** Write where a listener listens, NUL-terminated: "http://[::]:8080", "unix:/run/hello.sock" or
 * "unix:@hello". Any thread.
 *
 * @param index  from 0: that of listen, of listen_fd, then those of listeners
 * @return the length of the whole text as snprintf() does; -EINVAL when there is no such listener
 */
HELLO_API int hello_server_address(const struct hello_server *server, unsigned index, char *text,
                                   size_t size);

/** The number of threads. Any thread. */
HELLO_API int hello_server_threads(const struct hello_server *server);

/** Connections that are open now. Any thread. */
HELLO_API uint32_t hello_server_connections(const struct hello_server *server);

/** What a server has counted since its start. The numbers are of slightly different moments. */
struct hello_stats {
    uint64_t connections_open;     /**< now */
    uint64_t connections_accepted; /**< the open ones included */
    uint64_t connections_refused;  /**< of the accepted: closed for want of memory to read from
                                    * them, or answered 503 for want of a place */
    uint64_t requests;             /**< finished; each has, or would have had, its access record */
    uint64_t responses[6];         /**< requests by the class of the status: [2] counts 200 to 299;
                                    * [0] those that ended without an answer; [1] is 0 */
    uint64_t body_bytes_received;  /**< of request bodies, without chunk framing */
    uint64_t body_bytes_sent;      /**< of bodies in complete answers */
    uint64_t header_timeouts;      /**< connections ended by header_timeout_ms */
    uint64_t body_timeouts;        /**< connections ended by body_timeout_ms */
    uint64_t reply_timeouts;       /**< connections ended by reply_timeout_ms */
    uint64_t idle_timeouts;        /**< connections ended by idle_timeout_ms */
};

/**
 * Read what the server has counted. Any thread; nothing waits for it.
 *
 * @param stats  filled; members that this library does not know are 0
 * @param size   sizeof(struct hello_stats), which lets the struct grow
 * @return 0; -EINVAL when size is smaller than the struct has ever been
 */
HELLO_API int hello_server_stats(const struct hello_server *server, struct hello_stats *stats,
                                 size_t size);

/**
 * The descriptor to wait for, readable when there is something to do; it stays the same and
 * is the server's. No time limit needs to be kept: the server's own timer is in it.
 *
 * @return the descriptor; -EINVAL when the server has threads
 */
HELLO_API int hello_server_fd(const struct hello_server *server);

/** Do what there is to do, without waiting. One thread at a time. @return 0; -EINVAL when the
 * server has threads; -EBUSY in a callback, or while another thread is in this function; -EIO when
 * the server's descriptors no longer work */
HELLO_API int hello_server_dispatch(struct hello_server *server);

/**
 * Stop accepting; answer what is in flight, each with "Connection: close"; let each connection
 * that is idle send one more request for a second, then close it.
 *
 * With threads this waits, and any thread but the server's own may call it. In a program's own
 * loop it only begins: go on with hello_server_dispatch() until hello_server_drained(). The
 * earliest deadline of several calls holds. While a thread waits here, other threads may call any
 * function but hello_server_stop().
 *
 * @param timeout_ms  milliseconds until the connections that are left are closed all the same
 * @return 0 when none is left; -EINPROGRESS when it has begun in a program's own loop; -ETIMEDOUT
 *   when some were cut off; -EDEADLK in a callback of a server with threads: nothing has begun;
 *   -EIO when a thread of the server's has failed
 */
HELLO_API int hello_server_drain(struct hello_server *server, unsigned timeout_ms);

/** Begin as hello_server_drain() does, and never wait. Any thread, also in a callback. */
HELLO_API void hello_server_begin_drain(struct hello_server *server, unsigned timeout_ms);

/** Whether a drain has come to its end. Any thread, also in a callback. */
HELLO_API bool hello_server_drained(const struct hello_server *server);

/**
 * Close everything at once and free the server. NULL is fine.
 *
 * Any thread; no other call may be under way or follow. In a callback it is a mistake: it does
 * nothing but log one line, and the server goes on.
 */
HELLO_API void hello_server_stop(struct hello_server *server);
/**@}*/

#ifdef __cplusplus
}
#endif

#endif
