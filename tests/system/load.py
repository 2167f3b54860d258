# SPDX-License-Identifier: MIT
"""Clients of every kind that ask until they are told to end: no request of theirs may be lost."""

import multiprocessing
import socket
import time

from daemon import PATIENCE, wait_until

# Since Python 3.14, the default context starts each process anew, and would have to copy a Load there.
fork = multiprocessing.get_context("fork")
PAUSE = 0.001  # between the requests of one client: a load, not a benchmark
GET = b"GET /abc HTTP/1.1\r\nHost: h\r\n\r\n"
GREETING = b"Hello, you've requested: /abc\n"


def read_answer(connection):
    """To its end. Whether the connection stays open."""
    answer = b""
    while not answer.endswith(GREETING):
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionResetError(f"ended after {answer!r}")
        answer += piece
    return b"\r\nconnection: close\r\n" not in answer.lower()


class Client(fork.Process):
    """Asks until it is told to end. A connection that ends without the answer is a failure, and
    so is one that ends although no answer has said so. A process of its own, since a thread would
    wait for the one that starts a hellod."""

    def __init__(self, load):
        super().__init__(daemon=True)
        self.load = load
        self.answered = fork.Value("L", 0)
        self.slowest = fork.Value("d", 0)  # seconds

    def run(self):
        while not self.load.ended.is_set():
            begin = time.monotonic()
            try:
                self.visit()
            except OSError as error:
                self.load.failures.put(f"{type(self).__name__}: {error!r}")
            self.slowest.value = max(self.slowest.value, time.monotonic() - begin)
            time.sleep(PAUSE)

    def connect(self):
        return socket.create_connection(self.load.address, PATIENCE)

    def read_answer(self, connection):
        """Whether the connection stays open."""
        is_open = read_answer(connection)
        self.answered.value += 1
        return is_open


class Newcomer(Client):
    def visit(self):
        with self.connect() as connection:
            connection.sendall(GET)
            self.read_answer(connection)


class Regular(Client):
    def visit(self):
        with self.connect() as connection:
            is_open = True
            while is_open and not self.load.ended.is_set():
                connection.sendall(GET)
                is_open = self.read_answer(connection)
                time.sleep(PAUSE)


class Uploader(Client):
    """A body of 20 bytes that takes a second."""

    def visit(self):
        with self.connect() as connection:
            connection.sendall(b"POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n")
            for _ in range(20):
                time.sleep(0.05)
                connection.sendall(b"x")
            self.read_answer(connection)


class Load:
    def __init__(self, address, newcomers, regulars=0, uploaders=0):
        self.address = address
        self.ended = fork.Event()
        self.failures = fork.SimpleQueue()
        self.newcomers = [Newcomer(self) for _ in range(newcomers)]
        self.regulars = [Regular(self) for _ in range(regulars)]
        self.uploaders = [Uploader(self) for _ in range(uploaders)]

    def __enter__(self):
        for client in self.clients():
            client.start()
        return self

    def __exit__(self, *_):
        self.end()

    def clients(self):
        return self.newcomers + self.regulars + self.uploaders

    def end(self):
        self.ended.set()
        for client in self.clients():
            client.join()

    def wait_for_answers(self):
        """One at least to each client but the slow ones, to a request made since."""
        fast = self.newcomers + self.regulars
        before = [client.answered.value for client in fast]
        wait_until(lambda: all(c.answered.value > b + 1 for c, b in zip(fast, before)),
                   "the clients are answered")

    def take_slowest_newcomer(self):
        """Of the time since this was asked for last, or since the start; in seconds."""
        slowest = max(client.slowest.value for client in self.newcomers)
        for client in self.newcomers:
            client.slowest.value = 0
        return slowest

    def take_failures(self):
        """What went wrong since this was asked for last, a text each."""
        failures = []
        while not self.failures.empty():
            failures.append(self.failures.get())
        return failures

    def report(self):
        for clients in (self.newcomers, self.regulars, self.uploaders):
            print(f"{len(clients)} x {type(clients[0]).__name__}: "
                  f"{sum(c.answered.value for c in clients)} requests")
