# SPDX-License-Identifier: MIT
"""One case, sent to one server over a socket of its own.

That nothing more comes can only be told by waiting. To be independent of how long that takes,
a probe, a request with a path of its own, is sent to a connection that has gone quiet: what
comes before its answer belongs to the case, and its answer shows that the connection is open.
"""
import asyncio
import contextlib
from dataclasses import dataclass

from answers import NotHttp, read_all
from cases import SHUT, THEN

PROBE = b"GET /is-it-still-open HTTP/1.1\r\nHost: probe\r\n\r\n"
PROBE_BODY = b"Hello, you've requested: /is-it-still-open\n"

# A probe that is not answered in that time has become part of an unfinished request.
PROBE_SECONDS = 1.0
# How long a server may take over a whole case.
CASE_SECONDS = 30.0


@dataclass
class Outcome:
    answers: list
    open: bool
    broken: str | None = None  # what was received and is no answer
    probed: bool = False  # the probe was answered, as a request of its own

    def __str__(self):
        lines = [f"  {answer}" for answer in self.answers[:12]]
        if len(self.answers) > 12:
            lines.append(f"  ... {len(self.answers)} answers")
        if self.broken:
            lines.append(f"  broken: {self.broken}")
        return "\n".join(lines + ["  open" if self.open else "  closed"])


class Connection:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.data = bytearray()
        self.ended = False
        self.news = asyncio.Event()
        self.task = asyncio.create_task(self._receive())

    async def _receive(self):
        try:
            while data := await self.reader.read(65536):
                self.data += data
                self.news.set()
        except OSError:
            pass
        self.ended = True
        self.news.set()

    async def until(self, done, seconds):
        """Wait until done() holds; not longer than it is quiet for that time."""
        while not self.ended and not done():
            self.news.clear()
            try:
                await asyncio.wait_for(self.news.wait(), seconds)
            except asyncio.TimeoutError:
                return

    async def send(self, data):
        """Send as much as the server takes: it may have answered and closed."""
        if self.ended or self.writer.transport.is_closing():
            return
        try:
            self.writer.write(data)
            drain = asyncio.create_task(self.writer.drain())
            while not drain.done() and not self.ended:
                self.news.clear()
                news = asyncio.create_task(self.news.wait())
                await asyncio.wait({drain, news}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
            if not drain.done():
                drain.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await drain
        except OSError:
            pass

    def shut(self):
        with contextlib.suppress(OSError):
            self.writer.write_eof()

    def count(self):
        try:
            return len(read_all(bytes(self.data), self.ended)[0])
        except NotHttp:
            return 1 << 30

    async def close(self):
        self.task.cancel()
        self.writer.transport.abort()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


async def _play(connection, case, quiet):
    seen = 0
    for step in case.steps:
        if step is THEN:
            await connection.until(lambda: connection.count() > seen, quiet)
            seen = connection.count()
        elif step is SHUT:
            connection.shut()
        elif case.bytewise:
            for byte in step:
                await connection.send(bytes([byte]))
                await asyncio.sleep(0)
        else:
            await connection.send(step)


async def _find_out(connection, case, quiet):
    """Returns whether the connection is open."""
    await connection.until(lambda: False, quiet)
    if connection.ended:
        return False
    if SHUT in case.steps:
        await connection.until(lambda: False, PROBE_SECONDS)
        return not connection.ended
    before = len(connection.data)
    await connection.send(PROBE)
    await connection.until(lambda: connection.data.find(PROBE_BODY, before) >= 0, PROBE_SECONDS)
    return not connection.ended


async def _observe(port, case, quiet):
    connection = Connection(*await asyncio.open_connection("127.0.0.1", port))
    try:
        await _play(connection, case, quiet)
        is_open = await _find_out(connection, case, quiet)
        data = bytes(connection.data)
    finally:
        await connection.close()
    try:
        answers, _ = read_all(data, ended=True)
    except NotHttp as error:
        return Outcome([], is_open, f"{error}; in all {data[:300]!r}")
    probed = is_open and bool(answers) and answers[-1].body == PROBE_BODY
    if probed:
        answers.pop()
    return Outcome(answers, is_open, probed=probed)


async def observe(port, case, quiet):
    try:
        return await asyncio.wait_for(_observe(port, case, quiet), CASE_SECONDS)
    except asyncio.TimeoutError:
        return Outcome([], True, f"no end within {CASE_SECONDS} s")
