# SPDX-License-Identifier: MIT
"""Load against one server, and what it cost the server: wrk, or bench/steady at a constant rate."""
import os
import re
import subprocess

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wrk.lua")
WARM_UP = 1000  # requests

_lengths = {}  # of a checked answer, by peer and whether it closes


class Wrong(Exception):
    """A server that answers wrongly has no figure."""


def wrk(server, cpus, connections, seconds, left_out=0, checks=False, closes=False):
    """One run: the numbers of wrk.lua's line."""
    command = ["taskset", "-c", cpus, "wrk", "--threads", "1", "--connections",
               str(connections), "--duration", f"{seconds}s", "--timeout", "20s",
               "--script", SCRIPT, f"http://127.0.0.1:{server.port}/", "--",
               str(left_out), server.peer.body if checks else "", str(int(closes)),
               *server.schedstats()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120)
    match = re.search(r"^RESULT (.*)$", done.stdout, re.M)
    if not match:
        raise Wrong(f"{server.peer.name}: wrk said {done.stdout}{done.stderr}")
    result = {key: int(value) for key, value in (pair.split("=") for pair in match[1].split())}
    if result["failed"] or result["timeouts"] or result["wrong"] or result["requests"] == 0:
        raise Wrong(f"{server.peer.name}: {match[1]}")
    return result


def length_of_answer(server, cpus, closes):
    """Of an answer, after a run with every body checked: once for each peer."""
    key = server.peer.name, closes
    if key not in _lengths:
        checked = wrk(server, cpus, 64, 1, checks=True, closes=closes)
        if checked["right"] == 0:
            raise Wrong(f"{server.peer.name}: no body was checked")
        _lengths[key] = round(checked["bytes"] / checked["requests"])
    return _lengths[key]


def measure(server, cpus, connections, seconds, closes=False):
    """A run in which the answers have the length of those that were checked."""
    length = length_of_answer(server, cpus, closes)
    opening = connections // 5000  # seconds for wrk to open them
    left_out = max(2 * connections, WARM_UP)
    result = wrk(server, cpus, connections, seconds + opening, left_out, closes=closes)
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


def steady(program, server, cpus, connections, seconds, *rate):
    """The numbers that bench/steady prints."""
    command = ["taskset", "-c", cpus, program, server.port, connections, int(seconds * 1000), *rate]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=seconds + 60)
    if done.returncode != 0:
        raise Wrong(f"{server.peer.name}: {done.stderr}")
    return [float(word) for word in done.stdout.split()]


def saturation(program, server, cpus, connections, seconds):
    """The requests that one second of the server's CPU time answers, if no connection pauses. That
    is the rate at which the CPU is full, also where the client takes longer than the server."""
    before = server.cpu_time()
    answers, = steady(program, server, cpus, connections, seconds)
    return {"saturation": answers / (server.cpu_time() - before) * 1e9}


def latency(program, server, cpus, connections, seconds, rate):
    """At a constant rate, each from the time when its request was due."""
    p50, p99, p999 = steady(program, server, cpus, connections, seconds, round(rate))
    return {"offered": rate, "p50": p50, "p99": p99, "p999": p999}
