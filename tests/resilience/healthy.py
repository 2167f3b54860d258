#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The client that an attack must not disturb: a request every 10 ms, by turns over a connection
that it keeps and over a new one. It runs until its stdin ends, then reports as JSON.

A request is late from when it was due, even if the client was still waiting for the one before:
a server that stalls for a second makes a hundred requests late, not one.
"""
import json
import math
import re
import socket
import subprocess
import sys
import threading
import time

INTERVAL = 0.010
PATIENCE = 3  # seconds; then the request has failed
FAILURES_SHOWN = 5


class Failed(Exception):
    """A request without its answer."""


class Refused(Exception):
    """A new connection that was not accepted."""


class Connection:
    def __init__(self, host, port):
        try:
            self.socket = socket.create_connection((host, port), PATIENCE)
        except OSError as error:
            raise Refused(f"cannot connect: {error}") from error
        self.is_open, self.is_new = True, True

    def _read_answer(self):
        data = b""
        while True:
            head, end, body = data.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\nContent-Length: (\d+)", head) if end else None
            if length and len(body) >= int(length[1]):
                return head, body
            piece = self.socket.recv(65536)
            if not piece:
                raise OSError(f"it ended after {data!r}")
            data += piece

    def ask(self, path):
        request = f"GET {path} HTTP/1.1\r\nHost: healthy\r\n\r\n".encode()
        try:
            self.socket.sendall(request)
            head, body = self._read_answer()
        except OSError as error:
            self.close()
            if self.is_new and isinstance(error, ConnectionError):
                raise Refused(f"reset before its answer: {error}") from error
            raise Failed(f"{request!r}: {error}") from error
        if not head.startswith(b"HTTP/1.1 200 ") or body != f"Hello, you've requested: {path}\n".encode():
            self.close()
            raise Failed(f"{request!r}: {head!r} {body!r}")
        self.is_new = False
        if b"\r\nconnection: close" in head.lower():
            self.close()

    def close(self):
        self.socket.close()
        self.is_open = False


class Client:
    def __init__(self, host, port, only_kept, until_refused):
        self.address = host, port
        self.only_kept, self.until_refused = only_kept, until_refused
        self.kept = Connection(host, port)
        self.latencies, self.failures = [], []
        self.refused = None
        self.began = time.monotonic()

    def ask(self, number):
        path = f"/healthy/{number}"
        if not self.only_kept and number % 2:
            connection = Connection(*self.address)
            connection.ask(path)
            connection.close()
            return
        if not self.kept.is_open:
            self.kept = Connection(*self.address)
        self.kept.ask(path)

    def ask_in_time(self, number, due):
        try:
            self.ask(number)
            self.latencies.append(time.monotonic() - due)
        except Refused as error:
            self.refused = str(error)
        except Failed as error:
            self.fail(str(error))
        if self.refused and not self.until_refused:
            self.fail(self.refused)
            self.refused = None

    def fail(self, reason):
        self.latencies.append(math.inf)
        self.failures.append(f"after {time.monotonic() - self.began:.3f} s: {reason}")

    def run(self, stopped):
        due = time.monotonic()
        number = 0
        while not stopped.is_set() and not self.refused:
            ahead = due - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
                due = time.monotonic()  # to wake up late is no fault of the server's
            self.ask_in_time(number, due)
            number += 1
            due += INTERVAL

    def report(self):
        latencies = sorted(self.latencies)
        at = max(0, math.ceil(len(latencies) * 0.99) - 1)
        return {
            "sent": len(latencies),
            "failed": len(self.failures),
            "failures": self.failures[:FAILURES_SHOWN],
            "p99_ms": latencies[at] * 1000 if latencies else math.inf,
            "worst_ms": latencies[-1] * 1000 if latencies else math.inf,
            "refused": self.refused,
        }


class Healthy:
    """The client as a process of its own, so that the attackers' work does not delay it."""

    def __init__(self, server, *options):
        self.process = subprocess.Popen([sys.executable, __file__, server.host, str(server.port),
                                         *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()  # it has had its first answer

    def report(self):
        output, _ = self.process.communicate(timeout=10 * PATIENCE)
        return json.loads(output)


def main():
    host, port, *options = sys.argv[1:]
    client = Client(host, int(port), "only-kept" in options, "until-refused" in options)
    client.ask(0)
    print("ready", flush=True)
    stopped = threading.Event()

    def wait_for_the_end():
        sys.stdin.read()
        stopped.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    client.run(stopped)
    print(json.dumps(client.report()))


if __name__ == "__main__":
    main()
