# SPDX-License-Identifier: MIT
"""Request-targets by chance, sent over kept-alive connections, and shrunk when they differ."""
import asyncio
import random

from answers import Incomplete, NotHttp, read_one
from cases import Case
from exchange import Outcome

ANSWER_SECONDS = 20.0

_METHODS = ["GET"] * 16 + ["HEAD", "POST", "OPTIONS", "BREW", "CONNECT"]

# What targets are made of, with weights.
_PIECES = (
    [(p, 12) for p in (b"/", b"a", b"abc")]
    + [(p, 5) for p in (b"//", b"/./", b"/../", b".", b"..", b"/a", b"%41", b"%2e", b"%2F", b"%c3%a9")]
    + [(p, 3) for p in (b"?", b"#", b":", b"@", b"*", b";", b"=", b"&", b"+", b"%00", b"%0d%0a",
                        b"%20", b"%25", b"%3f", b"%23", b"%ff", b"%E4%BD%A0", b"~", b"-", b"_")]
    + [(p, 2) for p in (b"http:", b"http://", b"h:80", b"u:p@h", b"://", b"[::1]", b"[", b"]", b"!",
                        b"$", b"'", b"(", b")", b",", b"\"", b"<", b">", b"\\", b"^", b"`", b"{",
                        b"|", b"}", b"\xc3\xa9", b"\xe4\xbd\xa0", b"\xff", b"1", b"80", b"%zz",
                        b"%", b"%4", b"%%", b"?a=b", b"#a", b"http://h", b"https://h:443/", b"a:b",
                        b"%2e%2e/", b"%2e/", b"%5c", b"%7f", b"%7e", b"%3A", b"%40", b"%26")]
    + [(p, 1) for p in (b"\x00", b"\x01", b"\t", b"\r", b"\x0b", b"\x7f", b" ", b"%25eth0", b"a" * 300,
                        b"/abc" * 50, b"%c3%a9" * 60, b"&" * 30)]
)
_CHOICES = [piece for piece, _ in _PIECES]
_WEIGHTS = [weight for _, weight in _PIECES]


def make_request(seed, index):
    """(method, target); the same for the same seed and index."""
    chance = random.Random(f"{seed}/{index}")
    pieces = chance.choices(_CHOICES, _WEIGHTS, k=chance.randint(0, 3 + chance.randint(0, 9)))
    start = b"/" if chance.random() < 0.8 else b""
    return chance.choice(_METHODS), start + b"".join(pieces)


def make_case(name, method, target):
    head = method.encode() + b" " + target + b" HTTP/1.1\r\nHost: parity\r\n\r\n"
    return Case(name, (head,))


class Client:
    """Sends one request after the other, over one connection as long as it stays open."""

    def __init__(self, port):
        self.port = port
        self.writer = None

    async def ask(self, case, method):
        """The outcome. That a connection is open is believed of its answer, and shows in the
        next one."""
        if not self.writer:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(case.sent())
        try:
            return await asyncio.wait_for(self._read(method == "HEAD"), ANSWER_SECONDS)
        except asyncio.TimeoutError:
            self.close()
            return Outcome([], True, f"no answer within {ANSWER_SECONDS} s")

    async def _read(self, to_head):
        data, ended = b"", False
        while True:
            try:
                answer, end = read_one(data, 0, ended, to_head)
                break
            except Incomplete:
                if ended:
                    self.close()
                    return Outcome([], False, f"cut off: {data!r}" if data else None)
            except NotHttp as error:
                self.close()
                return Outcome([], False, str(error))
            more = await self._receive()
            data, ended = data + more, not more
        rest = data[end:]
        if answer.keeps_open() and not ended:
            broken = f"behind the answer: {rest!r}" if rest else None
            return Outcome([answer], True, broken)
        while not ended:
            more = await self._receive()
            rest, ended = rest + more, not more
        self.close()
        return Outcome([answer], False, f"behind the answer: {rest!r}" if rest else None)

    async def _receive(self):
        try:
            return await self.reader.read(65536)
        except OSError:
            return b""

    def close(self):
        if self.writer:
            self.writer.transport.abort()
        self.writer = None


class Pair:
    """A client of each server."""

    def __init__(self, model_port, our_port):
        self.model, self.ours = Client(model_port), Client(our_port)

    async def ask(self, name, method, target):
        case = make_case(name, method, target)
        outcomes = await asyncio.gather(self.model.ask(case, method), self.ours.ask(case, method))
        return case, *outcomes

    def close(self):
        self.model.close()
        self.ours.close()


def _smaller(data):
    """With a stretch cut out, long stretches first; then with a byte made plain."""
    size = len(data) // 2
    while size > 0:
        for at in range(0, len(data) - size + 1, size):
            yield data[:at] + data[at + size:]
        size //= 2
    for at, byte in enumerate(data):
        if byte not in b"a/":
            yield data[:at] + b"a" + data[at + 1:]


async def shrink(differs, data, most=400):
    """The smallest bytes found that still differ. differs: async, of bytes."""
    tries = 0
    again = True
    while again and tries < most:
        again = False
        for smaller in _smaller(data):
            tries += 1
            if await differs(smaller):
                data, again = smaller, True
                break
            if tries >= most:
                break
    return data
