/* SPDX-License-Identifier: MIT */
/* A running server for the tests of one case, in each of the ways to drive it. */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <hello/hello.h>

/* How a looping test's _i drives its server: by the test's own loop, by one thread, by two. */
enum { MODES = 3 };

/* Stopped by fixture_stop(), if it has been started. */
extern struct hello_server *server;

/* The options to start with; reset by fixture_prepare(). An unexpected log line of the library's
 * fails the test. */
extern struct hello_options options;

/* For checked fixtures: before and after each test. */
void fixture_prepare(void);
void fixture_stop(void);

/* Start the server with as many threads as the mode has. */
void fixture_start(int mode);

/* Drain, as the mode has it, while clients go on; then wait for the end, and return the result. */
void fixture_begin_drain(int mode, unsigned timeout_ms);
int fixture_end_drain(int mode);

/* Log lines from here on are expected; returns how many there were so far. */
unsigned fixture_expect_log(void);

/* Open descriptors of this process. */
int fixture_count_descriptors(void);

#endif
