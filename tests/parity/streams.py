#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Send streams of pipelined requests, damaged by chance, to hellod. llhttp in its strict mode and
nginx read them, too. hellod must not find more requests than these, nor other ones, except behind a
head that doc/behaviour.md lists for nginx. Exit status: 0 when that holds for every stream, else
1."""
import argparse
import asyncio
import contextlib
import os
import random
import sys

import llhttp
import messages
import nginx
import servers
from answers import NotHttp, read_all
from cases import shorten
from generator import shrink
from readers import PREDICATES, Found, Judge

AT_ONCE = 64
SECONDS_EACH = 30.0
MOST_FAILURES = 10
SKIPPED = 77
LAST = b"GET /last HTTP/1.1\r\nHost: h\r\n\r\n"

# What a mutation puts in. Most of these mean something to a parser.
_PIECES = (b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b":", b";", b",", b"0", b"1", b"f",
           b"\0", b"\x0b", b"\x7f", b"\xff", b"%", b"/", b"?", b"#", b"*", b"+", b"-", b"_", b"a", b"A",
           b"HTTP/1.1", b"HTTP/1.0", b"GET ", b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n", b"0\r\n\r\n",
           b"Content-Length: 3\r\n", b"content-length:0\r\n", b"Transfer-Encoding: chunked\r\n",
           b"transfer-encoding:\tchunked\r\n", b"chunked", b"identity, ", b"Host: h\r\n", b"X: ",
           b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Expect: 100-continue\r\n")


class _Maker(messages.Maker):
    """Each request has a target of its own. Most are good until they are mutated."""
    bending = 0.2
    methods = (b"GET", b"POST", b"POST", b"PUT", b"HEAD", b"BREW")
    versions = (b"HTTP/1.1",) * 14 + (b"HTTP/1.0", b"HTTP/1.2")
    hosts = (b" h", b"h", b" h:80")
    codings = (b" chunked",)
    number = 0

    def target(self):
        self.number += 1
        return b"/%d" % self.number


def _mutate(chance, data):
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((1, 1, 1, 2, 3, 8, 40)))
    kind = chance.randrange(5)
    if kind == 0:
        return data[:at] + data[end:]
    if kind == 1:
        return data[:at] + data[at:end] + data[at:]
    if kind == 2:
        return data[:at] + bytes([chance.randrange(256)]) + data[at + 1:]
    return data[:at] + chance.choice(_PIECES) + data[at if kind == 3 else end:]


def make_stream(seed, index):
    """The same for the same seed and index."""
    chance = random.Random(f"{seed}/stream/{index}")
    maker = _Maker(chance)
    data = b"".join(maker.request() for _ in range(chance.randint(1, 5))) + LAST
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        data = _mutate(chance, data)
    return data


def _found_in(answer):
    """What the answer shows of its request; None if it is a refusal."""
    if answer.status >= 400 and answer.status not in (404, 405):
        return None
    method, _, path = (answer.body or b"").removesuffix(b"\n").partition(b" ")
    return Found(method, path) if answer.status == 200 and path else Found(None, None)


async def _talk(port, stream):
    """All that hellod answers to a stream; its client then ends its side."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = b""
    with contextlib.suppress(OSError):
        writer.write(stream)
        writer.write_eof()
        while piece := await reader.read(1 << 16):
            data += piece
    writer.close()
    return data


class Run:
    def __init__(self, arguments):
        self.arguments = arguments
        self.failures = []
        self.found = {"hellod": 0}  # how many requests, by reader

    async def disagreement(self, stream):
        data = await asyncio.wait_for(_talk(self.port, stream), SECONDS_EACH)
        try:
            answers = [a for a in read_all(data, ended=True)[0] if a.status >= 200]
        except NotHttp as error:
            return f"this is no answer: {error}"
        found = [request for request in map(_found_in, answers) if request]
        self.found["hellod"] += len(found)
        goes_on = bool(answers) and answers[-1].keeps_open()
        for reader, judge in self.readers:
            reading = await reader.read(stream)
            self.found[reader.name] = self.found.get(reader.name, 0) + len(reading.requests)
            wrong = judge.disagreement(stream, found, goes_on, reading)
            if wrong:
                return f"{reader.name}: {wrong}"
        return None

    async def failure(self, index, stream):
        smallest = await shrink(self.disagreement, stream, most=200)
        return f"FAILED stream {index}: {shorten(smallest)}\n  {await self.disagreement(smallest)}"

    async def work(self, indexes):
        for index in indexes:
            stream = make_stream(self.arguments.seed, index)
            if await self.disagreement(stream):
                self.failures.append(await self.failure(index, stream))
            if len(self.failures) >= MOST_FAILURES:
                return

    async def run(self, port):
        self.port = port
        self.readers = [(await llhttp.Llhttp().start(), Judge([])),
                        (await nginx.Nginx().start(), Judge(list(PREDICATES)))]
        indexes = iter(range(self.arguments.streams))
        try:
            await asyncio.gather(*(self.work(indexes) for _ in range(AT_ONCE)))
        finally:
            for reader, _ in self.readers:
                await reader.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hellod", required=True, help="the daemon")
    parser.add_argument("--seed", default="1", help="other streams with another one")
    parser.add_argument("--streams", type=int, default=20000, help="how many")
    arguments = parser.parse_args()
    if not llhttp.Llhttp.is_there() or not nginx.Nginx.is_there():
        print("llhttp or nginx is not installed: run script/bootstrap parity")
        return 1 if os.environ.get("CI") else SKIPPED
    print(f"{arguments.streams} streams, --seed {arguments.seed}")
    ours = servers.start_hellod(arguments.hellod, "--greeting", "{method} {path}")
    run = Run(arguments)
    try:
        asyncio.run(run.run(ours.port))
    finally:
        ended = ours.stop()
    print("requests found:", ", ".join(f"{count} by {name}" for name, count in run.found.items()))
    print("\n".join(run.failures + [f"{len(run.failures)} failures"]))
    if ended != 0:
        print(f"FAILED: hellod exited with {ended} on SIGTERM")
    return 1 if run.failures or ended else 0


if __name__ == "__main__":
    sys.exit(main())
