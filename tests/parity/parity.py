#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Send the same bytes to hellod and to its model, and compare what comes back.

Differences are allowed by the table in doc/behaviour.md, and by nothing else. Exit status: 0
when every difference is in the table and every row of the table has been seen, else 1.
"""
import argparse
import asyncio
import dataclasses
import itertools
import os
import pathlib
import re
import sys
import time

import allowed  # noqa: F401  (these two fill differences.PREDICATES)
import unpatched  # noqa: F401
import cases
import exchange
import generator
import llhttp
import messages
import nginx
import readers
import servers
from compare import HARD, compare
from differences import Table

HERE = pathlib.Path(__file__).parent
AT_ONCE = 48
# How long a connection has to be quiet before it is probed; longer when a case is tried again.
QUIET_SECONDS = (0.1, 0.4, 1.5)
FAILURES_SHOWN = 20
# The table is for this release of Go and for later ones. Those before answer differently.
OLDEST_MODEL = 26
SKIPPED = 77


class Run:
    def __init__(self, arguments, model, ours):
        self.arguments, self.model, self.ours = arguments, model, ours
        self.table = Table(arguments.behaviour, arguments.unpatched)
        self.failures = []
        self.readers = []
        self.judge = readers.Judge(self.table.readers)

    def fail(self, case, model, ours, mismatches, note=""):
        lines = [f"FAILED {case.name}{note}", f" sent: {case.script()}",
                 f" model:\n{model}", f" hellod:\n{ours}"]
        self.failures.append("\n".join(lines + [f"  differs: {m}" for m in mismatches]))

    def unexplained(self, case, model, ours):
        """The mismatches that the table does not allow."""
        return self.table.explain(case, model, ours, compare(model, ours))

    async def try_case(self, case, judge):
        """Outcomes, and what a judge of them has against them; repeated more patiently while that
        is something, since what is slow looks like what does not come."""
        for quiet in QUIET_SECONDS:
            model, ours = await asyncio.gather(
                exchange.observe(self.model.port, case, quiet),
                exchange.observe(self.ours.port, case, quiet))
            left = judge(case, model, ours)
            if not left:
                break
        return model, ours, left

    async def read_too(self, case, ours):
        """What other readers find in a case must not differ from what ours has found."""
        stream, found = readers.stream_of(case), readers.found_by(ours)
        for reader in self.readers:
            reading = await reader.read(stream)
            wrong = self.judge.disagreement(stream, found, ours.open, reading)
            if wrong:
                self.failures.append(f"FAILED {case.name}\n sent: {case.script()}\n {reader.name}:\n"
                                     f"{reading}\n hellod:\n{ours}\n  {wrong}")

    async def start_readers(self):
        for kind in (llhttp.Llhttp, nginx.Nginx):
            if kind.is_there():
                self.readers.append(await kind().start())
                continue
            print(f"{kind.name} is not installed and not compared: run script/bootstrap parity")
            if os.environ.get("CI"):
                self.failures.append(f"FAILED: without {kind.name}")

    async def stop_readers(self):
        for reader in self.readers:
            await reader.stop()

    # ---- Fixed cases ----

    async def run_cases(self):
        limit = asyncio.Semaphore(AT_ONCE)
        hard = 0

        async def run(case):
            nonlocal hard
            async with limit:
                model, ours, left = await self.try_case(case, self.unexplained)
            hard += any(map(messages.matters, compare(model, ours)))
            if left:
                self.fail(case, model, ours, left)
            await self.read_too(case, ours)

        chosen = [c for c in cases.read_all(HERE / "cases") if self.arguments.only in c.name]
        categories = {c.name.split("/")[0] for c in chosen}
        await asyncio.gather(*map(run, chosen))
        print(f"{len(chosen)} cases in {len(categories)} categories: "
              f"{len(chosen) - hard} agree in {', '.join(HARD)}")

    # ---- Generated targets ----

    async def differs(self, method, target):
        pair = generator.Pair(self.model.port, self.ours.port)
        try:
            case, model, ours = await pair.ask("shrinking", method, target)
        finally:
            pair.close()
        return self.unexplained(case, model, ours)

    async def show_generated(self, index, method, target):
        if method != "GET" and await self.differs("GET", target):
            method = "GET"
        target = await generator.shrink(lambda smaller: self.differs(method, smaller), target)
        pair = generator.Pair(self.model.port, self.ours.port)
        case, model, ours = await pair.ask("shrunk", method, target)
        pair.close()
        left = self.unexplained(case, model, ours)
        self.fail(case, model, ours, left, f" from --seed {self.arguments.seed}, target {index}")

    async def work(self, indexes):
        pair = generator.Pair(self.model.port, self.ours.port)
        for index in indexes:
            method, target = generator.make_request(self.arguments.seed, index)
            case, model, ours = await pair.ask(f"target {index}", method, target)
            if not self.unexplained(case, model, ours):
                continue
            if len(self.failures) < FAILURES_SHOWN:
                if await self.differs(method, target):
                    await self.show_generated(index, method, target)
                else:
                    self.fail(case, model, ours, compare(model, ours),
                              " (not on a new connection: what came before it matters)")
            pair.close()
        pair.close()

    async def run_generator(self):
        print(f"{self.arguments.targets} targets, --seed {self.arguments.seed}")
        indexes = iter(range(self.arguments.targets))
        await asyncio.gather(*(self.work(indexes) for _ in range(AT_ONCE)))

    # ---- Generated messages ----

    def laxer(self, case, model, ours):
        """What neither the table allows nor is ours being stricter than the model."""
        model, ours = map(messages.without_interim, (model, ours))
        if messages.is_stricter(model, ours):
            return []
        return [m for m in self.unexplained(case, model, ours) if messages.matters(m)]

    async def show_message(self, case):
        def with_data(data):
            return dataclasses.replace(case, steps=(data,) + case.steps[1:])

        async def differs(data):
            return (await self.try_case(with_data(data), self.laxer))[2]

        case = with_data(await generator.shrink(differs, case.steps[0], most=100))
        self.fail(case, *await self.try_case(case, self.laxer), f" from --seed {self.arguments.seed}")

    async def run_messages(self):
        print(f"{self.arguments.messages} messages, --seed {self.arguments.seed}")
        limit = asyncio.Semaphore(AT_ONCE)
        alike = 0

        async def run(index):
            nonlocal alike
            case = messages.make_message(self.arguments.seed, index)
            async with limit:
                model, ours, left = await self.try_case(case, self.laxer)
                alike += not any(map(messages.matters, compare(model, ours)))
                if left and len(self.failures) < FAILURES_SHOWN:
                    await self.show_message(case)
            await self.read_too(case, ours)

        await asyncio.gather(*map(run, range(self.arguments.messages)))
        print(f"  {alike} agree, others are refused by ours")

    # ---- All ----

    async def run(self):
        if not self.arguments.unpatched:
            await self.start_readers()
        try:
            await self.run_all()
        finally:
            await self.stop_readers()

    async def run_all(self):
        began = time.monotonic()
        await self.run_cases()
        print(f"  {time.monotonic() - began:.1f} s")
        if self.arguments.only:
            return
        began = time.monotonic()
        await self.run_generator()
        print(f"  {time.monotonic() - began:.1f} s")
        if not self.arguments.unpatched:
            began = time.monotonic()
            await self.run_messages()
            print(f"  {time.monotonic() - began:.1f} s")
        unseen = self.table.unseen()
        if len(self.readers) == 2:
            unseen += [row for row, times in self.judge.seen.items() if not times]
        for row in unseen:
            self.failures.append(f"FAILED {self.arguments.behaviour}: the difference '{row}' did "
                                 "not occur: take it out of the table")

    def report(self):
        for failure in itertools.islice(self.failures, FAILURES_SHOWN):
            print(failure)
        if self.arguments.verbose:
            for row, times in (self.table.seen | self.judge.seen).items():
                print(f"  {times:6} {row}")
        print(f"{len(self.failures)} failures")
        return 1 if self.failures else 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hellod", required=True, help="the daemon")
    parser.add_argument("--model", required=True, help="the reference program")
    parser.add_argument("--behaviour", required=True, help="doc/behaviour.md")
    parser.add_argument("--unpatched", action="store_true",
                        help="hellod is built with a libmicrohttpd that is not ours")
    parser.add_argument("--seed", help="repeats a run of the generator")
    parser.add_argument("--targets", type=int, default=20000, help="how many it makes")
    parser.add_argument("--messages", type=int, default=3000, help="how many of these it makes")
    parser.add_argument("--only", default="", help="cases with that in their names")
    parser.add_argument("--verbose", action="store_true", help="show how often each row occurred")
    arguments = parser.parse_args()
    arguments.seed = arguments.seed or os.environ.get("PARITY_SEED") or os.urandom(4).hex()
    return arguments


def is_recent(words, behaviour):
    """Whether the table is for the Go that the model is built with."""
    built = re.search(r", go(1\.(\d+)[.\w]*)", words)
    if not built or int(built[2]) < OLDEST_MODEL:
        print(f"the model has to be built with Go 1.{OLDEST_MODEL} or newer: "
              "run script/bootstrap parity")
        return False
    table = pathlib.Path(behaviour).read_text(encoding="utf-8")
    recorded = re.search(r"built with\s+Go\s+(1\.\d+(\.\d+)?)", table)[1]
    if built[1] != recorded:
        print(f"{behaviour} was written with Go {recorded}")
    return True


def main():
    arguments = parse_arguments()
    model = servers.start_model(arguments.model)
    ours = servers.start_hellod(arguments.hellod)
    try:
        print(f"model: {model.words}\n{ours.words}")
        if not is_recent(model.words, arguments.behaviour):
            return 1 if os.environ.get("CI") else SKIPPED
        run = Run(arguments, model, ours)
        asyncio.run(run.run())
        for server in (model, ours):
            if not server.is_alive():
                run.failures.append(f"FAILED: {server.name} ended with {server.process.returncode}")
        status = run.report()
    finally:
        model.stop()
        ended = ours.stop()
        if ended != 0:
            print(f"FAILED: hellod exited with {ended} on SIGTERM")
    return status or (1 if ended else 0)


if __name__ == "__main__":
    sys.exit(main())
