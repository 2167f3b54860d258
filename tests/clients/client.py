# SPDX-License-Identifier: MIT
"""A real client at a real hellod: each test program names the tools it takes, and runs one
daemon for all its tests."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from daemon import PATIENCE, Daemon, clean_environment  # noqa: E402

SKIPPED = 77
# Of the path that this is about, as a client has to send it, and what it means.
UNICODE_PATH, UNICODE_TEXT = "/%E4%BD%A0%E5%A5%BD", "/你好"


def greeting(path):
    return f"Hello, you've requested: {path}\n".encode()


class ClientTest(unittest.TestCase):
    """A test with a daemon and a folder of its own."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        code, said = cls.daemon.stop()
        cls.daemon.__exit__()
        cls.folder.cleanup()
        if code != 0 or said:
            raise AssertionError(f"hellod exited with {code} and said: {said}")

    def run_tool(self, *command, code=0, **kwargs):
        """The stdout of a command, or a failure with all it wrote."""
        done = subprocess.run(command, capture_output=True, timeout=4 * PATIENCE, check=False,
                              env=clean_environment() | kwargs.pop("environment", {}), **kwargs)
        self.assertEqual(done.returncode, code, f"{' '.join(command)}\nstdout: {done.stdout[-2000:]}"
                                                f"\nstderr: {done.stderr.decode()[-2000:]}")
        return done.stdout

    def curl(self, *arguments):
        return self.run_tool("curl", "-sS", "--max-time", str(PATIENCE), *arguments)

    def make_file(self, size):
        file = self.path / f"{size}-bytes"
        file.write_bytes(b"x" * size)
        return str(file)


def in_parallel(function, items, workers=16):
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))


def sockets_at(port):
    """TCP sockets at a port, those of connections that have ended not long ago included. One
    that listens does not count."""
    listening = "0A"
    count = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text(encoding="ascii").splitlines()[1:]:
            _, local, remote, state, *_ = line.split()
            ports = {int(address.rpartition(":")[2], 16) for address in (local, remote)}
            count += port in ports and state != listening
    return count


def main(*tools):
    """Run the tests of a program. Without its tools they are skipped, in CI they fail."""
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        print(f"missing: {', '.join(missing)}")
        sys.exit(1 if os.environ.get("CI") else SKIPPED)
    unittest.main(verbosity=2)
