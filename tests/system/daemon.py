# SPDX-License-Identifier: MIT
"""hellod as a real process, for the tests beside this file."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.request

HELLOD = os.environ["HELLOD"]  # set by meson.build
WRAPPER = os.environ.get("HELLOD_WRAPPER", "").split()  # of a cross build
PATIENCE = 30  # seconds for what should take no time


class Daemon:
    """A running hellod. Its address is in `host` and `port`, that of --admin in `admin`; stop()
    returns its exit code."""

    def __init__(self, *arguments, environment=None, listen="127.0.0.1:0", admin=None, sockets=(),
                 **popen):
        command = WRAPPER + [HELLOD]
        if sockets:
            listen = None
            command, environment, popen = hand_over(sockets, command, environment, popen)
        if listen is not None:
            arguments = ("--listen", listen) + arguments
        if admin is not None:
            arguments = ("--admin", admin) + arguments
        popen.setdefault("stdout", subprocess.DEVNULL)  # on a terminal, requests are logged
        self.process = subprocess.Popen(
            [*command, *arguments],
            stderr=subprocess.PIPE, text=True,
            env=clean_environment() | (environment or {}), **popen)
        self.ready = self.process.stderr.readline()
        match = re.fullmatch(r"hellod: listening on http://(.*):(\d+)\n", self.ready)
        if match:
            self.host, self.port = match[1].strip("[]"), int(match[2])
        if admin is not None and self.ready.startswith("hellod: listening on "):
            line = self.process.stderr.readline()
            match = re.fullmatch(r"hellod: admin on (.*)\n", line)
            if match:
                self.admin = match[1]
            else:
                self.ready += line

    def __getattr__(self, name):
        """An address of a daemon that has none: most likely it did not start."""
        if name not in ("host", "port", "admin"):
            raise AttributeError(name)
        self.process.kill()
        raise AssertionError(f"hellod has no {name}; it wrote:\n"
                             f"{self.ready}{self.process.stderr.read()}"
                             f"and ended with {self.process.wait()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def send_signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self):
        """The exit code, and what was written to stderr after the ready line."""
        code = self.process.wait(PATIENCE)
        return code, self.process.stderr.read()

    def stop(self, number=signal.SIGTERM):
        self.send_signal(number)
        return self.wait()

    def force(self, number=signal.SIGTERM):
        """Signal until it ends; the exit code."""
        def has_ended():
            self.send_signal(number)
            return self.process.poll() is not None
        wait_until(has_ended, "repeated signals end hellod")
        return self.process.returncode

    def url(self, path="/"):
        return f"http://{self.host}:{self.port}{path}"

    def ask_admin(self, path, method="GET"):
        """Ask the admin port: the status, the fields and the text."""
        request = urllib.request.Request(self.admin + path, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read().decode()

    def connect(self):
        return socket.create_connection((self.host, self.port), PATIENCE)


    def has_read(self, client):
        """Whether all that a client on 127.0.0.1 has sent is read, as /proc/net/tcp has it."""
        local = f":{client.getsockname()[1]:04X}"
        remote = f":{self.port:04X}"
        with open("/proc/net/tcp") as connections:
            for line in connections:
                fields = line.split()
                if fields[1].endswith(remote) and fields[2].endswith(local):
                    return int(fields[4].split(":")[1], 16) == 0 and fields[3] == "01"
        return False


def hand_over(sockets, command, environment, popen):
    """Listening sockets for a daemon as systemd does it: from descriptor 3 on, and with the
    daemon's own process id in the environment, which a shell knows."""
    def place():
        spare = [fcntl.fcntl(s, fcntl.F_DUPFD, 3 + len(sockets)) for s in sockets]
        for target, descriptor in enumerate(spare, 3):
            os.dup2(descriptor, target)
            os.close(descriptor)
    command = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *command]
    environment = {"LISTEN_FDS": str(len(sockets))} | (environment or {})
    return command, environment, popen | {"preexec_fn": place, "close_fds": False}


def clean_environment():
    return {name: value for name, value in os.environ.items()
            if name != "PORT" and not name.startswith("HELLOD_")}


def run(*arguments, environment=None):
    """Run hellod to its end: exit code, stdout, stderr."""
    done = subprocess.run(WRAPPER + [HELLOD, *arguments], capture_output=True, text=True,
                          timeout=PATIENCE, env=clean_environment() | (environment or {}))
    return done.returncode, done.stdout, done.stderr


def curl(*arguments):
    """Run curl: its stdout, or a failure with its stderr."""
    done = subprocess.run(["curl", "-sS", "--max-time", str(PATIENCE), *arguments],
                          capture_output=True, timeout=2 * PATIENCE)
    if done.returncode != 0:
        raise AssertionError(f"curl {' '.join(arguments)}: {done.stderr.decode()}")
    return done.stdout


def bytes_of(text):
    """The bytes that a string of hellod's JSON stands for, as hellod(1) says."""
    return b"".join(bytes([ord(c) & 255]) if "\uef80" <= c <= "\uefff" else c.encode() for c in text)


def refuses_connections(daemon):
    try:
        daemon.connect().close()
        return False
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        return False  # it was in the backlog just when that was closed


def wait_until(condition, what):
    """Look every millisecond: for what tells nobody when it happens."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not happen: {what}")
        time.sleep(0.001)


def skip_unless(condition, reason):
    """As unittest.skipUnless(), but CI never skips: there the test fails by itself."""
    return unittest.skipUnless(condition or os.environ.get("CI") == "true", reason)


def main():
    unittest.main(verbosity=2)
