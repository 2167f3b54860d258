# SPDX-License-Identifier: MIT
"""The fixed cases: data in cases/CATEGORY.txt.

A line is a name, a space, and what to send. "wrap TEXT" puts what follows it into TEXT, in
place of {}; "bytewise" has the rest sent byte by byte. What to send knows \\r \\n \\t \\\\ and
\\xNN, and

    {N*TEXT}   TEXT, N times
    {then}     wait for what comes back so far
    {shut}     send no more
"""
import pathlib
import re
from dataclasses import dataclass

_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.)")
_PLAIN = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"\\": b"\\"}
_MARK = re.compile(rb"\{(?:(\d+)\*([^{}]*)|(then)|(shut))\}")

THEN = object()
SHUT = object()


@dataclass(frozen=True)
class Case:
    name: str
    steps: tuple  # of bytes, THEN and SHUT
    bytewise: bool = False

    def sent(self):
        """All bytes that are sent."""
        return b"".join(step for step in self.steps if isinstance(step, bytes))

    def script(self):
        """The steps for people."""
        words = {THEN: "{then}", SHUT: "{shut}"}
        return "\n".join(words.get(step) or shorten(step) for step in self.steps)


def shorten(data, most=1500):
    if len(data) <= most:
        return repr(data)
    return f"{data[:most // 2]!r} ... {len(data)} bytes ... {data[-most // 2:]!r}"


def _unescape(text):
    def byte(match):
        code = match[1]
        return bytes([int(code[1:], 16)]) if len(code) == 3 else _PLAIN[code]
    return _ESCAPE.sub(byte, text)


def parse_steps(text):
    steps, data, at = [], b"", 0
    for mark in _MARK.finditer(text):
        data += _unescape(text[at:mark.start()])
        at = mark.end()
        if mark[1]:
            data += int(mark[1]) * _unescape(mark[2])
            continue
        steps += [data, THEN if mark[3] else SHUT] if data else [THEN if mark[3] else SHUT]
        data = b""
    data += _unescape(text[at:])
    return tuple(steps + [data] if data else steps)


def _read(path):
    wrap, bytewise = b"{}", False
    for line in path.read_bytes().split(b"\n"):
        name, _, text = line.partition(b" ")
        if not line or line.startswith(b"#"):
            continue
        if name == b"wrap":
            wrap = text
        elif name == b"bytewise":
            bytewise = True
        else:
            steps = parse_steps(wrap.replace(b"{}", text, 1))
            yield Case(f"{path.stem}/{name.decode()}", steps, bytewise)


def read_all(folder):
    cases = [case for path in sorted(pathlib.Path(folder).glob("*.txt")) for case in _read(path)]
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"cases with one name: {sorted(twice)}")
    return cases
