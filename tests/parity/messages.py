# SPDX-License-Identifier: MIT
"""Whole messages by chance: good ones, with now and then something bent that frames them.

They have no row in the table each. What they show is that nothing which the model refuses is
taken: where the answers part, ours is a refusal, and the last."""
import dataclasses
import random

from cases import SHUT, Case
from compare import HARD

_METHODS = (b"GET", b"GET", b"POST", b"POST", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"BREW", b"post")
_TARGETS = (b"/a", b"/a", b"/a", b"/a?b", b"//a", b"*", b"http://h/a", b"/%zz", b"/%00", b"a")
_VERSIONS = (b"HTTP/1.1",) * 12 + (b"HTTP/1.0", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0")
_BODIES = (b"", b"a", b"hello", b"0\r\n\r\n", b"x" * 100, b"GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
_HOSTS = (b" h", b" h", b"h", b" h:80", b" [::1]", b"", b" a/b")
_CODINGS = (b" chunked",) * 8 + (b"chunked", b" Chunked", b" identity", b" gzip, chunked")
_CONNECTIONS = (b"close", b"keep-alive", b"Keep-Alive", b"upgrade", b"x, close")
_OTHERS = (
    (b"Expect", (b" 100-continue", b" 100-continue", b" x")),
    (b"Trailer", (b" A", b" Content-Length", b" A,Trailer")),
    (b"Content-Length", (b" 5", b" 0", b" x")),
    (b"Transfer-Encoding", (b" chunked", b" identity")),
    (b"X", (b" b", b"b", b"", b" b c")),
)
_BEFORE_VALUES = (b" ", b"  ", b"\t", b"\r\n ", b"\r\n\t", b"\0", b"\x0b")
_BEHIND_VALUES = (b" ", b"\t", b"\r\n ", b"\r\n\t ", b",", b", x", b";x", b"\0", b"\r", b"\x01",
                  b"\xff", b"x")
_BEHIND_SIZES = (b";a=b", b";", b";a=\"b;\\\"\"", b" ", b"\t", b" ;a", b"; a = b", b";a=", b"\0", b",",
                 b"x")
_BETWEEN = (b"\r\n", b"\n", b"\r\n\r\n", b" ", b"x", b"\r")


class Maker:
    bending = 1.0  # how much of the probability that something is bent is left
    methods, versions, hosts, codings = _METHODS, _VERSIONS, _HOSTS, _CODINGS

    def __init__(self, chance):
        self.chance, self.one_of = chance, chance.choice

    def maybe(self, probability, choices):
        """One of the choices, or nothing."""
        return self.one_of(choices) if self.chance.random() < probability * self.bending else b""

    def end(self):
        return self.maybe(0.04, (b"\n", b"\n", b"\n", b"\r\r\n", b"\r", b" \r\n")) or b"\r\n"

    def name(self, name):
        bent = (name.lower(), name.upper(), name + b" ", b" " + name, name + b"\t", name + b"\0",
                b"X-" + name, name + b"\xff", name.replace(b"-", b"_"))
        return self.maybe(0.05, bent) or name

    def field(self, name, value):
        return (self.name(name) + b":" + self.maybe(0.06, _BEFORE_VALUES) + value
                + self.maybe(0.06, _BEHIND_VALUES) + self.end())

    def chunk(self, data):
        size = self.one_of((b"%x", b"%x", b"%x", b"%X", b"0%x")) % len(data)
        return size + self.maybe(0.12, _BEHIND_SIZES) + self.end()

    def chunks(self):
        body = b""
        for data in self.chance.choices(_BODIES[1:], k=self.chance.randint(0, 3)):
            body += self.chunk(data) + data + self.end()
        body += self.chunk(b"")
        if self.chance.random() < 0.2:
            body += self.field(self.one_of((b"A", b"Content-Length", b"Host")), b" b")
        return body + self.end()

    def framed(self):
        """The fields that frame a body, and the body."""
        kind = self.chance.random()
        if kind < 0.4:
            body = self.one_of(_BODIES)
            length = b"%d" % len(body)
            bent = (b"0" + length, b"+" + length, b"-1", b"x", b"", length + b"," + length)
            return [self.field(b"Content-Length", b" " + (self.maybe(0.1, bent) or length))], body
        if kind < 0.75:
            return [self.field(b"Transfer-Encoding", self.one_of(self.codings))], self.chunks()
        return [], b""

    def target(self):
        return self.one_of(_TARGETS)

    def request(self):
        fields, body = self.framed()
        if self.chance.random() >= 0.05 * self.bending:
            fields.append(self.field(b"Host", self.one_of(self.hosts)))
        for name, values in _OTHERS:
            if self.chance.random() < 0.08 * self.bending:
                fields.append(self.field(name, self.one_of(values)))
        # Not bent: what else may close a connection is in the table.
        fields.append(self.maybe(0.08, [b"Connection: %s\r\n" % v for v in _CONNECTIONS]))
        self.chance.shuffle(fields)
        space = self.maybe(0.02, (b"  ", b"\t")) or b" "
        line = self.one_of(self.methods) + b" " + self.target() + space + self.one_of(self.versions)
        return line + self.end() + b"".join(fields) + self.end() + body

    def message(self):
        data = self.maybe(0.02, _BETWEEN) + self.request()
        while self.chance.random() < 0.3:
            data += self.maybe(0.1, _BETWEEN) + self.request()
        return data


def make_message(seed, index):
    """A case; the same for the same seed and index."""
    chance = random.Random(f"{seed}/message/{index}")
    data = Maker(chance).message()
    if chance.random() < 0.15:
        return Case(f"message {index}", (data[:chance.randint(1, len(data))], SHUT))
    return Case(f"message {index}", (data,), bytewise=chance.random() < 0.05)


def is_stricter(model, ours):
    """Ours answers like the model does and then, where that may do as it likes, refuses and
    closes."""
    if ours.open or ours.broken or model.broken or not ours.answers:
        return False
    *before, last = [(a.status, a.get("location")) for a in ours.answers]
    return last[0] >= 400 and before == [
        (a.status, a.get("location")) for a in model.answers[:len(before)]]


def without_interim(outcome):
    """A server that has some of the body already may leave out 100 (RFC 9110, section 10.1.1)."""
    return dataclasses.replace(outcome, answers=[a for a in outcome.answers if a.status >= 200])


def matters(mismatch):
    return mismatch.aspect in HARD + ("broken",)
