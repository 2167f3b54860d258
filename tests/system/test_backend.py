# SPDX-License-Identifier: MIT
"""hellod as the backend of a test: what it answers with --greeting, --header, --status, --delay."""

import concurrent.futures
import contextlib
import http.client
import json
import socket
import tempfile
import time
import unittest

from daemon import PATIENCE, Daemon, curl, main, run, wait_until


def ask(daemon, path="/abc", method="GET", **fields):
    """The status, the fields and the body."""
    connection = http.client.HTTPConnection(daemon.host, daemon.port, timeout=PATIENCE)
    connection.request(method, path, headers=fields)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


class Backend(unittest.TestCase):
    def test_a_greeting_names_what_was_asked_for(self):
        greeting = "{method} {path} {query} {host} {remote} {hostname} {{x} }"
        with Daemon("--greeting", greeting) as daemon:
            status, fields, body = ask(daemon, "/a%20b%00c?d=%20", "PUT", Host="example.org")
            self.assertEqual(status, 200)
            self.assertEqual(fields["Content-Type"], "text/plain; charset=utf-8")
            self.assertEqual(fields["X-Content-Type-Options"], "nosniff")
            self.assertEqual(body, b"PUT /a b\0c d=%%20 example.org 127.0.0.1 %s {x} }\n"
                             % socket.gethostname().encode())
            self.assertEqual(ask(daemon, method="HEAD")[2], b"")
            self.assertEqual(ask(daemon, "/a//b")[0], 307)

    def test_placeholders_of_the_whole_request(self):
        greeting = "{target} {protocol} [{field:x-a}] [{field:None}] {field:Cookie}\n{fields}"
        with Daemon("--greeting", greeting) as daemon, daemon.connect() as client:
            client.sendall(b"GET /a%20b?c HTTP/1.0\r\nHost: h\r\nX-A: 1\r\nCookie: secret\r\n"
                           b"x-a:\t2, 3 \r\nX-A:\r\n\r\n")
            answer = http.client.HTTPResponse(client)
            answer.begin()
            self.assertEqual(answer.read(), b"/a%20b?c HTTP/1.0 [1, 2, 3, ] [] [redacted]\n"
                             b"Host: h\nX-A: 1\nCookie: [redacted]\nx-a: 2, 3\nX-A: \n")

    def test_the_time(self):
        with Daemon("--greeting={time}") as daemon:
            self.assertRegex(ask(daemon)[2], rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\n$")

    def test_placeholders_in_fields(self):
        """What a field cannot hold is escaped."""
        with Daemon("--header", "X-Served-By: {hostname} ", "--header", "X-Seen:{path} {{{field:X-A}}",
                    "--header", "X-All: {fields}", "--header", "X-Empty: {query} ") as daemon:
            _, fields, body = ask(daemon, "/a%0d%0aX:%20y%ff%5c", **{"X-A": '"1"', "Cookie": "c"})
            self.assertEqual(fields["X-Served-By"], socket.gethostname())
            self.assertEqual(fields["X-Seen"], '/a\\x0d\\x0aX: y\\xff\\x5c {"1"}')
            self.assertIn('\\x0aX-A: "1"\\x0aCookie: [redacted]', fields["X-All"])
            self.assertEqual(fields["X-Empty"], "")
            self.assertEqual(body, b"Hello, you've requested: /a\r\nX: y\xff\\\n")

    def test_secrets_of_the_users_choice(self):
        with Daemon("--greeting={field:Cookie} {field:X-Key}", "--redact=x-key,host") as daemon:
            self.assertEqual(ask(daemon, **{"Cookie": "c", "X-KEY": "k"})[2], b"c [redacted]\n")

    def test_a_path_is_kept(self):
        for path, target in (("/a//b/../c", "/a//b/../c"), ("//%2e%2e/.", "//../."), ("/", "/")):
            with self.subTest(path), Daemon("--keep-path") as daemon, daemon.connect() as client:
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
                answer = http.client.HTTPResponse(client)
                answer.begin()
                self.assertEqual((answer.status, answer.read()),
                                 (200, f"Hello, you've requested: {target}\n".encode()))

    def test_a_long_greeting(self):
        with Daemon("--greeting", "{path}" * 50) as daemon:
            path = "/" + "x" * 3000
            self.assertEqual(ask(daemon, path)[2], path.encode() * 50 + b"\n")

    def test_the_remote_of_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/socket"
            with Daemon("--greeting={remote}", listen=f"unix:{path}"):
                self.assertEqual(curl("--unix-socket", path, "http://localhost/"), b"unix:\n")

    def test_fields_are_added(self):
        with Daemon("--header", "X-A: 1", "--header", "x-a:\t 2 ", "--header", "X-Empty:") as daemon:
            _, fields, body = ask(daemon)
            self.assertEqual(fields.get_all("X-A"), ["1", "2"])
            self.assertEqual(fields["X-Empty"], "")
            self.assertEqual(body, b"Hello, you've requested: /abc\n")

    def test_fields_of_the_environment(self):
        environment = {"HELLOD_HEADER": "X-A: 1\nX-B: 2\n", "HELLOD_STATUS": "418",
                       "HELLOD_GREETING": "tea"}
        with Daemon(environment=environment) as daemon:
            status, fields, body = ask(daemon)
            self.assertEqual((status, fields["X-A"], fields["X-B"], body), (418, "1", "2", b"tea\n"))
        with Daemon("--header", "X-C: 3", environment=environment) as daemon:
            _, fields, _ = ask(daemon)
            self.assertEqual((fields["X-A"], fields["X-C"]), (None, "3"))

    def test_a_head_that_leaves_no_room_for_the_fields_is_refused(self):
        with Daemon("--header", "X-A: " + "x" * 1000) as daemon:
            self.assertEqual(ask(daemon)[0], 200)
            status, fields, _ = ask(daemon, Cookie="x" * 31500)
            self.assertEqual((status, fields["X-A"]), (431, None))

    def test_every_status(self):
        for number in (200, 201, 204, 205, 299, 301, 304, 404, 429, 503, 599):
            with self.subTest(number), Daemon("--status", str(number)) as daemon:
                with daemon.connect() as client:
                    for _ in range(2):  # the second shows that the first has ended where it should
                        client.sendall(b"GET /abc HTTP/1.1\r\nHost: h\r\n\r\n")
                        answer = http.client.HTTPResponse(client)
                        answer.begin()
                        body = answer.read()
                        self.assertEqual(answer.status, number)
                        empty = number in (204, 205, 304)
                        self.assertEqual(body, b"" if empty else b"Hello, you've requested: /abc\n")
                        length = {204: None, 205: "0"}.get(number, "30")
                        self.assertEqual(answer.headers["Content-Length"], length)

    REQUESTS = 20000

    def statuses(self, *arguments):
        """What many requests get, in order."""
        statuses = []
        with Daemon("--greeting=a", "--threads=1", *arguments) as daemon, daemon.connect() as client:
            file = client.makefile("rb")
            for begin in range(0, self.REQUESTS, 100):
                client.sendall(100 * b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                for _ in range(100):
                    statuses.append(int(file.readline().split()[1]))
                    while file.readline() != b"\r\n":
                        pass
                    self.assertEqual(file.readline(), b"a\n")
        return statuses

    def test_shares_of_statuses(self):
        shares = {503: 0.1, 404: 0.025, 200: 0.875}
        arguments = ("--status=503@10%", "--status=404@2.5%")
        first = self.statuses(*arguments, "--seed=1")
        self.assertEqual(set(first), set(shares))
        for status, share in shares.items():
            deviation = (self.REQUESTS * share * (1 - share)) ** 0.5
            self.assertLess(abs(first.count(status) - self.REQUESTS * share), 3 * deviation, status)
        self.assertEqual(self.statuses(*arguments, "--seed=1"), first)
        self.assertNotEqual(self.statuses(*arguments, "--seed=2"), first)
        self.assertNotEqual(self.statuses(*arguments), self.statuses(*arguments))

    def test_delays_within_a_range(self):
        """As the log tells them. The control takes the longest time of the range, and is as slow as
        the machine makes the others: three with the same delays, of which the fastest counts."""
        rounds = []
        with contextlib.ExitStack() as stack:
            daemons = [stack.enter_context(Daemon(f"--delay={delay}", "--access-log=json", "--seed=5", stdout=-1))
                       for delay in ["100ms..300ms"] * 3 + ["300ms"]]
            clients = stack.enter_context(concurrent.futures.ThreadPoolExecutor(len(daemons)))
            outputs = [stack.enter_context(daemon.process.stdout) for daemon in daemons]
            for _ in range(10):
                list(clients.map(ask, daemons))
                rounds.append([json.loads(output.readline())["duration_us"] for output in outputs])
        shortest = [min(delayed) for *delayed, _ in rounds]
        self.assertGreaterEqual(min(shortest), 100000)
        self.assertGreater(max(shortest) - min(shortest), 50000)  # of 200 ms
        self.assertLess(max(shortest), max(control for *_, control in rounds))

    def test_a_delay_holds_no_thread(self):
        """With one thread that waited, these would take 60 seconds."""
        with Daemon("--delay", "300ms", "--threads", "1") as daemon:
            clients = [daemon.connect() for _ in range(200)]
            begin = time.monotonic()
            for client in clients:
                client.sendall(b"GET /abc HTTP/1.1\r\nHost: h\r\n\r\n")
            for client in clients:
                self.assertTrue(client.recv(4096).endswith(b"/abc\n"))
                self.assertGreaterEqual(time.monotonic() - begin, 0.3)
                client.close()
            self.assertLess(time.monotonic() - begin, 10)

    def test_a_delay_in_the_log_and_the_numbers(self):
        with Daemon("--delay=200ms", "--access-log=json", admin="127.0.0.1:0",
                    stdout=-1) as daemon:
            ask(daemon)
            self.assertGreaterEqual(json.loads(daemon.process.stdout.readline())["duration_us"],
                                    200000)
            daemon.process.stdout.close()

    def test_sigterm_waits_for_what_is_delayed(self):
        # For longer than a drain leaves those who are idle.
        with Daemon("--delay", "1500ms") as daemon, daemon.connect() as client:
            client.sendall(b"GET /abc HTTP/1.1\r\nHost: h\r\n\r\n")
            wait_until(lambda: daemon.has_read(client), "the daemon reads the request")
            daemon.send_signal()
            answer = b""
            while piece := client.recv(4096):
                answer += piece
            self.assertIn(b"Connection: close\r\n", answer)
            self.assertTrue(answer.endswith(b": /abc\n"), answer)
            self.assertEqual(daemon.wait(), (0, ""))

    def test_what_is_delayed_for_longer_is_cut_off(self):
        with Daemon("--delay", "60", "--shutdown-timeout", "200ms") as daemon:
            with daemon.connect() as client:
                client.sendall(b"GET /abc HTTP/1.1\r\nHost: h\r\n\r\n")
                wait_until(lambda: daemon.has_read(client), "the daemon reads the request")
                begin = time.monotonic()
                code, errors = daemon.stop()
                self.assertLess(time.monotonic() - begin, 10)
                self.assertEqual(code, 0)
                self.assertIn("cut off by --shutdown-timeout", errors)


if __name__ == "__main__":
    main()
