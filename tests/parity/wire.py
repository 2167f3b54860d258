# SPDX-License-Identifier: MIT
"""What a case sends, as far as predicates ask about it. Lenient where a case is malformed."""
import re

from exchange import PROBE
from cases import SHUT

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[ \t]*" + _TOKEN + rb"(?:[ \t]*=[ \t]*(?:"
                   + _TOKEN + rb"|" + _QUOTED + rb"))?)*\r\n")
_TRAILER = re.compile(rb"(?!(?i:Content-Length|Transfer-Encoding|Trailer):)"
                      + _TOKEN + rb":[\t -~\x80-\xff]*\r\n")
# The model reads lines of chunk sizes, and trailers, up to this length.
MODEL_LINE = 4096


def heads_of(sent):
    """What may be heads: all that empty lines separate."""
    return _HEAD_END.split(sent)


def values(sent, name):
    """The values of a field in all heads of a case, with their folds joined."""
    pattern = rb"(?im)^" + re.escape(name) + rb"[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)"
    return [_FOLD.sub(b" ", value).strip(b" \t") for value in re.findall(pattern, sent)]


def has_fold(sent):
    """Whether a field line goes on in a line that starts with white space."""
    return re.search(rb":[^\n]*\n[ \t]", sent) is not None


def is_1_0(sent):
    return re.search(rb" HTTP/1\.0\r?\n", sent) is not None


def method_of(sent):
    return sent.split(b" ", 1)[0]


def is_chunked(sent):
    return any(b"chunked" in value.lower() for value in values(sent, b"Transfer-Encoding"))


def _body(case, framing):
    """What follows the first head with a field, with the probe where that would become a part."""
    sent = case.sent()
    start = sent.lower().find(framing + b":")
    end = _HEAD_END.search(sent, start)
    body = sent[end.end():] if end else b""
    return body if SHUT in case.steps else body + PROBE


def awaits_body(case):
    """Whether the first body is not there in whole, and may still come."""
    if SHUT in case.steps:
        return False
    if is_chunked(case.sent()):
        return read_chunks(case) == "awaited"
    lengths = values(case.sent(), b"Content-Length")
    return bool(lengths) and len(_body(case, b"content-length")) < int(lengths[0])


def read_chunks(case):
    """"good", or which part of a chunked body is bad: "chunks" or "trailer"; "long" for lines
    that are good and longer than the model reads; when it is not there in whole, "cut" by the end
    of the connection or "awaited"."""
    body, at, longest = _body(case, b"transfer-encoding"), 0, 0
    while True:
        line = _LINE.match(body, at)
        if not line:
            return "cut" if b"\n" not in body[at:] and SHUT in case.steps else "chunks"
        longest = max(longest, len(line[0]))
        size, at = int(line[1], 16), line.end()
        if size == 0:
            break
        if len(body) < at + size + 2:
            return "cut" if SHUT in case.steps else "awaited"
        if body[at + size:at + size + 2] != b"\r\n":
            return "chunks"
        at += size + 2
    first = at
    while line := _TRAILER.match(body, at):
        at = line.end()
    longest = max(longest, at - first)
    if not body[at:].startswith(b"\r\n"):
        return "cut" if SHUT in case.steps and not body[at:] else "trailer"
    return "long" if longest > MODEL_LINE else "good"
