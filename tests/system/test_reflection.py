# SPDX-License-Identifier: MIT
"""Where a path of a stranger's choice comes out again: the answer and what a terminal gets of it,
Location, the access log, stderr and the metrics. Browsers are tests/clients's."""

import json
import unittest
import urllib.parse

from daemon import Daemon, bytes_of, curl, main, wait_until
from test_access_log import TIME, Logged, exchange

MARK = "zq7x"
# What makes a terminal or a reader of a log do as it is told, and what is no text at all.
NASTY = [b"\x1b[31m", b"\x1b]0;title\x07", b"\x9b31m", b"\r", b"\r\n", b"\n", b"\0", b"\x08", b"\x7f", b'"',
         b"\\", b'\\"', b"'", b"<script>", b"${jndi:x}", b"%s%n", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80",
         b"\xe2\x80\xae", b"\xf4\x90\x80\x80", "é".encode(), b"', 'x': '", b'" 200 0 "-" "-"\n1.2.3.4 - - [',
         b"\t"]
PRINTABLE = rb"[ -~]*"
# What Location may be made of, and that it begins with one slash: '\' is another one to browsers,
# and a tab is nothing.
LOCATION = r"/(?!/)[A-Za-z0-9_.~$&+,/:;=@%-]*(\?[!-~]*)?"
ELSEWHERE = "evil.example"
REDIRECTS = [f"{before}{ELSEWHERE}{after}"
             for before in ("//", "///", "/\\", "/\\\\", "/.//", "/./\\", "/..//", "/../\\", "//..//",
                            "/%2f/", "//%2f", "/%5c/", "//%5c", "/%09//", "//%09", "/%0a//", "/%0d%0a//",
                            "//user@", "//:80/", "/a/..//", "/.%2e//", "/%2e%2e//", "/;//", "/%20//",
                            "/%00//", "//https:", "/https://", "/./https://", "/javascript://",
                            "http://h//", "http://h/.//", "http://h/\\", "//%e3%80%82", "/%EF%BC%8F//")
             for after in ("", "/", "/%2f..", "/..", "//", "?//evil.example", "?next=//evil.example")]
INJECTED = ["X-Injected", "Set-Cookie"]
INJECTIONS = [f"/a//{line_end}{name}:%20{MARK}{line_end}{line_end}<script>"
              for line_end in ("%0d%0a", "%0D%0A", "%0a", "%0d", "%c4%8d%c4%8a", "%250d%250a", "%e5%98%8a")
              for name in INJECTED]


def get(target, more=b""):
    return b"GET " + target + b" HTTP/1.1\r\nHost: h\r\n" + more + b"Connection: close\r\n\r\n"


def escape(bytes_):
    return "".join(f"%{byte:02x}" for byte in bytes_)


