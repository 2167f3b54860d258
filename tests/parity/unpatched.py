# SPDX-License-Identifier: MIT
"""When exactly each row of the second table in doc/behaviour.md applies: what our patches to
libmicrohttpd mend, and another libmicrohttpd does not."""
import re

import wire
from allowed import is_refused
from differences import difference
from exchange import PROBE


# A line with more white space than a request line has, or with other.
_WHITE_TARGET = re.compile(rb"[ \t\x0b\x0c].*[ \t\x0b\x0c].*[ \t\x0b\x0c]|[\t\x0b\x0c]")


@difference("unpatched-silence")
def _(s):
    """Ours stops answering where the model has one answer more, and closes."""
    if s.ours.open or len(s.ours.answers) + 1 != len(s.model.answers):
        return False
    return (s.mismatch.aspect in ("answers", "connection")
            and s.model.answers[-1].status in (400, 301, 200))


@difference("unpatched-redirect")
def _(s):
    return (s.mismatch.aspect == "status" and (s.mismatch.model, s.mismatch.ours) == (400, 301)
            and _WHITE_TARGET.search(s.case.sent() + PROBE) is not None)


@difference("unpatched-tab")
def _(s):
    return (s.case.sent().split(b"\r\n")[0].count(b"\t") > 0 and s.ours.open
            and any(a.status in (200, 301) for a in s.ours.answers[:1])
            and s.mismatch.aspect in ("status", "connection"))


@difference("unpatched-coding")
def _(s):
    return (is_refused(s, 400, model=(501,))
            and bool(wire.values(s.case.sent(), b"Transfer-Encoding")))


@difference("unpatched-length")
def _(s):
    return (is_refused(s, 413, model=(400,))
            and any(len(value) > 19 for value in wire.values(s.case.sent(), b"Content-Length")))


@difference("unpatched-extension")
def _(s):
    return (is_refused(s, 400) and wire.is_chunked(s.case.sent())
            and wire.read_chunks(s.case) in ("good", "long")
            and re.search(rb"\n[0-9a-fA-F]+[ \t;]", s.case.sent()) is not None)


@difference("unpatched-chunks")
def _(s):
    return (s.mismatch.aspect == "connection" and s.ours.open and wire.is_chunked(s.case.sent())
            and wire.read_chunks(s.case) == "chunks")


@difference("unpatched-query")
def _(s):
    return is_refused(s, 431) and s.case.sent().count(b"&") >= 60


@difference("unpatched-empty-lines")
def _(s):
    """Behind nothing, a head or a body there is an empty line; the model refuses it."""
    return (re.search(rb"(?:\A|\n\r?\n|hello)\r?\n", s.case.sent()) is not None
            and any(a.status == 400 for a in s.model.answers[-1:])
            and all(a.status == 200 for a in s.ours.answers))


@difference("unpatched-fold")
def _(s):
    return (s.mismatch.aspect in ("status", "connection") and s.ours.open
            and any(wire.has_blank_fold(s.case.sent(), name)
                    for name in (b"Host", b"Transfer-Encoding")))
