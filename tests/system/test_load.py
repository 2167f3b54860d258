# SPDX-License-Identifier: MIT
"""wrk with 256 connections: no error, no stall, no answer that is not 200."""

import re
import subprocess
import unittest

from daemon import PATIENCE, Daemon, main


def wrk(daemon, *arguments):
    done = subprocess.run(["wrk", *arguments, daemon.url("/abc")], capture_output=True, text=True,
                          timeout=PATIENCE)
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    return done.stdout


class Load(unittest.TestCase):
    def check(self, *arguments):
        with Daemon() as daemon:
            # A connection that stalls would be silent for longer than this timeout.
            report = wrk(daemon, "-c", "256", "-d", "4s", "--timeout", "3s", *arguments)
            self.assertNotIn("Socket errors", report)
            self.assertNotIn("Non-2xx", report)
            self.assertGreater(int(re.search(r"(\d+) requests in", report)[1]), 256, report)
            self.assertEqual(daemon.stop(), (0, ""))

    def test_keep_alive(self):
        self.check("-t", "2")

    def test_a_connection_for_each_request(self):
        self.check("-t", "2", "-H", "Connection: close")


if __name__ == "__main__":
    main()
