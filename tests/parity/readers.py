# SPDX-License-Identifier: MIT
"""Another reader of what hellod is sent: llhttp in its strict mode. hellod must not find a request
where llhttp finds a part of a body, or the other way round. In a body, hellod must refuse what
llhttp refuses, except in a chunk extension."""
import json
import pathlib
import re
import shutil
import subprocess
import urllib.parse
from dataclasses import dataclass

from cases import SHUT
from exchange import PROBE

HERE = pathlib.Path(__file__).parent
PROBE_PATH = b"/is-it-still-open"

# llhttp refuses white space and empty or unusual names in an extension, which is no part of a body.
_EXTENSION = re.compile(rb"\r\n\r\n(.*\n)?[0-9a-fA-F]+[ \t]*;", re.DOTALL)


@dataclass(frozen=True)
class Reading:
    targets: list  # of the requests that are there in whole
    where: str  # what it stands in behind them: "between" requests, a "head" or a "body"
    stopped: bool  # it has refused what follows

    def __str__(self):
        words = "stopped in" if self.stopped else "is in"
        return f"  {self.targets} and then {words} {self.where}"


def path_of(target):
    """The decoded path of a request-target, if that is easily told; else None."""
    path = target.split(b"?")[0]
    return urllib.parse.unquote_to_bytes(path) if path.startswith(b"/") else None


def found_by(outcome):
    """The paths of the requests that hellod has found, the probe included; None for those that
    its answer does not show."""
    paths = []
    for answer in outcome.answers:
        if 200 <= answer.status < 400 or answer.status in (404, 405):
            shown = re.fullmatch(rb"Hello, you've requested: (.*)\n", answer.body or b"", re.DOTALL)
            paths.append(shown[1] if shown else None)
    return paths + [PROBE_PATH] * outcome.probed


def disagreement(case, outcome, reading):
    """What hellod has found where this reader has not, as a sentence; None when all is well."""
    paths, targets = found_by(outcome), reading.targets
    for index, (path, target) in enumerate(zip(paths, targets)):
        theirs = path_of(target)
        if path is not None and theirs is not None and path != theirs:
            return f"request {index + 1} is {path!r} to hellod and {theirs!r} to it"
    if len(paths) < len(targets) and outcome.open:
        return f"it finds {len(targets)} requests, hellod {len(paths)}, and stays open"
    if len(paths) <= len(targets):
        return None
    # hellod may answer and close without reading a body.
    if len(paths) == len(targets) + 1 and not outcome.open and reading.where == "body":
        return None
    if not reading.stopped:
        return f"hellod finds {len(paths)} requests, it {len(targets)} and waits in a {reading.where}"
    if reading.where == "body" and not _EXTENSION.search(case.sent()):
        return f"hellod finds {len(paths)} requests, it refuses a body behind {len(targets)}"
    return None


def stream_of(case):
    """What hellod was sent, with the probe."""
    return case.sent() + (b"" if SHUT in case.steps else PROBE)


class Llhttp:
    name = "llhttp"

    @staticmethod
    def is_there():
        """script/bootstrap parity installs it."""
        return shutil.which("node") is not None and (HERE / "node_modules" / "undici").is_dir()

    def __init__(self):
        self.process = subprocess.Popen(["node", HERE / "llhttp.js"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    async def read(self, case):
        self.process.stdin.write(stream_of(case).hex().encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        found = json.loads(line)
        targets = [request["target"].encode("latin-1") for request in found["requests"]]
        return Reading(targets, found["state"], found["stopped"])

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()
