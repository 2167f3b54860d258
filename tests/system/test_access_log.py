# SPDX-License-Identifier: MIT
"""The access log: its formats, and that it holds nobody up."""

import errno
import json
import os
import pty
import re
import socket
import subprocess
import tempfile
import threading
import unittest

from daemon import PATIENCE, Daemon, bytes_of, curl, main, run, wait_until
from load import GET, read_answer
from seccomp import CALLS, failing
from test_addresses import run_failing

TIME = r"\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\]"


def exchange(daemon, request):
    """Send bytes, and read to the end of the connection."""
    with daemon.connect() as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


class Logged(Daemon):
    """A daemon whose standard output is a pipe; stop() leaves the lines in `lines`. One thread keeps
    them in order."""

    def __init__(self, format, *arguments, **keywords):
        super().__init__("--access-log", format, "--threads", "1", *arguments, stdout=subprocess.PIPE, **keywords)

    def __exit__(self, *_):
        super().__exit__()
        self.process.stdout.close()

    def wait(self):
        with self.process.stdout as output:
            text = output.read()
        self.lines = text.splitlines()
        assert not text or text.endswith("\n"), text
        return super().wait()


class Formats(unittest.TestCase):
    def lines(self, format, *requests, arguments=(), **keywords):
        with Logged(format, *arguments, **keywords) as daemon:
            for request in requests:
                if callable(request):
                    request(daemon)
                else:
                    exchange(daemon, request)
            self.assertEqual(daemon.stop(), (0, ""))
            self.assertEqual(len(daemon.lines), len(requests), daemon.lines)
            return daemon.lines

    def test_common(self):
        first, second = self.lines("common", GET, b"HEAD /%41?b=c HTTP/1.0\r\n\r\n")
        self.assertRegex(first, rf'^127\.0\.0\.1 - - {TIME} "GET /abc HTTP/1\.1" 200 30$')
        self.assertRegex(second, rf'^127\.0\.0\.1 - - {TIME} "HEAD /%41\?b=c HTTP/1\.0" 200 0$')

    def test_combined(self):
        with_fields = GET[:-2] + b"Referer: http://r/\r\nuser-agent: test/1 (x)\r\n\r\n"
        first, second = self.lines("combined", with_fields, GET)
        self.assertRegex(first, rf'" 200 30 "http://r/" "test/1 \(x\)"$')
        self.assertRegex(second, rf'^127\.0\.0\.1 - - {TIME} "GET /abc HTTP/1\.1" 200 30 "-" "-"$')

    def test_json(self):
        request = GET[:-2] + b"Referer: http://r/\r\nUser-Agent: test/1\r\n\r\n"
        entry = json.loads(self.lines("json", request)[0])
        self.assertRegex(entry.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertLess(entry.pop("duration_us"), PATIENCE * 1e6)
        self.assertEqual(entry, {
            "remote": "127.0.0.1", "method": "GET", "target": "/abc", "protocol": "HTTP/1.1",
            "status": 200, "bytes": 30, "complete": True, "host": "h", "referer": "http://r/",
            "user_agent": "test/1"})

    def test_nothing_ends_a_field_or_a_line_early(self):
        request = b'GET /"\\\x80?\xff" HTTP/1.1\r\nHost: h\r\nUser-Agent: "\\\xe9\t\r\nReferer: \x01\r\n\r\n'
        line, = self.lines("combined", request)
        self.assertIn(r'"GET /\x22\x5c\x80?\xff\x22 HTTP/1.1" 400 16 "\x01" "\x22\x5c\xe9"', line)
        entry = json.loads(self.lines("json", request)[0])
        self.assertEqual(bytes_of(entry["target"]), b'/"\\\x80?\xff"')
        self.assertEqual(bytes_of(entry["user_agent"]), b'"\\\xe9')
        self.assertEqual(entry["referer"], "\x01")

    FIELDS = GET[:-2] + b'X-Id: "a"\r\nx-id: b\r\nCookie: c\r\nReferer: r\r\n\r\n'
    MORE = ("--log-field=X-Id", "--log-field=None,Cookie")

    def test_fields_are_added(self):
        for format, end in (("common", r'" 200 30 "\x22a\x22, b" "-" "[redacted]"'),
                            ("combined", r'" 200 30 "r" "-" "\x22a\x22, b" "-" "[redacted]"')):
            line, = self.lines(format, self.FIELDS, arguments=self.MORE)
            self.assertTrue(line.endswith(end), line)
        entry = json.loads(self.lines("json", self.FIELDS, arguments=self.MORE)[0])
        self.assertEqual((entry["X-Id"], entry["None"], entry["Cookie"], entry["referer"]),
                         ('"a", b', "", "[redacted]", "r"))

    def test_secrets_are_left_out_of_fields_that_are_always_there(self):
        line, = self.lines("combined", self.FIELDS, arguments=["--redact=referer"])
        self.assertIn('"[redacted]"', line)

    def test_paths_are_skipped(self):
        with Logged("common", "--log-skip=/ready", "--log-skip=/a,b", admin="127.0.0.1:0") as daemon:
            for target in ("/ready", "/ready?a", "/ready/", "/a,b", "/abc", "/", "/?/ready"):
                exchange(daemon, f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            wait_until(lambda: daemon.ask_admin("/metrics")[2].count('{status="2xx"} 7'), "7 requests")
            self.assertEqual(daemon.stop(), (0, ""))
            self.assertEqual([line.split()[6] for line in daemon.lines],
                             ["/ready/", "/abc", "/", "/?/ready"])

    def test_a_terminal_shows_the_requests(self):
        """And nothing else does, unless it is asked for."""
        primary, secondary = pty.openpty()
        with Daemon(stdout=secondary) as daemon:
            os.close(secondary)
            exchange(daemon, GET)
            with open(primary, "rb", buffering=0) as terminal:
                self.assertRegex(terminal.read(1000), rb'^127\.0\.0\.1 - - .* "GET /abc HTTP/1\.1" 200 30 "-" "-"')
                self.assertEqual(daemon.stop(), (0, ""))
        with Daemon(stdout=subprocess.PIPE) as daemon:
            exchange(daemon, GET)
            self.assertEqual(daemon.stop(), (0, ""))
            with daemon.process.stdout as output:
                self.assertEqual(output.read(), "")

    def test_what_libmicrohttpd_refuses_by_itself(self):
        request = b"GET /long HTTP/1.1\r\nHost: h\r\nA: " + b"x" * 40000 + b"\r\n\r\n"
        bundled = "bundled" in run("--version")[1]
        line, = self.lines("common", request)
        request_line = "GET /long HTTP/1\\.1" if bundled else "-"
        self.assertRegex(line, rf'^127\.0\.0\.1 - - {TIME} "{request_line}" 431 0$')
        entry = json.loads(self.lines("json", request)[0])
        self.assertEqual((entry["target"], entry["method"], entry["protocol"], entry["status"]),
                         ("/long", *(("GET", "HTTP/1.1") if bundled else ("", "")), 431))

    def test_a_client_that_goes_away(self):
        def leave(daemon):
            with daemon.connect() as client:
                client.sendall(b"POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
                wait_until(lambda: daemon.has_read(client), "the daemon reads the request")
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            wait_until(lambda: daemon.ask_admin("/metrics")[2].count('{status="none"} 1'),
                       "the request is over")
        line, = self.lines("common", leave, admin="127.0.0.1:0")
        self.assertRegex(line, rf'^127\.0\.0\.1 - - {TIME} "POST /abc HTTP/1\.1" 499 0$')
        entry = json.loads(self.lines("json", leave, admin="127.0.0.1:0")[0])
        self.assertEqual((entry["status"], entry["complete"]), (0, False))

    def test_peers(self):
        def ask(host):
            return lambda daemon: curl(f"http://{host}:{daemon.port}/abc")
        lines = self.lines("common", ask("127.0.0.1"), ask("[::1]"), listen=":0")
        self.assertEqual([line.split()[0] for line in lines], ["127.0.0.1", "::1"])
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/socket"
            line, = self.lines("common", lambda _: curl("--unix-socket", path, "http://h/abc"),
                               listen=f"unix:{path}")
        self.assertTrue(line.startswith("unix: - - ["), line)

    def test_off_and_the_admin_port(self):
        with Logged("off") as daemon:
            exchange(daemon, GET)
            self.assertEqual(daemon.stop(), (0, ""))
            self.assertEqual(daemon.lines, [])
        with Logged("json", admin="127.0.0.1:0") as daemon:
            daemon.ask_admin("/readyz")
            self.assertEqual(daemon.stop(), (0, ""))
            self.assertEqual(daemon.lines, [])


class Threads(unittest.TestCase):
    CLIENTS, REQUESTS = 4, 500

    def ask_often(self, daemon, number):
        with daemon.connect() as client:
            for i in range(self.REQUESTS):
                # Lines of many lengths, some longer than what is written at once; all of them
                # together fit, should nobody read for a while.
                target = b"/%d/%d/" % (number, i) + b"x" * (5000 if i % 50 == 0 else i % 50)
                client.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: h\r\n\r\n")
                answer = b""
                while not answer.endswith(target + b"\n"):
                    answer += client.recv(65536)

    def test_no_line_is_torn(self):
        with Logged("common", "--threads", "4") as daemon:
            clients = [threading.Thread(target=self.ask_often, args=(daemon, number))
                       for number in range(self.CLIENTS)]
            reader = threading.Thread(target=lambda: setattr(self, "end", daemon.wait()))
            for thread in [reader, *clients]:
                thread.start()
            for client in clients:
                client.join()
            daemon.send_signal()
            reader.join()
            self.assertEqual(self.end, (0, ""))
            line = re.compile(rf'127\.0\.0\.1 - - {TIME} "GET /(\d+)/(\d+)/x* HTTP/1\.1" 200 \d+')
            seen = [tuple(map(int, line.fullmatch(text).groups())) for text in daemon.lines]
            for number in range(self.CLIENTS):
                self.assertEqual([i for n, i in seen if n == number], list(range(self.REQUESTS)))


class Output(unittest.TestCase):
    """Standard output is slow, closed or gone."""

    def ask(self, daemon, count):
        with daemon.connect() as client:
            for _ in range(count):
                client.sendall(GET)
                read_answer(client)

    def dropped(self, daemon):
        text = daemon.ask_admin("/metrics")[2]
        return int(re.search(r"^hellod_access_log_dropped_lines_total (\d+)$", text, re.M)[1])

    def ask_until_dropped(self, daemon):
        """More than a pipe and the rings hold. Returns the number of requests."""
        asked = 0
        while self.dropped(daemon) == 0:
            self.ask(daemon, 500)
            asked += 500
            self.assertLess(asked, 50000)
        return asked

    def test_nobody_reads(self):
        with Logged("json", admin="127.0.0.1:0") as daemon:
            asked = self.ask_until_dropped(daemon)
            dropped = self.dropped(daemon)
            code, errors = daemon.stop()
            self.assertEqual(code, 0)
            reported = sum(map(int, re.findall(r"^hellod: access log: dropped lines: (\d+)$",
                                               errors, re.M)))
            self.assertEqual(reported, dropped, errors)
            self.assertEqual(len(daemon.lines), asked - dropped)
            for line in daemon.lines:
                json.loads(line)

    def test_a_line_longer_than_the_buffer(self):
        """It is counted and reported, and the lines around it are written."""
        with Logged("common", "--max-head-size=1048576", admin="127.0.0.1:0") as daemon:
            for target in ("/a", "/" + "x" * 262144, "/b"):
                answer = exchange(daemon, f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
                self.assertTrue(answer.endswith(target.encode() + b"\n"))
            wait_until(lambda: daemon.ask_admin("/metrics")[2].count('{status="2xx"} 3'), "3 requests")
            self.assertEqual(self.dropped(daemon), 1)
            self.assertEqual(daemon.stop(), (0, "hellod: access log: dropped lines: 1\n"))
            self.assertEqual([line.split()[6] for line in daemon.lines], ["/a", "/b"])

    def test_nobody_reads_to_the_end(self):
        with Logged("json", admin="127.0.0.1:0") as daemon:
            self.ask_until_dropped(daemon)
            daemon.send_signal()
            self.assertEqual(daemon.process.wait(PATIENCE), 0)
            self.assertIn("hellod: access log: standard output does not accept the last lines\n",
                          daemon.process.stderr.read())

    def test_the_reader_goes_away(self):
        with Logged("json", admin="127.0.0.1:0") as daemon:
            daemon.process.stdout.close()
            self.ask_until_dropped(daemon)
            daemon.send_signal()
            self.assertEqual(daemon.process.wait(PATIENCE), 0)
            self.assertIn("hellod: access log: cannot write: Broken pipe\n", daemon.process.stderr.read())

    def test_closed_from_the_start(self):
        with Daemon("--access-log", "json", preexec_fn=lambda: os.close(1)) as daemon:
            self.ask(daemon, 3)
            code, errors = daemon.stop()
            self.assertEqual(code, 0)
            self.assertRegex(errors, "^hellod: access log: cannot write: Bad file descriptor\n")

    @unittest.skipUnless("eventfd2" in CALLS, "the numbers of this machine's system calls are not known here")
    def test_a_log_that_cannot_start_is_an_error(self):
        code, errors = run_failing(failing("eventfd2", errno.EMFILE), "--access-log", "json",
                                   "--listen", "127.0.0.1:0")
        self.assertEqual(code, 1)
        self.assertRegex(errors, "^hellod: cannot start the access log: [^\n]+\n\\Z")

    @unittest.skipUnless("clone" in CALLS, "the numbers of this machine's system calls are not known here")
    def test_a_log_without_a_thread_is_an_error(self):
        filters = [failing(name, errno.EAGAIN) for name in ("clone", "clone3")]
        code, errors = run_failing(lambda: [install() for install in filters], "--access-log", "json",
                                   "--listen", "127.0.0.1:0",
                                   environment={"ASAN_OPTIONS": "detect_leaks=0"})  # it takes a thread
        self.assertEqual(code, 1)
        self.assertRegex(errors, "^hellod: cannot start the access log: [^\n]+\n\\Z")

    def test_non_blocking(self):
        output, end = os.pipe()
        os.set_blocking(end, False)
        with Daemon("--access-log", "json", "--threads", "1", admin="127.0.0.1:0", stdout=end) as daemon:
            os.close(end)
            asked = self.ask_until_dropped(daemon)
            dropped = self.dropped(daemon)
            daemon.send_signal()
            with open(output) as text:
                lines = text.readlines()
            self.assertEqual(daemon.wait()[0], 0)
            self.assertEqual(len(lines), asked - dropped)


if __name__ == "__main__":
    main()
