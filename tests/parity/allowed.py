# SPDX-License-Identifier: MIT
"""When exactly each row of the table in doc/behaviour.md applies."""
import re

import wire
from cases import SHUT
from differences import difference
from exchange import PROBE

TEXT = "text/plain; charset=utf-8"

# uri-host [ ":" port ], as lib/target.c takes it. Lenient inside the brackets.
_NAME = rb"(?:[\w.~!$&'()*+,;=-]|%[89a-fA-F][0-9a-fA-F])"
_HOST_PORT = (rb"(?:\[(?=[^]]*:)[0-9a-fA-F:.]+(?:%25" + _NAME + rb"+)?\]|" + _NAME + rb"*)(?::[0-9]*)?")


def is_refused(s, *statuses, model=(200, 307)):
    """Ours ends with a refusal and closes; the model has answered the same request."""
    last = len(s.ours.answers) - 1
    if last < 0 or s.ours.open or s.ours.answers[last].status not in statuses:
        return False
    if len(s.model.answers) <= last or s.model.answers[last].status not in model:
        return False
    if s.mismatch.aspect == "status":
        return s.mismatch.index == last
    return s.mismatch.aspect in ("answers", "connection")


def stays_open(s):
    """The model has closed, ours goes on; what follows is good."""
    return (s.mismatch.aspect in ("answers", "connection") and s.ours.open and not s.model.open
            and all(a.status in (200, 307) for a in s.ours.answers))


def is_closed(s):
    """Ours has closed behind a good answer, the model goes on."""
    return (s.mismatch.aspect in ("answers", "connection") and s.model.open and not s.ours.open
            and [a.status for a in s.ours.answers] == [200])


# ---- What stands in an answer ----


@difference("content-type")
def _(s):
    return (s.mismatch.aspect == "content-type" and s.answer(s.ours).status == 200
            and s.mismatch.ours == TEXT)


@difference("content-length")
def _(s):
    ours = s.answer(s.ours)
    if not ours or ours.status not in (200, 307) or s.answer(s.model).get("content-length"):
        return False
    if s.mismatch.aspect == "content-length":
        return ours.body is None or s.mismatch.ours == str(len(ours.body))
    return s.mismatch.aspect == "body" and s.mismatch.ours is None and s.mismatch.model == b""


@difference("redirect-body")
def _(s):
    ours = s.answer(s.ours)
    return (s.mismatch.aspect in ("body", "content-length", "content-type") and ours
            and ours.status == 307 and ours.get("content-type") == TEXT
            and ours.body in (None, b"307 Temporary Redirect\n"))


@difference("head-error-body")
def _(s):
    return (s.mismatch.aspect == "body" and s.answer(s.ours).status >= 400
            and s.mismatch.ours in (None, b"") and bool(s.mismatch.model)
            and b"HEAD " in s.case.sent())


@difference("error-body")
def _(s):
    ours = s.answer(s.ours)
    if not ours or ours.status < 400:
        return False
    if s.mismatch.aspect not in ("body", "content-length", "content-type"):
        return False
    ours_is_plain = ours.get("content-type") == TEXT and (
        ours.body is None or re.fullmatch(rb"%d [A-Z][A-Za-z -]+\n" % ours.status, ours.body))
    return bool(ours_is_plain) or (ours.get("content-type") is None and ours.body == b""
                                   and ours.get("content-length") == "0")


# ---- Framing ----


@difference("both-framings")
def _(s):
    sent = s.case.sent()
    return (is_refused(s, 400) and wire.is_chunked(sent)
            and bool(wire.values(sent, b"Content-Length")))


@difference("coding-in-1-0")
def _(s):
    sent = s.case.sent()
    return (is_refused(s, 400, 501) and wire.is_1_0(sent)
            and bool(wire.values(sent, b"Transfer-Encoding")))


@difference("repeated-length")
def _(s):
    lengths = wire.values(s.case.sent(), b"Content-Length")
    return is_refused(s, 400) and len(lengths) > 1 and len(set(lengths)) == 1


@difference("length-of-64-bits")
def _(s):
    return (is_refused(s, 413, model=(400,))
            and b"18446744073709551615" in wire.values(s.case.sent(), b"Content-Length"))


@difference("final-coding")
def _(s):
    fields = [value.lower() for value in wire.values(s.case.sent(), b"Transfer-Encoding")]
    return (is_refused(s, 400, model=(501,))
            and (len(fields) > 1 or not re.search(rb"[, \t]chunked$", fields[0])))


@difference("tab-in-framing")
def _(s):
    sent = s.case.sent()
    return (is_refused(s, 400, model=(200, 307, 501)) and re.search(
        rb"(?im)^(?:Content-Length|Transfer-Encoding):[^\n]*\t", sent) is not None)


@difference("chunk-syntax")
def _(s):
    return (is_refused(s, 400, 413) and wire.is_chunked(s.case.sent())
            and wire.read_chunks(s.case) == "chunks")


@difference("trailer-syntax")
def _(s):
    return (is_refused(s, 400) and wire.is_chunked(s.case.sent())
            and wire.read_chunks(s.case) == "trailer")


@difference("chunk-extension-space")
def _(s):
    return (s.mismatch.aspect in ("answers", "connection") and not s.model.open
            and len(s.ours.answers) >= len(s.model.answers) and wire.is_chunked(s.case.sent())
            and wire.read_chunks(s.case) == "good"
            and re.search(rb"\n[0-9a-fA-F]+[ \t]+;", s.case.sent()) is not None)


