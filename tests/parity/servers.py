# SPDX-License-Identifier: MIT
"""The two servers that are compared, as child processes."""
import os
import re
import subprocess


def _environment():
    """This process's, without what hellod would take for its settings."""
    return {name: value for name, value in os.environ.items()
            if name != "PORT" and not name.startswith("HELLOD_")}


class Server:
    """A child that prints where it listens."""

    def __init__(self, name, command, stream, pattern):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, env=_environment(),
                                        **{stream: subprocess.PIPE})
        ready = getattr(self.process, stream).readline().decode()
        match = re.fullmatch(pattern, ready)
        if not match:
            self.stop()
            raise RuntimeError(f"{name}: no ready line, but {ready!r}")
        self.port = int(match[1])
        self.words = ready.strip()

    def is_alive(self):
        return self.process.poll() is None

    def stop(self):
        """The exit status; what it still had to say goes to stderr."""
        self.process.stdin.close()
        self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def start_hellod(path, *options):
    command = [path, "--listen", "127.0.0.1:0", "--threads", "2", *options]
    return Server("hellod", command, "stderr", r"hellod: listening on http://127\.0\.0\.1:(\d+)\n")


def start_model(path):
    return Server("model", [path], "stdout", r"listening on 127\.0\.0\.1:(\d+), .*\n")
