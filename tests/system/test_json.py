# SPDX-License-Identifier: MIT
"""--format json: the request as an object, from which each of its bytes can be told."""

import json
import re
import shutil
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from daemon import PATIENCE, Daemon, bytes_of, main, skip_unless
from test_access_log import exchange

# No '"' but those around names and strings, no byte that a terminal or a page could take for more.
SAFE = rb'\A[ !#-;=-\[\]-~]*\Z'


def request(target=b"/", fields=b"", rest=b"", version=b"1.1"):
    return (b"POST " + target + b" HTTP/" + version + b"\r\nHost: h\r\n" + fields +
            b"Connection: close\r\n\r\n" + rest)


def escape(raw):
    return b"".join(b"%%%02x" % byte for byte in raw)


def jq(bodies):
    """What jq takes some objects for."""
    done = subprocess.run(["jq", "-c", "."], input=b"".join(bodies), capture_output=True,
                          timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class Format(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon("--format=json", "--keep-path", "--max-head-size=65536")

    @classmethod
    def tearDownClass(cls):
        code, said = cls.daemon.stop()
        cls.daemon.__exit__()
        assert (code, said) == (0, ""), said

    def ask(self, *arguments, **keywords):
        """The text of the body."""
        head, _, body = exchange(self.daemon, request(*arguments, **keywords)).partition(b"\r\n\r\n")
        self.assertIn(b"HTTP/1.1 200 OK\r\n", head + b"\r\n")
        self.assertIn(b"\r\nContent-Type: application/json\r\n", head + b"\r\n")
        self.assertIn(b"\r\nX-Content-Type-Options: nosniff\r\n", head + b"\r\n")
        self.assertIn(b"\r\nContent-Length: %d\r\n" % len(body), head + b"\r\n")
        strings = re.sub(rb'\\u[0-9a-f]{4}', b"", body.removesuffix(b"\n"))
        self.assertRegex(strings.replace(b'"', b""), SAFE)
        return body

    def test_an_object(self):
        with socket.create_connection((self.daemon.host, self.daemon.port), PATIENCE) as client:
            fields = b"B: 1\r\na: \t2 \r\nb: 3\r\nCookie: c\r\nauthorization: d\r\nEmpty:\r\nContent-Length: 5\r\n"
            client.sendall(request(b"/%41//b/..?c=%20&d", fields, b"hello", b"1.0"))
            answer = client.makefile("rb").read()
            port = client.getsockname()[1]
        seen = json.loads(answer.partition(b"\r\n\r\n")[2])
        self.assertRegex(seen.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(seen, {
            "method": "POST", "target": "/%41//b/..?c=%20&d", "path": "/A//b/..", "query": "c=%20&d",
            "protocol": "HTTP/1.0", "host": "h", "remote": {"address": "127.0.0.1", "port": port},
            "local": {"address": "127.0.0.1", "port": self.daemon.port},
            "hostname": socket.gethostname(),
            "fields": [{"name": name, "value": value} for name, value in (
                ("Host", "h"), ("B", "1"), ("a", "2"), ("b", "3"), ("Cookie", "[redacted]"),
                ("authorization", "[redacted]"), ("Empty", ""), ("Content-Length", "5"),
                ("Connection", "close"))],
            "body_size": 5})

    def test_a_chunked_body(self):
        seen = json.loads(self.ask(b"/", b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"))
        self.assertEqual(seen["body_size"], 5)

    def check(self, cases):
        """By Python, and by jq, which has to find the same. cases: a member of what is shown, what
        it has to be, and the request."""
        bodies = []
        for member, expected, *asked in cases:
            bodies.append(self.ask(*asked))
            with self.subTest(expected[:100]):
                self.assertEqual(bytes_of(member(json.loads(bodies[-1]))), expected)
        if shutil.which("jq"):
            self.assertEqual(jq(bodies), [json.loads(body) for body in bodies])

    @staticmethod
    def path(seen):
        return seen["path"]

    @staticmethod
    def query(seen):
        return seen["query"]

    @staticmethod
    def field(seen):
        return seen["fields"][1]["value"]

    def test_each_byte(self):
        """Alone, and beside bytes that make it a part of UTF-8, in each place that can hold it."""
        cases = []
        for byte in range(256):
            for before, after in ((b"", b""), (b"\xe4", b"\xa0"), (b"\xe4\xbd", b""), (b"\xf0\x9f", b"\x80"),
                                  (b"\xee", b"\x80"), (b"\xee\xbe", b""), (b"\xed", b"\x80")):
                raw = b"a" + before + bytes([byte]) + after + b"b"
                cases.append((self.path, b"/" + raw, b"/" + escape(raw)))
                if byte > 0x20 and byte not in b"#\x7f":
                    cases.append((self.query, raw, b"/?" + raw))
                if byte >= 0x20 and byte != 0x7f or byte == 9:
                    cases.append((self.field, raw, b"/", b"X-A: " + raw + b"\r\n"))
        self.check(cases)

    def test_long_and_hostile(self):
        for nasty in (b'"', b"\\", b"</script>", b"\xff", b"\xe4\xbd", "\U0001f600".encode()):
            raw = nasty * (8000 // len(nasty))
            self.check([(self.path, b"/" + raw, b"/" + escape(raw)),
                        (self.field, raw, b"/", b"X-A: " + raw + b"\r\n")])

    @skip_unless(shutil.which("jq"), "jq is not installed")
    def test_the_readme(self):
        readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
        command, shown = re.search(r"^\$ (curl .* \| jq .*)\n((?:{.*}\n)+)", readme, re.M).groups()
        address = f"{self.daemon.host}:{self.daemon.port}"
        seen = subprocess.run(["sh", "-c", command.replace("localhost:8080", address)], text=True,
                              stdout=subprocess.PIPE, timeout=PATIENCE, check=True).stdout
        self.assertEqual(re.sub(r"curl/[\d.]+", "curl", seen),
                         re.sub(r"curl/[\d.]+", "curl", shown).replace("localhost:8080", address))

    def test_a_redirect_and_a_refusal_are_as_ever(self):
        with Daemon("--format=json") as daemon:
            self.assertIn(b"\r\nLocation: /a/b\r\n", exchange(daemon, request(b"/a//b")))
            self.assertTrue(exchange(daemon, request(b"/%")).endswith(b"\r\n400 Bad Request\n"))

    def test_with_other_answers(self):
        with Daemon("--format=json", "--status=503", "--header=X-A: {path}") as daemon:
            answer = exchange(daemon, request(b"/b"))
            self.assertIn(b"HTTP/1.1 503 ", answer)
            self.assertIn(b"\r\nX-A: /b\r\n", answer)
            self.assertEqual(json.loads(answer.partition(b"\r\n\r\n")[2])["path"], "/b")

    def test_a_unix_socket_and_ipv6(self):
        with tempfile.TemporaryDirectory() as directory, \
                Daemon("--format=json", listen=f"unix:{directory}/socket"):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(f"{directory}/socket")
                client.sendall(request())
                seen = json.loads(client.makefile("rb").read().partition(b"\r\n\r\n")[2])
            self.assertEqual((seen["remote"], seen["local"]), 2 * ({"address": "unix:", "port": 0},))
        with Daemon("--format=json", listen="[::1]:0") as daemon:
            seen = json.loads(exchange(daemon, request()).partition(b"\r\n\r\n")[2])
            self.assertEqual(seen["local"], {"address": "::1", "port": daemon.port})
        with Daemon("--format=json", listen=":0") as daemon:
            daemon.host = "127.0.0.1"
            seen = json.loads(exchange(daemon, request()).partition(b"\r\n\r\n")[2])
            self.assertEqual((seen["local"]["address"], seen["remote"]["address"]), 2 * ("127.0.0.1",))


if __name__ == "__main__":
    main()
