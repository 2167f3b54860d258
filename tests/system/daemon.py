# SPDX-License-Identifier: MIT
"""hellod as a real process, for the tests beside this file."""

import os
import re
import signal
import socket
import subprocess
import time
import unittest

HELLOD = os.environ["HELLOD"]  # set by meson.build
WRAPPER = os.environ.get("HELLOD_WRAPPER", "").split()  # of a cross build
PATIENCE = 30  # seconds for what should take no time


class Daemon:
    """A running hellod. Its address is in `host` and `port`; stop() returns its exit code."""

    def __init__(self, *arguments, environment=None, listen="127.0.0.1:0", **popen):
        if listen is not None:
            arguments = ("--listen", listen) + arguments
        self.process = subprocess.Popen(
            WRAPPER + [HELLOD, *arguments],
            stderr=subprocess.PIPE, text=True,
            env=clean_environment() | (environment or {}), **popen)
        self.ready = self.process.stderr.readline()
        match = re.fullmatch(r"hellod: listening on http://(.*):(\d+)\n", self.ready)
        if match:
            self.host, self.port = match[1].strip("[]"), int(match[2])

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

    def url(self, path="/"):
        return f"http://{self.host}:{self.port}{path}"

    def connect(self):
        return socket.create_connection((self.host, self.port), PATIENCE)


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


def wait_until(condition, what):
    """Look every millisecond: for what tells nobody when it happens."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not happen: {what}")
        time.sleep(0.001)


def main():
    unittest.main(verbosity=2)
