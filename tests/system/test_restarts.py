# SPDX-License-Identifier: MIT
"""Restarts behind an inherited socket, under load: no request is lost, and nobody waits."""

import socket
import unittest

from daemon import PATIENCE, Daemon, main
from load import Load

SLOWEST = 0.05  # seconds for a request over a new connection, where the new process starts first
ATTEMPTS = 3  # at that, on a machine that may be busy with something else


class Restarts(unittest.TestCase):
    def restart_under_load(self, count, replace):
        """replace: takes a daemon, ends it and returns the one after it. Returns the slowest visits
        of newcomers, in seconds: to that daemon, and to one that is left alone meanwhile."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        daemon = Daemon(sockets=[listener])
        with listener, Daemon() as other, Load((other.host, other.port), 2) as control, \
                Load(listener.getsockname(), 4, 4, 2) as load:
            load.wait_for_answers()
            load.take_slowest_newcomer()  # Python has to warm up
            control.take_slowest_newcomer()
            for _ in range(count):
                load.wait_for_answers()
                new = replace(daemon, listener)
                self.assertEqual(daemon.wait(), (0, ""))
                daemon.__exit__()
                daemon = new
            load.wait_for_answers()
            slowest = load.take_slowest_newcomer()
            usual = control.take_slowest_newcomer()
            load.end()
            self.assertEqual(daemon.stop(), (0, ""))
            daemon.__exit__()
        load.report()
        print(f"slowest newcomer: {slowest * 1000:.1f} ms, elsewhere {usual * 1000:.1f} ms")
        self.assertEqual(load.take_failures(), [])
        return slowest, usual

    def test_the_new_process_first(self):
        def replace(daemon, listener):
            new = Daemon(sockets=[listener])  # returns once it is ready
            daemon.send_signal()
            return new
        slowest = []
        for _ in range(ATTEMPTS):
            slowest.append(self.restart_under_load(10, replace))
            if slowest[-1][0] < max(SLOWEST, 2 * slowest[-1][1]):
                return
        self.fail(f"a newcomer waited for {slowest} seconds")

    def test_the_old_process_first(self):
        """As `systemctl restart` does it: meanwhile clients wait in the queue of the socket."""
        def replace(daemon, listener):
            daemon.send_signal()
            daemon.process.wait(PATIENCE)
            return Daemon(sockets=[listener])
        self.restart_under_load(3, replace)


if __name__ == "__main__":
    main()
