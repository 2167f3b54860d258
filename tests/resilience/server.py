# SPDX-License-Identifier: MIT
"""hellod and an ordinary program on libmicrohttpd as targets, and what the kernel says of them."""
import os
import pathlib
import re
import resource
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from daemon import Daemon, PATIENCE, clean_environment  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


class Target(Daemon):
    """A server under attack."""
    name = "hellod"
    # Of the attack, where that is a matter of numbers.
    share = float(os.environ.get("RESILIENCE_SHARE", 1))
    patience = PATIENCE  # for what it need not do at once

    def __init__(self, *arguments, **popen):
        super().__init__(*arguments, **popen)
        self.watch()

    def watch(self):
        """Take note of how it is before the attack."""
        self.idle_files = self.files()
        self.watched_since = time.monotonic(), self.cpu_seconds()

    @property
    def proc(self):
        return pathlib.Path(f"/proc/{self.process.pid}")

    def files(self):
        """How many descriptors are open."""
        return len(os.listdir(self.proc / "fd"))

    def connections(self):
        """How many descriptors there are beyond those of the start."""
        return self.files() - self.idle_files

    def status(self, name):
        return int(re.search(rf"^{name}:\s+(\d+)", (self.proc / "status").read_text(), re.M)[1])

    def resident_kb(self):
        return self.status("VmRSS")

    def threads(self):
        return self.status("Threads")

    def cpu_seconds(self):
        fields = (self.proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def kernel_bytes(self):
        """What the kernel holds in the server's sockets; the attackers' are their own business."""
        done = subprocess.run(["ss", "-tnmH", f"sport = :{self.port}"], capture_output=True,
                              text=True, check=True, timeout=PATIENCE)
        return sum(int(amount) for memory in re.findall(r"skmem:\((.*?)\)", done.stdout)
                   for amount in re.findall(r"\b(?:r|f|w|o|bl)(\d+)", memory))

    def limit_files(self, limit=None):
        """Set the soft limit of the running process: by default, so that no other file can be
        opened. Returns what it was."""
        if limit is None:
            limit = max(map(int, os.listdir(self.proc / "fd"))) + 1
        before, hard = resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (limit, hard))
        return before

    def cpu_percent(self):
        """Of one CPU, since the start or the last call."""
        (then, before), self.watched_since = (self.watched_since,
                                              (time.monotonic(), self.cpu_seconds()))
        return 100 * (self.watched_since[1] - before) / (self.watched_since[0] - then)

    def left(self, connections=0):
        """How many more descriptors than that stay open, although their clients have gone."""
        deadline = time.monotonic() + self.patience
        while self.connections() > connections and time.monotonic() < deadline:
            time.sleep(0.01)
        return max(0, self.connections() - connections)


class Plain(Target):
    """The program that is no better than its libmicrohttpd. It takes the number of threads and of
    connections, and is as silent as can be."""
    name = "plain"
    share = 0.1 * Target.share
    patience = 2

    @staticmethod
    def build():
        subprocess.run(["ninja", "-C", os.environ["BUILD"], os.environ["PLAIN_MHD"]], check=True,
                       stdout=subprocess.DEVNULL)

    def __init__(self, *arguments, **popen):
        program = pathlib.Path(os.environ["BUILD"], os.environ["PLAIN_MHD"])
        self.process = subprocess.Popen([program, "0", *arguments],
                                        stderr=subprocess.PIPE, text=True, **popen)
        ready = self.process.stderr.readline()
        self.host, self.port = re.fullmatch(r"plain_mhd: listening on http://(.*):(\d+)\n",
                                            ready).groups()
        self.port = int(self.port)
        self.watch()
