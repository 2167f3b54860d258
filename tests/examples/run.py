#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run one example: ask it, watch it idle, and have it drain.

Usage: run.py NAME PROGRAM, or run.py --without LIBRARY where it could not be built.
"""
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "embed"))
from client import Failure, Program, expect, need, read_answer, wait_until  # noqa: E402

GREETING = b"Hello, you've requested: /abc\n"


def stops_accepting(program):
    try:
        program.connect().close()
        return False
    except ConnectionResetError:  # it came while the socket was being closed
        return False
    except (ConnectionRefusedError, FileNotFoundError):
        return True


def check_idle(program):
    """Nothing to do, nothing done: no thread wakes up."""
    wait_until(lambda: all_sleep(program), "every thread sleeps")
    before = program.wake_ups()
    time.sleep(1.2)  # what is measured, not a wait for something
    after = program.wake_ups()
    expect(before == after, f"{after - before} wake-ups in 1.2 s without a client")


def all_sleep(program):
    """... and the connections of the requests before are closed."""
    def sleeps(thread):
        with open(f"/proc/{program.pid}/task/{thread}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "S"
    sockets = [link for fd in os.listdir(f"/proc/{program.pid}/fd")
               if (link := read_link(f"/proc/{program.pid}/fd/{fd}")).startswith("socket:")]
    # libuv and libevent keep a socket pair for signals.
    return all(map(sleeps, program.threads())) and len(sockets) <= program.sockets_at_start


def read_link(path):
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""


def count_sockets(program):
    return sum(read_link(f"/proc/{program.pid}/fd/{fd}").startswith("socket:")
               for fd in os.listdir(f"/proc/{program.pid}/fd"))


def check_drain(program, body):
    """A request that is half sent at SIGTERM is answered, and its connection is the last."""
    request = b"GET /abc HTTP/1.1\r\nHost: test\r\n"
    with program.connect() as client:
        client.sendall(request + b"\r\n")
        read_answer(client, request).expect(200, body, Connection=None)
        client.sendall(request)
        program.terminate()
        wait_until(lambda: stops_accepting(program), "it stops accepting")
        expect(program.process.poll() is None, "it ended with a request in flight")
        client.sendall(b"\r\n")
        read_answer(client, request).expect(200, body, Connection="close")
        expect(client.recv(1) == b"", "the connection stays open after 'Connection: close'")
    return program.finish()


def check_loop(command, body=GREETING):
    with Program(command) as program:
        program.sockets_at_start = count_sockets(program)
        program.ask("/abc").expect(200, body, Content_Type="text/plain; charset=utf-8")
        check_idle(program)
        check_drain(program, body)


def check_minimal(command):
    with Program(command, terminal=True) as program:
        program.ask("/abc").expect(200, GREETING)
        program.process.stdin.write(b"\n")
        program.process.stdin.flush()
        program.finish()


def check_responder(command):
    with Program(command) as program:
        for i in range(1, 4):
            program.ask("/visits").expect(200, b'{"visits": %d}\n' % i, Cache_Control="no-store",
                                          Content_Type="application/json")
        program.ask("/large").expect(200, b"." * 1000000)
        program.ask("/agent", fields=["User-Agent: Mozilla"]).expect(200, b"Mozilla")
        program.ask("/agent").expect(200, b"")
        program.ask("/fields", fields=["A: 1", "A: 2"]).expect(200, b"4 fields\n")
        program.ask("/motto").expect(200, b"Small and correct.\n")
        program.ask("/broken").expect(500)
        program.ask("/teapot").expect(418, b"")
        program.ask("/nothing").expect(404, b"")
        program.ask("/visits%00").expect(404)
        program.ask("/hello", "HEAD").expect(200, b"")
        program.terminate()
        log = program.finish()
    for line in ["the responder failed: Input/output error", "GET /large 200 1000000 bytes",
                 "HEAD /hello 200 0 bytes", "GET /visits%00 404 0 bytes",
                 "13 requests on 13 connections"]:
        expect(line in log, f"no {line!r} in its log:", log)


def check_health(command):
    """Not ready before the first job; the counter grows; not ready once it drains."""
    with Program(command) as program:
        program.ask("/healthz").expect(200, b"ok\n")
        wait_until(lambda: program.ask("/readyz").status == 200, "it is ready")
        metrics = program.ask("/metrics")
        expect(int(metrics.body.split()[-1]) > 0, f"no job is done: {metrics.body}")
        program.ask("/abc").expect(404)
        request = b"GET /readyz HTTP/1.1\r\nHost: test\r\n"
        with program.connect() as client:
            client.sendall(request)
            program.terminate()
            wait_until(lambda: stops_accepting(program), "it stops accepting")
            client.sendall(b"\r\n")
            read_answer(client, request).expect(503, b"draining\n", Connection="close")
        program.finish()


def check_deferred(command):
    with Program(command) as program:
        program.ask("/1000").expect(200, b"168 primes up to 1000\n")
        with program.connect() as client:  # it leaves before the worker has counted them
            client.sendall(b"GET /4000000000 HTTP/1.1\r\nHost: test\r\n\r\n")
        program.ask("/1", "HEAD").expect(200, b"")
    check_loop(command, b"0 primes up to 0\n")


def check_unix_socket(command):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "hello.sock")
        with Program([*command, "unix:" + path]) as program:
            expect(program.line == f"unix:{path}\n", f"it says {program.line!r}")
            expect(os.stat(path).st_mode & 0o777 == 0o600, f"mode {os.stat(path).st_mode:o}")
            program.ask("/abc").expect(200, GREETING)
            check_drain(program, GREETING)
        expect(not os.path.exists(path), f"{path} is left over")


def main(name, *command):
    command = list(command)
    if name == "--without":
        need(command[0], False)
    checks = {
        "deferred": check_deferred,
        "minimal": check_minimal,
        "health": check_health,
        "responder": check_responder,
        "unix_socket": check_unix_socket,
        "cxx": lambda command: check_loop(command, b"Hello from C++, /abc\n"),
    }
    checks.get(name, check_loop)(command)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
