# SPDX-License-Identifier: MIT
"""Answers out of a stream of bytes."""
from dataclasses import dataclass, field


@dataclass
class Answer:
    status: int
    version: str
    fields: list = field(default_factory=list)  # of (lower-case name, value), in order
    body: bytes | None = None  # None: not sent, although the head announces one

    def get(self, name):
        """The values of a field, joined; None without one."""
        values = [value for key, value in self.fields if key == name]
        return ", ".join(values) if values else None

    def keeps_open(self):
        tokens = [t.strip().lower() for t in (self.get("connection") or "").split(",")]
        if "close" in tokens:
            return False
        return self.version == "HTTP/1.1" or "keep-alive" in tokens

    def __str__(self):
        body = "no body" if self.body is None else f"{len(self.body)} B {self.body[:80]!r}"
        names = ("location", "content-type", "content-length", "connection", "transfer-encoding")
        fields = " ".join(f"{n}={self.get(n)[:120]!r}" for n in names if self.get(n) is not None)
        return f"{self.version} {self.status} {fields} {body}"


class Incomplete(Exception):
    """More bytes must come."""


class NotHttp(Exception):
    """This is no answer."""


def _line(data, at):
    end = data.find(b"\r\n", at)
    if end < 0:
        raise Incomplete
    return data[at:end], end + 2


def _head(data, at):
    line, at = _line(data, at)
    parts = line.decode("latin-1").split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/") or not parts[1].isdigit():
        raise NotHttp(line[:200])
    answer = Answer(int(parts[1]), parts[0])
    while True:
        line, at = _line(data, at)
        if not line:
            return answer, at
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or name != name.strip():
            raise NotHttp(line[:200])
        answer.fields.append((name.lower(), value.strip()))


def _chunked(data, at):
    body = b""
    while True:
        line, at = _line(data, at)
        size = int(line, 16)
        if len(data) < at + size + 2:
            raise Incomplete
        body += data[at:at + size]
        at += size + 2
        if size == 0:
            return body, at


def read_one(data, at, ended, to_head=False):
    """An answer at an offset, and the offset behind it.

    ended: no more bytes will come, at least not to this answer. to_head: the request was HEAD;
    where that is not known, a body that is announced and not there, in front of the next answer
    or the end, was not sent.
    """
    answer, at = _head(data, at)
    if answer.status < 200 or answer.status in (204, 304):
        return answer, at
    chunked = (answer.get("transfer-encoding") or "").lower() == "chunked"
    length = answer.get("content-length")
    rest = data[at:at + 7]
    if rest.startswith(b"HTTP/1.") and length != "0" or (not rest and (ended or to_head)):
        announced = chunked or length is not None or to_head
        answer.body = None if announced and length != "0" else b""
        return answer, at
    if chunked:
        answer.body, at = _chunked(data, at)
    elif length is not None:
        end = at + int(length)
        if len(data) < end and not ended:
            raise Incomplete
        answer.body, at = data[at:end], end
        if len(data) < end:
            raise NotHttp(f"{end - len(data)} bytes of a body are missing")
    else:
        if not ended:
            raise Incomplete
        answer.body, at = data[at:], len(data)
    return answer, at


def read_all(data, ended):
    """All answers; whole tells that nothing is left over that could still become one."""
    answers, at = [], 0
    while at < len(data):
        try:
            answer, at = read_one(data, at, ended)
        except Incomplete:
            if not ended:
                return answers, False
            raise NotHttp(f"cut off: {data[at:at + 200]!r}") from None
        answers.append(answer)
    return answers, True