def split(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.decode("ascii").split("\r\n")
    return int(status.split()[1]), [tuple(field.split(": ", 1)) for field in fields], body


def requests(metrics):
    return sum(float(value) for name, value in metrics.items() if name.startswith("hellod_requests_total{"))


class Answer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(admin="127.0.0.1:0")

    @classmethod
    def tearDownClass(cls):
        code, said = cls.daemon.stop()
        cls.daemon.__exit__()
        assert (code, said) == (0, ""), said  # whatever was asked for

    def ask(self, target, more=b""):
        answer = exchange(self.daemon, get(target, more))
        self.assertRegex(answer.partition(b"\r\n\r\n")[0].replace(b"\r\n", b""), rb"\A" + PRINTABLE + rb"\Z")
        return split(answer)

    def test_the_body_is_the_path_and_plain_text(self):
        for nasty in NASTY:
            status, fields, body = self.ask(f"/a{escape(nasty)}b".encode())
            self.assertEqual((status, body), (200, b"Hello, you've requested: /a" + nasty + b"b\n"))
            self.assertIn(("Content-Type", "text/plain; charset=utf-8"), fields)
            self.assertIn(("X-Content-Type-Options", "nosniff"), fields)

    def test_a_terminal_gets_the_path_and_no_more(self):
        """curl prints control bytes of a body. The author of the URL chooses them. No head has one,
        and no answer to an error."""
        for nasty in NASTY:
            path = f"/a{escape(nasty)}"
            self.assertEqual(curl(self.daemon.url(path)), b"Hello, you've requested: /a" + nasty + b"\n")
            _, fields, body = self.ask(f"/.{path}/%".encode())
            self.assertRegex(body, rb"\A400 Bad Request\n\Z")
            status, fields, body = self.ask(f"/.{path}".encode())
            self.assertEqual(status, 307)
            self.assertRegex(body.rstrip(b"\n"), rb"\A" + PRINTABLE + rb"\Z")

    def test_a_redirect_stays_on_its_host(self):
        redirected = 0
        for target in REDIRECTS:
            status, fields, _ = self.ask(target.encode())
            self.assertIn(status, (200, 307, 400), target)
            self.assertEqual([name for name, _ in fields].count("Location"), status == 307, target)
            if status == 307:
                location = dict(fields)["Location"]
                self.assertRegex(location, rf"\A{LOCATION}\Z", target)
                there = urllib.parse.urlsplit(urllib.parse.urljoin("http://h/a", location))
                self.assertEqual((there.scheme, there.netloc), ("http", "h"), target)
                redirected += 1
        self.assertGreater(redirected, len(REDIRECTS) / 2)

    def test_no_field_is_injected(self):
        for target in INJECTIONS:
            status, fields, _ = self.ask(target.encode())
            self.assertEqual(status, 307, target)
            self.assertFalse({name for name, _ in fields} & set(INJECTED), target)
            self.assertRegex(dict(fields)["Location"], rf"\A{LOCATION}\Z")

    def metrics(self):
        lines = self.daemon.ask_admin("/metrics")[2].splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if line[0] != "#")

    def test_metrics_take_nothing_of_a_request(self):
        before = self.metrics()
        for nasty in NASTY:
            self.ask(f'/{MARK}"}}{escape(nasty)}?{MARK}'.encode(), f"User-Agent: {MARK}\r\n".encode())
        exchange(self.daemon, f"{MARK} /{MARK} HTTP/1.0\r\nHost: {MARK}\r\n\r\n".encode())
        wait_until(lambda: requests(self.metrics()) == requests(before) + len(NASTY) + 1,
                   "all of them are counted")
        self.assertEqual(self.metrics().keys(), before.keys())
        self.assertNotIn(MARK, self.daemon.ask_admin("/metrics")[2])


class Log(unittest.TestCase):
    """One request is one line of printable bytes, whatever is in it."""

    def log(self, format, requests):
        with Logged(format, "--log-field=X-Any") as daemon:
            for request in requests:
                exchange(daemon, request)
            self.assertEqual(daemon.stop(), (0, ""), "stderr has nothing of a request")
            self.assertEqual(len(daemon.lines), len(requests))
            return daemon.lines

    # With a line end or a space in it, a request line is another one, or none.
    raw = [nasty for nasty in NASTY if not set(nasty) & set(b"\r\n\0 ")]
    requests = [get(b"/" + MARK.encode() + nasty, b"Referer: " + nasty + b"\r\nUser-Agent: u" + nasty
                    + b"\r\nX-Any: " + nasty + b"\r\n")
                for nasty in raw]
    requests += [get(f"/{MARK}{escape(nasty)}".encode()) for nasty in NASTY]
    requests += [b"G" + nasty + b"T /" + MARK.encode() + b" HTTP/1.1\r\nHost: " + nasty + b"\r\n\r\n"
                 for nasty in raw]

    def check(self, format, pattern):
        for request, line in zip(self.requests, self.log(format, self.requests)):
            self.assertRegex(line.encode("utf-8", "surrogateescape"), rb"\A" + PRINTABLE + rb"\Z")
            self.assertRegex(line, pattern, request)

    quoted = r'"[^"\\]*(\\x[0-9a-f]{2}[^"\\]*)*"'

    def test_common(self):
        self.check("common", rf"^127\.0\.0\.1 - - {TIME} {self.quoted} \d{{3}} \d+ {self.quoted}$")

    def test_combined(self):
        self.check("combined",
                   rf"^127\.0\.0\.1 - - {TIME} {self.quoted} \d{{3}} \d+( {self.quoted}){{3}}$")

    def test_json(self):
        for nasty, line in zip(self.raw, self.log("json", self.requests)):
            self.assertRegex(line.encode("utf-8", "surrogateescape"), rb"\A" + PRINTABLE + rb"\Z")
            entry = json.loads(line)
            self.assertEqual(bytes_of(entry["target"]), b"/" + MARK.encode() + nasty)
            self.assertEqual(bytes_of(entry["user_agent"]), (b"u" + nasty).rstrip(b"\t"))


if __name__ == "__main__":
    main()
