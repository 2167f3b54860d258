# SPDX-License-Identifier: MIT
"""A program under test that prints its address, and raw HTTP to talk to it.

Nothing here parses more HTTP than it must: what came back is shown as it is when a check fails.
"""
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time

TIMEOUT = 20  # seconds; for what should take milliseconds


class Failure(Exception):
    """What was expected, what was sent and what came back."""


def expect(condition, *what):
    if not condition:
        raise Failure("\n".join(str(part) for part in what))


class Program:
    """A server that prints one line with its address; stdin is a pipe.

    terminal: stdout is one, for a program that does not flush it.
    """

    def __init__(self, command, terminal=False, **options):
        self.output, written = pty.openpty() if terminal else os.pipe()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=written, stderr=subprocess.PIPE, **options)
        os.close(written)
        self.pid = self.process.pid
        try:
            self.line = self._read_line()
            self.address = self._parse(self.line)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _read_line(self):
        deadline = time.monotonic() + TIMEOUT
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.output], [], [], max(left, 0))
            try:
                byte = os.read(self.output, 1) if ready else b""
            except OSError:  # how a terminal ends
                byte = b""
            if not byte:
                self.process.kill()
                raise Failure(f"no address from {self.process.args}; it printed {line!r}, and "
                              f"{self.process.stderr.read()!r} to stderr")
            line += byte
        return line.decode()

    @staticmethod
    def _parse(line):
        unix = re.search(r"unix:(\S+)", line)
        if unix:
            return unix.group(1)
        tcp = re.search(r"http://\[?([0-9a-f.:]+?)\]?:(\d+)", line)
        expect(tcp, f"no address in {line!r}")
        return tcp.group(1), int(tcp.group(2))

    def connect(self):
        family = socket.AF_UNIX if isinstance(self.address, str) else (
            socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET)
        client = socket.socket(family, socket.SOCK_STREAM)
        client.settimeout(TIMEOUT)
        try:
            client.connect(self.address)
        except OSError:
            client.close()
            raise
        return client

    def ask(self, target, method="GET", fields=()):
        """One request on a connection of its own. The answer, whole."""
        request = "".join([f"{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n",
                           *(field + "\r\n" for field in fields), "\r\n"]).encode()
        with self.connect() as client:
            client.sendall(request)
            return Answer(request, read_all(client))

    def threads(self):
        return os.listdir(f"/proc/{self.pid}/task")

    def wake_ups(self):
        """How often its threads have gone to sleep, all together."""
        total = 0
        for thread in self.threads():
            with open(f"/proc/{self.pid}/task/{thread}/status", encoding="ascii") as status:
                total += int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status.read(),
                                       re.M).group(1))
        return total

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def finish(self, expected=0):
        """Wait for its end. What it wrote to stderr."""
        try:
            _, errors = self.process.communicate(timeout=TIMEOUT)  # closes stdin
        except subprocess.TimeoutExpired as late:
            self.process.kill()
            raise Failure(f"{self.process.args} did not end within {TIMEOUT} s") from late
        expect(self.process.returncode == expected,
               f"{self.process.args} ended with {self.process.returncode}, not {expected}; stderr:",
               errors.decode(errors="replace"))
        return errors.decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stderr):
            stream.close()
        os.close(self.output)


class Answer:
    def __init__(self, request, raw):
        self.request, self.raw = request, raw
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if len(lines[0].split()) > 1 else 0
        self.fields = [tuple(line.split(": ", 1)) for line in lines[1:]]

    def field(self, name):
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    def expect(self, status, body=None, **fields):
        story = f"sent {self.request!r}\ncame back {self.raw[:2000]!r}"
        expect(self.status == status, f"status {self.status}, expected {status}", story)
        if body is not None:
            expect(self.body == body, f"another body than {body[:200]!r}", story)
        for name, value in fields.items():
            name = name.replace("_", "-")
            expect(self.field(name) == value, f"{name}: {self.field(name)}, not {value}", story)
        return self


def read_all(client):
    data = b""
    while chunk := client.recv(65536):
        data += chunk
    return data


def read_answer(client, request):
    """One answer with a Content-Length from a connection that stays open."""
    data = b""
    while True:
        head, end, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.I)
        if end and length and len(body) >= int(length.group(1)):
            return Answer(request, data)
        chunk = client.recv(65536)
        expect(chunk, "the connection ended early", f"sent {request!r}", f"came back {data!r}")
        data += chunk


def wait_until(condition, what):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        expect(time.monotonic() < deadline, f"not within {TIMEOUT} s: {what}")
        time.sleep(0.005)


def need(tool_or_library, found):
    """Leave as skipped without it; fail where it has to be there."""
    if found:
        return
    print(f"{tool_or_library} is not installed", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") == "true" else 77)
