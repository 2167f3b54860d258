# SPDX-License-Identifier: MIT
"""wrk against one server, and what it cost the server."""
import os
import re
import subprocess

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wrk.lua")


class Wrong(Exception):
    """A server that answers wrongly has no figure."""


def wrk(server, cpus, connections, seconds, left_out=0, checks=False, closes=False):
    """One run: the numbers of wrk.lua's line."""
    command = ["taskset", "-c", cpus, "wrk", "--threads", "1", "--connections",
               str(connections), "--duration", f"{seconds}s", "--timeout", "20s",
               "--script", SCRIPT, f"http://127.0.0.1:{server.port}/", "--",
               str(left_out), str(int(checks)), str(int(closes)), *server.schedstats()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120)
    match = re.search(r"^RESULT (.*)$", done.stdout, re.M)
    if not match:
        raise Wrong(f"{server.peer.name}: wrk said {done.stdout}{done.stderr}")
    result = {key: int(value) for key, value in (pair.split("=") for pair in match[1].split())}
    if result["failed"] or result["timeouts"] or result["wrong"] or result["requests"] == 0:
        raise Wrong(f"{server.peer.name}: {match[1]}")
    return result


def measure(server, cpus, connections, seconds, closes=False):
    """A run with every body checked, which warms up, then one that is measured, in which every
    answer has the length that those had."""
    opening = connections // 1500  # seconds for wrk to open them, on a machine that is busy
    checked = wrk(server, cpus, connections, 1 + opening, checks=True, closes=closes)
    if checked["right"] == 0:
        raise Wrong(f"{server.peer.name}: no body was checked")
    left_out = 1 if closes else max(2 * connections, 500)
    result = wrk(server, cpus, connections, seconds + opening, left_out, closes=closes)
    length = round(checked["bytes"] / checked["requests"])
    if abs(result["bytes"] - length * result["requests"]) > length * connections:
        raise Wrong(f"{server.peer.name}: answers of {length} bytes do not add up to {result}")
    counted = result["requests"] - left_out
    if counted < 1 or result["cpu_before"] == 0:
        raise Wrong(f"{server.peer.name}: too few requests: {result}")
    return {
        "cpu": (server.cpu_time() - result["cpu_before"]) / 1000 / counted,
        "rate": result["requests"] / result["duration"] * 1e6,
        "p50": result["p50"], "p99": result["p99"], "p999": result["p999"],
        "memory": server.memory("VmHWM"),
    }
