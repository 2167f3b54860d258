# SPDX-License-Identifier: MIT
"""The admin port, beside a main port that answers every path with itself."""

import contextlib
import signal
import socket
import time
import unittest

from daemon import PATIENCE, Daemon, curl, main, run, wait_until

ADMIN = "127.0.0.1:0"


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(admin=ADMIN)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def test_health_and_readiness(self):
        for path in ("/healthz", "/livez", "/readyz"):
            status, fields, text = self.daemon.ask_admin(path)
            self.assertEqual((status, text), (200, "ok\n"), path)
            self.assertEqual(fields["Cache-Control"], "no-store")
            status, _, text = self.daemon.ask_admin(path, "HEAD")
            self.assertEqual((status, text), (200, ""), path)

    def test_unready(self):
        with Daemon("--unready", admin=ADMIN) as daemon:
            self.assertEqual(curl(daemon.url("/abc")), b"Hello, you've requested: /abc\n")
            status, _, text = daemon.ask_admin("/readyz")
            self.assertEqual((status, text), (503, "not ready\n"))
            self.assertEqual(daemon.ask_admin("/healthz")[0], 200)

    def metrics(self, daemon=None):
        status, fields, text = (daemon or self.daemon).ask_admin("/metrics")
        self.assertLess(len(text), 6144 / 2, "METRICS_SIZE has room for numbers that grow")
        self.assertEqual((status, fields["Content-Type"]),
                         (200, "text/plain; version=0.0.4; charset=utf-8"))
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
        return {name.removeprefix("hellod_"): float(value) for name, value in values.items()}

    def test_metrics(self):
        duration = "request_duration_seconds"
        before = self.metrics()
        for path in ("/a", "/b//c", "/%"):  # 200, 307, 400
            curl("--data", "12345", self.daemon.url(path))
        wait_until(lambda: self.metrics()[duration + "_count"] == before[duration + "_count"] + 3,
                   "three requests are counted")
        after = self.metrics()
        grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
        self.assertEqual({name: grown.get(f'requests_total{{status="{name}"}}', 0)
                          for name in ("2xx", "3xx", "4xx", "5xx", "none")},
                         {"2xx": 1, "3xx": 1, "4xx": 1, "5xx": 0, "none": 0})
        self.assertEqual(grown["connections_accepted_total"], 3)
        self.assertEqual(grown["request_body_bytes_total"], 10)  # that of a bad request is not read
        self.assertEqual(grown["response_body_bytes_total"], 28 + 23 + 16)
        self.assertEqual(grown[duration + '_bucket{le="+Inf"}'], 3)
        self.assertGreater(grown[duration + "_sum"], 0)
        buckets = [value for name, value in after.items() if "_bucket" in name]
        self.assertEqual(buckets, sorted(buckets))

    def test_timeouts_have_their_phase(self):
        get = b"GET /" + 8000 * b"a" + b" HTTP/1.1\r\nHost: h\r\n\r\n"
        sent = {"header": get[:9], "body": b"POST" + get[3:-2] + b"Content-Length: 9\r\n\r\n",
                "reply": 1000 * get, "idle": get}
        counts = {phase: count for count, phase in enumerate(sent, start=1)}
        with Daemon(*(f"--{phase}-timeout=1s" for phase in sent), admin=ADMIN) as daemon, \
                contextlib.ExitStack() as clients:
            for phase in [phase for phase, count in counts.items() for _ in range(count)]:
                client = clients.enter_context(daemon.connect())
                with contextlib.suppress(ConnectionError):
                    client.sendall(sent[phase])  # until a reset, if the answers are not read
            expected = {f'timeouts_total{{phase="{phase}"}}': count for phase, count in counts.items()}
            wait_until(lambda: expected.items() <= self.metrics(daemon).items(), f"{expected}")

    def test_other_paths_are_not_found(self):
        for path in ("/", "/healthz/", "/healthzz", "/health", "/readyz%00"):
            self.assertEqual(self.daemon.ask_admin(path)[0], 404, path)

    def test_other_methods_are_refused(self):
        status, fields, _ = self.daemon.ask_admin("/healthz", "POST")
        self.assertEqual((status, fields["Allow"]), (405, "GET, HEAD"))

    def test_nothing_is_reserved_on_the_main_port(self):
        for path in ("/healthz", "/livez", "/readyz", "/metrics"):
            self.assertEqual(curl(self.daemon.url(path)),
                             f"Hello, you've requested: {path}\n".encode())


