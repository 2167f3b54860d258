# SPDX-License-Identifier: MIT
"""Time limits are kept by a clock that nobody sets; only Date follows the wall clock."""

import email.utils
import mmap
import os
import select
import struct
import tempfile
import time
import unittest

from daemon import Daemon, PATIENCE, main

HOUR = 3600
LIMIT = 2.0  # seconds, of every kind
LATE = 1.0
GET = b"GET /abc HTTP/1.1\r\nHost: h\r\n\r\n"
# What a client sends and then waits, by the limit that it runs into.
WAITING = {
    "header": b"GET /abc HTTP/1.1\r\nHost: h\r\nX: ",
    "body": b"POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello",
    "idle": GET,
}


class Clock:
    """The wall clock as a daemon sees it."""

    def __init__(self, *arguments, **popen):
        # A path in LD_PRELOAD ends at a space or a colon.
        directory, shim = os.path.split(os.environ["WALL_CLOCK_SHIM"])
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes(8))
            file.flush()
            self.step = mmap.mmap(file.fileno(), 8)
            self.daemon = Daemon(
                *arguments, cwd=directory,
                environment={"LD_PRELOAD": f"./{shim}", "WALL_CLOCK": file.name}, **popen)

    def set(self, seconds):
        self.step[:] = struct.pack("q", seconds)


def date_of(daemon):
    """Seconds by which the Date of an answer is ahead of the real one."""
    with daemon.connect() as client:
        client.sendall(GET)
        head = client.recv(65536).decode()
    date = head.split("\r\nDate: ")[1].split("\r\n")[0]
    return email.utils.parsedate_to_datetime(date).timestamp() - time.time()


def when_they_end(clients):
    """For each of the named clients, the seconds from now on until the server ends it."""
    began, ends = time.monotonic(), {}
    poll = select.poll()
    names = {}
    for name, client in clients.items():
        poll.register(client, select.POLLRDHUP)
        names[client.fileno()] = name
    while len(ends) < len(clients) and time.monotonic() - began < PATIENCE:
        for descriptor, _ in poll.poll(1000):
            poll.unregister(descriptor)
            ends[names[descriptor]] = time.monotonic() - began
    return ends


class Steps(unittest.TestCase):

    def check(self, seconds):
        clock = Clock(*(word for limit in WAITING
                        for word in (f"--{limit}-timeout", f"{LIMIT:g}s")))
        with clock.daemon as daemon:
            self.assertLess(abs(date_of(daemon)), 2)
            clients = {}
            for name, sent in WAITING.items():
                clients[name] = daemon.connect()
                clients[name].sendall(sent)
            clients["idle"].recv(65536)
            clock.set(seconds)
            self.assertLess(abs(date_of(daemon) - seconds), 2)
            ends = when_they_end(clients)
            self.assertEqual(set(ends), set(WAITING))
            for name, after in ends.items():
                with self.subTest(name):
                    self.assertGreater(after, LIMIT - LATE)
                    self.assertLess(after, LIMIT + LATE)
            for client in clients.values():
                client.close()
            began = time.monotonic()
            code, said = daemon.stop()
            self.assertEqual((code, said), (0, ""))
            self.assertLess(time.monotonic() - began, PATIENCE / 2)

    def end_a_log(self, seconds, **popen):
        """Step the clock, and stop a hellod with a line of its log yet to write: its exit code,
        and what it wrote to standard error."""
        clock = Clock("--access-log=common", **popen)
        with clock.daemon as daemon:
            clock.set(seconds)
            date_of(daemon)
            return daemon.stop()

    def test_the_last_lines_have_their_time(self):
        for seconds in (0, HOUR, -HOUR):
            with self.subTest(seconds), tempfile.TemporaryFile("w+") as log:
                self.assertEqual(self.end_a_log(seconds, stdout=log), (0, ""))
                log.seek(0)
                self.assertIn("GET /abc", log.read())

    def test_the_last_lines_have_no_more_than_their_time(self):
        for seconds in (0, HOUR, -HOUR):
            reader, writer = os.pipe()
            os.set_blocking(writer, False)
            with self.subTest(seconds), open(reader), open(writer, "wb", buffering=0) as full:
                while full.write(bytes(65536)):
                    pass
                os.set_blocking(writer, True)
                began = time.monotonic()
                code, said = self.end_a_log(seconds, stdout=full)
                self.assertGreaterEqual(time.monotonic() - began, 1)
                self.assertEqual((code, said),
                                 (0, "hellod: access log: standard output does not accept the last lines\n"))

    def test_an_hour_forward(self):
        self.check(HOUR)

    def test_an_hour_back(self):
        self.check(-HOUR)

    def test_there_is_no_step(self):
        self.check(0)


if __name__ == "__main__":
    main()