@difference("chunk-line-length")
def _(s):
    if not wire.is_chunked(s.case.sent()) or wire.read_chunks(s.case) != "long":
        return False
    return stays_open(s) or is_refused(s, 413, 431)


@difference("body-cut-off")
def _(s):
    return is_refused(s, 400) and SHUT in s.case.steps and (
        bool(wire.values(s.case.sent(), b"Content-Length"))
        or wire.is_chunked(s.case.sent()) and wire.read_chunks(s.case) == "cut")


@difference("few-bytes-left")
def _(s):
    return (s.mismatch.aspect == "answers" and not s.ours.open and SHUT in s.case.steps
            and re.search(rb"\r\n\r\n.{1,3}\Z", s.case.sent(), re.DOTALL) is not None
            and [a.status for a in s.ours.answers] == [a.status for a in s.model.answers] + [400])


@difference("body-awaited")
def _(s):
    return (s.mismatch.aspect in ("answers", "connection") and s.ours.open and not s.ours.answers
            and [a.status for a in s.model.answers] == [200] and wire.awaits_body(s.case))


# ---- Heads ----


@difference("large-head")
def _(s):
    heads = wire.heads_of(s.case.sent())
    if any(len(h) > 1 << 20 for h in heads):
        return is_refused(s, 414, model=(431,))
    return is_refused(s, 414, 431) and any(len(h) > 16000 or h.count(b"\n") > 400 for h in heads)


@difference("method-token")
def _(s):
    """Also where what is left of a body and the probe make such a method."""
    return (s.mismatch.aspect in ("answers", "status", "connection") and not s.ours.open
            and [a.status for a in s.ours.answers]
            == [a.status for a in s.model.answers][:len(s.ours.answers) - 1] + [400]
            and re.search(rb"(?m)^[!-~]*[^A-Z_\s-][!-~]* \S+ HTTP/",
                          s.case.sent() + PROBE) is not None)


@difference("fold")
def _(s):
    return is_refused(s, 400, model=(200, 307, 400, 417, 501)) and wire.has_fold(s.case.sent())


@difference("authority-syntax")
def _(s):
    """The authority of the target, or a CONNECT's, is not one by RFC 3986."""
    return (is_refused(s, 400, model=(200, 307, 404, 405))
            and re.search(rb"^(?:[^ ]+ [^ /?]*//|CONNECT )(?:[^ /?]*@)?(?!" + _HOST_PORT + rb"[ /?])",
                          s.case.sent()) is not None)


@difference("host-syntax")
def _(s):
    return (is_refused(s, 400, model=(200, 307, 404, 405))
            and any(not re.fullmatch(_HOST_PORT, value)
                    for value in wire.values(s.case.sent(), b"Host")))


@difference("precedence")
def _(s):
    sent = s.case.sent()
    if is_refused(s, 505, model=(400,)):
        return re.search(rb" HTTP/(?!1\.)\d\.\d\r?\n", sent) is not None
    if is_refused(s, 501, model=(400,)):
        return any(b"," in value for value in wire.values(sent, b"Transfer-Encoding"))
    return (is_refused(s, 400, model=(417,)) and re.match(rb"[^ ]+ \* ", sent) is not None
            and bool(wire.values(sent, b"Expect")))


@difference("asterisk-in-1-0")
def _(s):
    return (s.mismatch.aspect in ("answers", "connection") and not s.ours.open
            and [a.status for a in s.ours.answers] == [400]
            and [a.status for a in s.model.answers[:1]] == [400]
            and re.match(rb"[^ ]+ \* HTTP/1\.0\r?\n", s.case.sent()) is not None)


@difference("connect")
def _(s):
    return (wire.method_of(s.case.sent()) == b"CONNECT" and s.mismatch.aspect == "status"
            and s.mismatch.model in (200, 307) and s.mismatch.ours == 405)


@difference("connect-without-host")
def _(s):
    sent = s.case.sent()
    return (wire.method_of(sent) == b"CONNECT" and not wire.values(sent, b"Host")
            and is_refused(s, 400, model=(404,)))


# ---- Persistence ----


@difference("words-in-connection")
def _(s):
    sent = s.case.sent()
    if not stays_open(s) and not (is_closed(s) and wire.is_1_0(sent)):
        return False
    word = rb"close" if s.ours.open else rb"keep-alive"
    return any(re.search(rb"\b" + word + rb"[ \t]+[^, \t]|[^, \t][ \t]+" + word + rb"\b", value)
               for value in wire.values(sent, b"Connection"))


@difference("keep-alive-and-close")
def _(s):
    tokens = b",".join(wire.values(s.case.sent(), b"Connection")).lower().replace(b" ", b"")
    return (is_closed(s) and wire.is_1_0(s.case.sent())
            and {b"keep-alive", b"close"} <= set(tokens.split(b",")))


@difference("second-connection-field")
def _(s):
    fields = wire.values(s.case.sent(), b"Connection")
    return (stays_open(s) and len(fields) > 1
            and wire.is_1_0(s.case.sent()) and b"keep-alive" in fields[1:])


@difference("no-needless-continue")
def _(s):
    sent = s.case.sent()
    return (bool(wire.values(sent, b"Expect")) and s.mismatch.aspect in ("answers", "status")
            and [a.status for a in s.model.answers] == [100, 200]
            and [a.status for a in s.ours.answers] == [200] and s.ours.open == s.model.open)
