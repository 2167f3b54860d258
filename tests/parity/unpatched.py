# SPDX-License-Identifier: MIT
"""When exactly each row of the second table in doc/behaviour.md applies: what our patches to
libmicrohttpd mend, and another libmicrohttpd does not."""
import re

import wire
from allowed import is_refused
from differences import difference
from exchange import PROBE


def _body_is_html(s):
    ours = s.answer(s.ours)
    return bool(ours) and ours.status >= 400 and (ours.body or b"").startswith(b"<html>")


@difference("unpatched-body")
def _(s):
    return (s.mismatch.aspect in ("body", "content-length", "content-type")
            and (_body_is_html(s) or s.case.sent().startswith(b"HEAD ")
                 and s.answer(s.ours).status >= 400))


@difference("unpatched-silence")
def _(s):
    """Ours stops answering where the model has one answer more, and closes."""
    if s.ours.open or len(s.ours.answers) + 1 != len(s.model.answers):
        return False
    return (s.mismatch.aspect in ("answers", "connection")
            and s.model.answers[-1].status in (400, 307, 200))


@difference("unpatched-bare-lf")
def _(s):
    return (is_refused(s, 400, model=(200, 307, 400, 404, 405, 417, 501, 505))
            and re.search(rb"(?<!\r)\n", s.case.sent()) is not None)


@difference("unpatched-chunks")
def _(s):
    return (s.mismatch.aspect == "connection" and s.ours.open and wire.is_chunked(s.case.sent())
            and wire.read_chunks(s.case) == "chunks")


@difference("unpatched-coding")
def _(s):
    return (s.mismatch.aspect == "status" and (s.mismatch.model, s.mismatch.ours) == (400, 501)
            and re.search(rb"Transfer-Encoding:[^\n]*[\x01-\x08\x0b-\x1f\x7f]", s.case.sent()) is not None)


@difference("unpatched-query")
def _(s):
    return is_refused(s, 431) and s.case.sent().count(b"&") >= 60


@difference("unpatched-empty-lines")
def _(s):
    """Behind nothing, a head or a body there is an empty line; the model refuses it, or refuses
    the second one only."""
    return re.search(rb"(?:\A|\n\r?\n|hello)\r?\n", s.case.sent()) is not None and (
        any(a.status == 400 for a in s.model.answers[-1:])
        and all(a.status == 200 for a in s.ours.answers)
        or not s.ours.open and len(s.ours.answers) < len(s.model.answers))
