# SPDX-License-Identifier: MIT
"""slowhttptest, which others attack servers with: it knows nothing of hellod."""
import math
import subprocess
import time

from attack import Attack, most

CLIENTS = 300
TEST_SECONDS = 12
FEW = 8  # connections of the healthy client's, and of the tool's probe


def is_reached(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def slowhttptest(*options, path="/abc"):
    """An attack by a process of its own. What counts is what the server is rid of: to the tool, a
    connection that is reset while it does not read is still one."""
    def steps(server):
        clients = int(CLIENTS * server.share)
        command = ["slowhttptest", *options, "-u", server.url(path), "-c", str(clients), "-r", str(clients),
                   "-i", "2", "-l", str(TEST_SECONDS), "-p", "3"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as tool:
            try:
                is_reached(lambda: server.connections() >= clients, 5)
                began = time.monotonic()
                height = server.connections()
                yield
                is_gone = is_reached(lambda: server.connections() <= FEW, TEST_SECONDS - 2)
                gone_s = time.monotonic() - began if is_gone else math.inf
                said, _ = tool.communicate(timeout=2 * TEST_SECONDS)
            finally:
                tool.kill()
        return {"missing": max(0, clients - height), "gone_s": gone_s, "refused_probes": said.count("NO\n")}
    return steps


BOUNDS = {"missing": most(0), "gone_s": most(5.5), "refused_probes": most(0)}
LONG = "/" + "a" * 7000  # its answers are more than the tool's window takes

ATTACKS = [
    Attack("tool-slow-head", f"slowhttptest: {CLIENTS} slow heads", slowhttptest("-H"),
           flags=("--header-timeout", "5s"), bounds=BOUNDS, bites=("gone_s",)),
    Attack("tool-slow-body", f"slowhttptest: {CLIENTS} slow bodies", slowhttptest("-B"),
           flags=("--body-timeout", "5s"), bounds=BOUNDS, bites=("gone_s",)),
    Attack("tool-slow-read", f"slowhttptest: {CLIENTS} slow readers of pipelined answers",
           slowhttptest("-X", "-k", "10", "-w", "10", "-y", "20", "-z", "5", "-n", "2", path=LONG),
           flags=("--reply-timeout", "5s"), bounds=BOUNDS | {"gone_s": most(6)}, bites=("gone_s",)),
]
AT_ONCE = 2
