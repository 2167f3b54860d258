# SPDX-License-Identifier: MIT
"""What an attack is, and how it is run."""
import concurrent.futures
import os
import re
import resource
import threading
from dataclasses import dataclass
from typing import Callable

from healthy import Healthy
from server import Plain, Target

SHUTDOWN_SECONDS = 3


@dataclass(frozen=True)
class Bound:
    """What a figure has to be."""
    value: float
    is_most: bool

    def holds(self, figure):
        return figure <= self.value if self.is_most else figure >= self.value

    def __str__(self):
        return f"{'<=' if self.is_most else '>='} {self.value:g}"


def most(value):
    return Bound(value, True)


def least(value):
    return Bound(value, False)


# What holds in every attack, for the client that does nothing wrong and for the server. The time
# is what comes on top of what a client sees at a server that nobody attacks, on the same machine
# in the same seconds: the attackers and others take their share of its CPUs.
ALWAYS = {"answered_percent": least(100), "added_p99_ms": most(100), "leaked": most(0)}


@dataclass(frozen=True)
class Attack:
    """A row of the table. The steps are a generator function: it takes the server, yields once
    when the attack is at its height, and returns its figures."""
    name: str
    what: str
    steps: Callable
    bounds: dict
    flags: tuple = ()
    # Of the other program: its threads and its limit of connections.
    plain: tuple = ("2",)
    # The bounds that the other program breaks, or else the test would show nothing.
    bites: tuple = ()
    # The healthy client: "always"; "kept", it has a connection and makes no new one; "later", it
    # comes when the attack is at its height; "never", where one more client would help the server.
    healthy: str = "always"
    files: int = 0  # the limit of descriptors that the server starts with; 0: ours
    says: str = ""  # what hellod writes to stderr: a pattern

    def is_expected(self, said):
        return re.fullmatch(self.says, said) is not None

    def start(self, kind, *flags):
        if kind is Plain:
            return Plain(*self.plain, preexec_fn=self._limit_files)
        return Target(*self.flags, *flags, preexec_fn=self._limit_files)

    def _limit_files(self):
        if self.files:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.files, self.files))


def _yield_to_others():
    """In reality, attackers compute elsewhere."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


ATTACKERS = concurrent.futures.ThreadPoolExecutor(max_workers=16, initializer=_yield_to_others)


def go_on(steps):
    """Run an attack to its height, or to its end: then its figures."""
    def run():
        try:
            return next(steps)
        except StopIteration as end:
            return end.value
    return ATTACKERS.submit(run).result()


class Watch:
    """A healthy client at the server, and one at a server that nobody attacks."""

    def __init__(self, attack, server, peaceful):
        only_kept = ["only-kept"] if attack.healthy == "kept" else []
        self.clients = [Healthy(server, *only_kept), Healthy(peaceful)]

    def end(self):
        """The figures, and the healthy client's failures."""
        report, usual = (client.report() for client in self.clients)
        return {
            "answered_percent": answered_percent(report),
            "usual_p99_ms": usual["p99_ms"],
            "added_p99_ms": max(0, report["p99_ms"] - usual["p99_ms"]),
        }, report["failures"]


def take_figures(attack, server, peaceful):
    """The figures of an attack, and the healthy client's failures. peaceful: a server that
    nobody attacks."""
    watch = Watch(attack, server, peaceful) if attack.healthy in ("always", "kept") else None
    seen, failures = {}, []
    steps = attack.steps(server)
    try:
        go_on(steps)
        if attack.healthy == "later":
            watch = Watch(attack, server, peaceful)
        figures = go_on(steps)
    finally:
        if watch:
            seen, failures = watch.end()
    figures["leaked"] = server.left()
    return figures | seen, failures


def answered_percent(report):
    return 100 * (1 - report["failed"] / report["sent"])
