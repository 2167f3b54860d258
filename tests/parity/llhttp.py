# SPDX-License-Identifier: MIT
"""llhttp in its strict mode, as a process of Node that reads one stream after the other."""
import asyncio
import collections
import json
import pathlib
import shutil

from readers import Found, Reading, path_of

HERE = pathlib.Path(__file__).parent
LINE_ROOM = 1 << 26


def _reading(found):
    requests = [Found(request["method"] and request["method"].encode("latin-1"),
                      path_of(request["target"].encode("latin-1"))) for request in found["requests"]]
    return Reading(requests, found["state"], found["stopped"], found["line"].encode("latin-1"))


class Llhttp:
    name = "llhttp"

    @staticmethod
    def is_there():
        """script/bootstrap parity installs it."""
        return shutil.which("node") is not None and (HERE / "node_modules" / "undici").is_dir()

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            "node", HERE / "llhttp.js", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, limit=LINE_ROOM)
        self.waiting = collections.deque()
        self.task = asyncio.create_task(self._receive())
        return self

    async def _receive(self):
        """The answers come in the order of the questions."""
        while line := await self.process.stdout.readline():
            self.waiting.popleft().set_result(json.loads(line))
        for future in self.waiting:
            future.set_exception(RuntimeError("node has ended"))

    async def read(self, stream):
        future = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        self.process.stdin.write(stream.hex().encode() + b"\n")
        await self.process.stdin.drain()
        return _reading(await future)

    async def stop(self):
        self.process.stdin.close()
        await self.process.wait()
        await self.task
