# SPDX-License-Identifier: MIT
"""Other readers of what hellod is sent: llhttp in its strict mode, and nginx. hellod must not find
a request where one of them finds a part of a body, or the other way round. In a body, hellod must
refuse what one of them refuses. Where nginx refuses a head that hellod accepts, or closes, the row
of a table in doc/behaviour.md allows it, with a predicate of the same id here."""
import re
import urllib.parse
from dataclasses import dataclass

import wire
from cases import SHUT
from exchange import PROBE

PROBE_PATH = b"/is-it-still-open"
MAX_BODY_SIZE = 262144  # hellod's default
PREDICATES = {}


@dataclass(frozen=True)
class Found:
    """A request that a reader has found in whole. None: not told."""
    method: bytes | None
    path: bytes | None

    def may_be(self, other):
        return (None in (self.method, other.method) or self.method == other.method) and (
            None in (self.path, other.path) or self.path == other.path)


@dataclass(frozen=True)
class Reading:
    requests: list  # of Found
    where: str  # it stands behind them: "between" requests, in a "head" or a "body", or "closed"
    stopped: bool  # it has refused what follows
    line: bytes = b""  # the request line that it has begun to read, if it stands in a head

    def __str__(self):
        words = "stopped in" if self.stopped else "is in"
        return f"  {self.requests} and then {words} {self.where} {self.line!r}"


@dataclass(frozen=True)
class Beyond:
    """What a predicate judges: hellod goes on where nginx does not."""
    sent: bytes
    reading: Reading


def reader_difference(name):
    def register(predicate):
        PREDICATES[name] = predicate
        return predicate
    return register


def path_of(target):
    """The decoded path of a request-target, if that is easily told; else None."""
    path = target.split(b"?")[0]
    return urllib.parse.unquote_to_bytes(path) if path.startswith(b"/") else None


def found_by(outcome):
    """The requests that hellod has found, the probe included."""
    found = []
    for answer in outcome.answers:
        if 200 <= answer.status < 400 or answer.status in (404, 405):
            shown = re.fullmatch(rb"Hello, you've requested: (.*)\n", answer.body or b"", re.DOTALL)
            found.append(Found(None, shown[1] if shown else None))
    return found + [Found(None, PROBE_PATH)] * outcome.probed


def stream_of(case):
    """What hellod was sent, with the probe."""
    return case.sent() + (b"" if SHUT in case.steps else PROBE)


def head_of(line):
    """The request that a request line begins."""
    parts = line.split(b" ")
    return Found(parts[0], path_of(parts[1])) if len(parts) > 1 else Found(line, b"")


def may_skip_body(sent):
    """Whether hellod may answer and close without reading a body."""
    return (len(sent) >= MAX_BODY_SIZE or b"CONNECT " in sent
            or bool(wire.values(sent, b"Expect"))
            or any(len(value) > 5 for value in wire.values(sent, b"Content-Length")))


class Judge:
    """Compares what hellod and other readers have found, by a table of ids."""

    def __init__(self, rows):
        if rows and set(rows) != set(PREDICATES):
            raise ValueError("doc/behaviour.md and readers.py do not have the same "
                             f"ids: {sorted(set(rows) ^ set(PREDICATES))}")
        self.seen = {row: 0 for row in rows}

    def allows(self, beyond):
        for row in self.seen:
            if PREDICATES[row](beyond):
                self.seen[row] += 1
                return True
        return False

    def disagreement(self, sent, found, is_open, reading):
        """What hellod has found where a reader has not, as a sentence; None when all is well."""
        for index, (ours, theirs) in enumerate(zip(found, reading.requests)):
            if not ours.may_be(theirs):
                return f"request {index + 1} is {ours} to hellod and {theirs} to it"
        if len(found) < len(reading.requests) and is_open:
            return f"it finds {len(reading.requests)} requests, hellod {len(found)}, and stays open"
        if len(found) <= len(reading.requests):
            return None
        if (len(found) == len(reading.requests) + 1 and not is_open and reading.where == "body"
                and may_skip_body(sent)):
            return None
        if reading.where == "head" and reading.stopped:
            ours, theirs = found[len(reading.requests)], head_of(reading.line)
            if not ours.may_be(theirs):
                return f"the next request is {ours} to hellod, and {theirs} to it, which refuses it"
        if self.allows(Beyond(sent, reading)):
            return None
        return f"hellod finds {len(found)} requests, it {len(reading.requests)}:\n{reading}"


# ---- What hellod takes and nginx does not ----


def _refuses_head(beyond):
    return beyond.reading.where == "head" and beyond.reading.stopped


@reader_difference("reader-target")
def _(b):
    target = (b.reading.line.split(b" ") + [b""])[1]
    path = path_of(target)
    if path is None:
        is_other = target == b"*" or re.match(rb"[A-Za-z][A-Za-z0-9+.-]*:", target) is not None
    else:
        is_other = b"\0" in path or b".." in path.split(b"/")
    return _refuses_head(b) and is_other


@reader_difference("reader-host")
def _(b):
    hosts = re.findall(rb"(?im)^Host:([^\r\n]*)", b.sent)
    return _refuses_head(b) and any(
        re.search(rb"\t|\A *(:|\.|\Z)|\.\.", host) is not None for host in hosts)


@reader_difference("reader-expect")
def _(b):
    return _refuses_head(b) and len(wire.values(b.sent, b"Expect")) > 1


@reader_difference("reader-method")
def _(b):
    last = b.reading.requests[-1:]
    return (_refuses_head(b) and b.reading.line.startswith(b"CONNECT ")
            or b.reading.where == "closed" and bool(last) and last[0].method == b"TRACE")


@reader_difference("reader-connection")
def _(b):
    return b.reading.where == "closed" and any(
        b"close" in value.lower() for value in wire.values(b.sent, b"Connection"))
