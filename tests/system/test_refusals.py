# SPDX-License-Identifier: MIT
"""Which refusal decides where several apply: rule 20 of doc/behaviour.md. Each pair of faults is
sent, in both orders."""

import itertools
import unittest
from dataclasses import dataclass

from daemon import Daemon, main, run

LONG = "a" * 40000

# The stages of rule 20, in their order. Within these two, the first fault that is received decides.
TOO_LONG, REQUEST_LINE, VERSION, LINES, FRAMING, NO_HOST, OTHERS, EXPECTATION = range(8)
BY_ORDER = (LINES, FRAMING)


@dataclass(frozen=True)
class Fault:
    stage: int
    status: int
    fields: tuple = ()
    method: str = ""
    target: str = ""
    version: str = ""

    def names(self):
        return {field.split(":")[0] for field in self.fields if field}

    def clashes(self, other):
        """Whether one hides the other, or both together are a third fault."""
        stages = {self.stage, other.stage}
        return any(getattr(self, part) and getattr(other, part)
                   for part in ("method", "target", "version")) or (
                       stages == {FRAMING, OTHERS} and bool(self.names() & other.names())) or (
                           NO_HOST in stages and "Host" in self.names() | other.names())


# The status, and the fields of the request, by the stage that finds them.
FIELDS = {
    LINES: {
        "a line without a colon": (400, "bad"),
        "a space before the colon": (400, "X : y"),
        "a name that is no token": (400, "X@: y"),
        "a fold": (400, "X: y", " z"),
        "a bare CR": (400, "X: y\rz"),
        "a NUL": (400, "X: y\0"),
        "a tab in a length": (400, "Content-Length:\t1"),
        "a tab in a coding": (400, "Transfer-Encoding: chunked\t"),
        "a long field": (431, "X: " + LONG),
        "many fields": (431, *("X: y",) * 1000),
    },
    FRAMING: {
        "a length that is no number": (400, "Content-Length: x"),
        "two lengths": (400, "Content-Length: 1", "Content-Length: 1"),
        "a length of 2^64 - 1": (413, "Content-Length: 18446744073709551615"),
        "a coding before chunked": (501, "Transfer-Encoding: gzip, chunked"),
        "a coding that is not chunked": (400, "Transfer-Encoding: gzip"),
        "two codings": (400, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        "a control byte in a coding": (400, "Transfer-Encoding: \x01chunked"),
        "two Hosts": (400, "Host: h", "Host: h"),
    },
    NO_HOST: {"no Host": (400,)},
    OTHERS: {
        "a bad Host": (400, "Host: h/"),
        "a control byte in a value": (400, "X: \x01"),
        "a length of 2^63": (400, "Content-Length: 9223372036854775808"),
        "a Trailer that frames": (400, "Transfer-Encoding: chunked", "Trailer: Trailer"),
    },
    EXPECTATION: {"an expectation": (417, "Expect: tea")},
}

# And those of the request line.
FAULTS = {name: Fault(stage, status, tuple(fields))
          for stage, rows in FIELDS.items() for name, (status, *fields) in rows.items()} | {
    "a long target": Fault(TOO_LONG, 414, target="/" + LONG),
    "a version that is none": Fault(REQUEST_LINE, 400, version="HTTP/x"),
    "two spaces": Fault(REQUEST_LINE, 400, target=" /a"),
    "HTTP/2.0": Fault(VERSION, 505, version="HTTP/2.0"),
    "HTTP/0.9": Fault(VERSION, 505, version="HTTP/0.9"),
    "a lowercase method": Fault(OTHERS, 400, method="get"),
    "a bad escape": Fault(OTHERS, 400, target="/%"),
    "a control byte in the target": Fault(OTHERS, 400, target="/\x01"),
    "an asterisk": Fault(OTHERS, 400, target="*"),
}


def make_request(*faults):
    def part(name, usual):
        return next((getattr(f, name) for f in faults if getattr(f, name)), usual)
    fields = [field for fault in faults for field in fault.fields]
    if not any(f.stage == NO_HOST for f in faults) and not any("Host:" in f for f in fields):
        fields.append("Host: h")
    line = f"{part('method', 'PUT')} {part('target', '/a')} {part('version', 'HTTP/1.1')}"
    return "\r\n".join([line, *fields, "", ""]).encode("latin-1")


def expected_status(first, second):
    """Of two faults in the order received."""
    if {first.stage, second.stage} == {TOO_LONG, OTHERS} and (first.method or second.method):
        return 400  # only GET, HEAD, POST, PUT and DELETE get 414
    if first.stage == second.stage:
        return first.status if first.stage in BY_ORDER else min(first.status, second.status)
    return min(first, second, key=lambda fault: fault.stage).status


@unittest.skipUnless("bundled" in run("--version")[1], "only the patches make this order")
class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()

    @classmethod
    def tearDownClass(cls):
        code, said = cls.daemon.stop()
        cls.daemon.__exit__()
        assert (code, said) == (0, ""), said

    def status_of(self, request):
        """Of the only answer; the server closes behind it, with the rest of the request unread."""
        with self.daemon.connect() as client:
            client.sendall(request)
            answer = b""
            while piece := client.recv(65536):
                answer += piece
        self.assertEqual(answer.count(b"HTTP/1.1 "), 1, answer)
        return int(answer.split(b" ")[1])

    def test_each_fault(self):
        for name, fault in FAULTS.items():
            with self.subTest(name):
                self.assertEqual(self.status_of(make_request(fault)), fault.status)

    def test_each_pair_of_faults(self):
        for (first, a), (second, b) in itertools.permutations(FAULTS.items(), 2):
            if a.clashes(b):
                continue
            with self.subTest(f"{first}, then {second}"):
                self.assertEqual(self.status_of(make_request(a, b)), expected_status(a, b))


if __name__ == "__main__":
    main()