class Life(unittest.TestCase):
    def test_not_ready_from_the_first_signal_on(self):
        with Daemon("--shutdown-delay", "30s", admin=ADMIN) as daemon:
            self.assertEqual(daemon.ask_admin("/readyz")[0], 200)
            daemon.send_signal()
            wait_until(lambda: daemon.ask_admin("/readyz")[0] == 503, "/readyz is 503")
            self.assertEqual(daemon.ask_admin("/healthz")[0], 200)
            # The delay: new connections are served as before.
            for _ in range(3):
                self.assertNotIn(b"Connection: close", curl("-i", daemon.url("/abc")))
            self.assertEqual(daemon.force(), 128 + signal.SIGTERM)

    def test_answers_while_the_last_requests_do(self):
        with Daemon("--shutdown-delay", "10ms", admin=ADMIN) as daemon, daemon.connect() as client:
            client.sendall(b"POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na")
            daemon.send_signal()
            wait_until(lambda: daemon.ask_admin("/readyz")[0] == 503, "/readyz is 503")
            self.assertEqual(daemon.ask_admin("/healthz")[0], 200)
            client.sendall(b"b")
            self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n"))
            self.assertEqual(daemon.wait(), (0, ""))

    def test_probes_do_not_wait_for_others(self):
        """Each of these clients would keep its place for ten seconds at least."""
        ask = b"GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"
        post = b"POST /livez HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1"
        with Daemon("--max-connections=1", "--threads=1", admin=ADMIN) as daemon, \
                daemon.connect(), daemon.connect():  # the main port is full
            address = daemon.admin.removeprefix("http://").split(":")
            for sent in (b"", b"GET /li", ask, post, 20 * ask.replace(b"livez", b"metrics")):
                for _ in range(10):
                    clients = [socket.create_connection(address, PATIENCE) for _ in range(50)]
                    for client in clients:
                        try:
                            client.sendall(sent)
                        except ConnectionError:
                            pass  # it had to make place already
                    began = time.monotonic()
                    self.assertEqual(daemon.ask_admin("/livez")[0], 200, sent)
                    self.assertLess(time.monotonic() - began, 5, sent)
                    for client in clients:
                        client.close()

    def test_a_connection_has_sixteen_requests(self):
        request = b"GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"
        with Daemon(admin=ADMIN) as daemon:
            address = daemon.admin.removeprefix("http://").split(":")
            with socket.create_connection(address, PATIENCE) as client:
                client.sendall(20 * request)
                answers = b""
                while piece := client.recv(65536):
                    answers += piece
            self.assertEqual(answers.count(b"HTTP/1.1 200 OK\r\n"), 16)

    def test_without_it_a_daemon_has_no_second_port(self):
        with Daemon() as daemon:
            self.assertEqual(daemon.stop(), (0, ""))

    def test_a_bad_address_is_refused(self):
        self.assertEqual(run("--admin", "nowhere"),
                         (2, "", "hellod: --admin: 'nowhere': expected HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH\n"))

    def test_a_taken_port_is_a_failure(self):
        with Daemon() as other:
            address = f"127.0.0.1:{other.port}"
            code, _, errors = run("--listen", "127.0.0.1:0", "--admin", address)
            self.assertEqual(code, 1)
            self.assertRegex(errors, rf"^hellod: --admin: '{address}': Address in use: expected .*\n$")

    def test_the_probe_asks_it(self):
        with Daemon(admin=ADMIN) as daemon:
            address = daemon.admin.removeprefix("http://")
            self.assertEqual(run("--healthcheck", "--listen", "127.0.0.1:1", "--admin", address),
                             (0, "", ""))


if __name__ == "__main__":
    main()
