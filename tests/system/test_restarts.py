# SPDX-License-Identifier: MIT
"""Restarts behind an inherited socket, under load: no request is lost, and nobody waits."""

import socket
import statistics
import unittest

from daemon import PATIENCE, Daemon, main
from load import Load

# Seconds for the slowest request over a new connection in most of the restarts, where the new
# process starts first. A few may be slower: a busy machine makes somebody wait now and then.
SLOWEST = 0.05
ATTEMPTS = 3  # at that


class Restarts(unittest.TestCase):
    def restart_under_load(self, count, replace):
        """replace: takes a daemon, ends it and returns the one after it. Returns the slowest visit
        of a newcomer during each restart, in seconds: to that daemon, and to another one."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        daemon = Daemon(sockets=[listener])
        with listener, Daemon() as other, Load((other.host, other.port), 2) as control, \
                Load(listener.getsockname(), 4, 4, 2) as load:
            load.wait_for_answers()
            load.take_slowest_newcomer()  # Python has to warm up
            control.take_slowest_newcomer()
            slowest, usual = [], []
            for _ in range(count):
                new = replace(daemon, listener)
                self.assertEqual(daemon.wait(), (0, ""))
                daemon.__exit__()
                daemon = new
                load.wait_for_answers()
                slowest.append(load.take_slowest_newcomer())
                usual.append(control.take_slowest_newcomer())
            load.end()
            self.assertEqual(daemon.stop(), (0, ""))
            daemon.__exit__()
        load.report()
        for place, times in (("slowest newcomers", slowest), ("elsewhere", usual)):
            print(f"{place}: {', '.join(f'{time * 1000:.1f}' for time in times)} ms")
        self.assertEqual(load.take_failures(), [])
        return slowest, usual

    def test_the_new_process_first(self):
        def replace(daemon, listener):
            new = Daemon(sockets=[listener])  # returns once it is ready
            daemon.send_signal()
            return new
        medians = []
        for _ in range(ATTEMPTS):
            slowest, usual = map(statistics.median, self.restart_under_load(10, replace))
            if slowest < max(SLOWEST, 2 * usual):
                return
            medians.append(slowest)
        self.fail(f"newcomers waited for {medians} seconds")

    def test_the_old_process_first(self):
        """As `systemctl restart` does it: meanwhile clients wait in the queue of the socket."""
        def replace(daemon, listener):
            daemon.send_signal()
            daemon.process.wait(PATIENCE)
            return Daemon(sockets=[listener])
        self.restart_under_load(3, replace)


if __name__ == "__main__":
    main()
