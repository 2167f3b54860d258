# SPDX-License-Identifier: MIT
"""SIGTERM and SIGINT: what is in flight is answered, and the exit code is 0."""

import signal
import threading
import time
import unittest

from daemon import Daemon, main, refuses_connections, wait_until
from load import GET, GREETING, read_answer


class Client(threading.Thread):
    """Asks over one connection until an answer says that it is the last one, then over a new
    connection, until the server refuses connections. A request that gets no answer, or half of one, is a
    loss, unless its connection is new: then it was still in the backlog when that was closed."""

    def __init__(self, daemon, keep_alive):
        super().__init__()
        self.target, self.keep_alive = daemon, keep_alive
        self.answered, self.losses = 0, []

    def run(self):
        try:
            while True:
                with self.target.connect() as connection:
                    self.ask(connection)
                    while self.keep_alive and self.is_open:
                        self.ask_again(connection)
        except ConnectionError:
            pass

    def ask_again(self, connection):
        try:
            self.ask(connection)
        except ConnectionError as error:
            self.losses.append(error)
            self.is_open = False

    def ask(self, connection):
        connection.sendall(GET)
        self.is_open = read_answer(connection)
        self.answered += 1


class Termination(unittest.TestCase):
    def test_ends_at_once_when_nothing_is_in_flight(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Daemon() as daemon:
                self.assertEqual(daemon.stop(number), (0, ""))

    def test_answers_what_is_in_flight(self):
        with Daemon() as daemon, daemon.connect() as client:
            client.sendall(b"POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab")
            wait_until(lambda: daemon.has_read(client), "the daemon reads the request")
            daemon.send_signal()
            wait_until(lambda: refuses_connections(daemon), "new connections are refused")
            client.sendall(b"cd")
            answer = b""
            while piece := client.recv(4096):
                answer += piece
            self.assertIn(b"Connection: close\r\n", answer)
            self.assertTrue(answer.endswith(GREETING), answer)
            self.assertEqual(daemon.wait(), (0, ""))

    def test_loses_no_request_under_load(self):
        with Daemon() as daemon:
            clients = [Client(daemon, keep_alive=i % 2 == 0) for i in range(8)]
            for client in clients:
                client.start()
            wait_until(lambda: all(c.answered > 50 for c in clients), "the load runs")
            daemon.send_signal()
            for client in clients:
                client.join()
            self.assertEqual(daemon.wait(), (0, ""))
            self.assertEqual([c.losses for c in clients], [[]] * len(clients))

    def test_a_deadline_cuts_off(self):
        """In its own time: the default is 8 seconds, and the client has 10 for its head."""
        with Daemon("--shutdown-timeout", "200ms") as daemon, daemon.connect() as client:
            client.sendall(b"GET /abc HTTP/1.1\r\n")
            wait_until(lambda: daemon.has_read(client), "the daemon reads the request")
            start = time.monotonic()
            code, errors = daemon.stop()
            took = time.monotonic() - start
            self.assertGreaterEqual(took, 0.2)
            self.assertLess(took, 7)
            self.assertEqual(code, 0)
            self.assertIn("cut off by --shutdown-timeout", errors)

    def test_two_signals_at_once_are_one_stop(self):
        """As timeout(1) and wrappers that forward Ctrl-C send them."""
        request = b"POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n"
        with Daemon() as daemon:
            clients = [daemon.connect() for _ in range(10)]
            for client in clients:
                client.sendall(request)
                wait_until(lambda: daemon.has_read(client), "the daemon reads the request")
            for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
                daemon.send_signal(number)
            wait_until(lambda: refuses_connections(daemon), "new connections are refused")
            for client in clients:
                client.sendall(b"abcd")
                self.assertFalse(read_answer(client))
                client.close()
            self.assertEqual(daemon.wait(), (0, ""))

    def repeat_within_the_delay(self):
        """Two signals: the exit code, the time that it took, and the time between the two."""
        with Daemon("--shutdown-delay", "1500ms", admin="127.0.0.1:0") as daemon:
            start = time.monotonic()
            daemon.send_signal(signal.SIGINT)
            wait_until(lambda: daemon.ask_admin("/readyz")[0] == 503, "/readyz is 503")
            daemon.send_signal(signal.SIGTERM)
            between = time.monotonic() - start
            code, _ = daemon.wait()
            return code, time.monotonic() - start, between

    def test_a_repeated_signal_leaves_the_delay_as_it_is(self):
        between = 1
        while between >= 1:  # on a machine that is busy with something else
            code, took, between = self.repeat_within_the_delay()
        self.assertEqual(code, 0)
        self.assertGreaterEqual(took, 1.5)

    def test_a_later_signal_forces_the_end(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Daemon("--shutdown-timeout=0", "--header-timeout=0") as daemon, \
                    daemon.connect() as client:
                client.sendall(b"GET /abc HTTP/1.1\r\n")
                wait_until(lambda: daemon.has_read(client), "the daemon reads the request")
                start = time.monotonic()
                daemon.send_signal()
                wait_until(lambda: refuses_connections(daemon), "new connections are refused")
                self.assertEqual(daemon.force(number), 128 + number)
                self.assertGreaterEqual(time.monotonic() - start, 1)

    def test_a_hang_up_is_ignored(self):
        with Daemon() as daemon:
            daemon.send_signal(signal.SIGHUP)
            with daemon.connect() as client:
                client.sendall(GET)
                self.assertIn(GREETING, client.recv(4096))
            self.assertEqual(daemon.stop(), (0, ""))


if __name__ == "__main__":
    main()
