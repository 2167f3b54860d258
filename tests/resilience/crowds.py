# SPDX-License-Identifier: MIT
"""Many at once: connections that are ready in the same moment, and ten thousand that idle."""
import math
import signal
import time

from attack import Attack, most
from crowd import GET, Crowd, read_answers

READY = (127, 128, 129, 256)
ROUNDS = 20
IDLE = 10_000
BATCH = 100  # of them are made at a time
WATCHED = 5  # seconds, for CPU time
PATIENCE = 3  # after which a round stalls


def slowest_round(server, count):
    """Of some in which that many clients have asked by the time the server looks, in ms."""
    crowd = Crowd(server, count)
    slowest = 0
    for _ in range(ROUNDS):
        server.send_signal(signal.SIGSTOP)
        crowd.send(GET)
        server.send_signal(signal.SIGCONT)
        began = time.monotonic()
        for client in crowd:
            client.settimeout(PATIENCE)
            try:
                read_answers(client, 1)
            except TimeoutError:
                return math.inf
        slowest = max(slowest, time.monotonic() - began)
    crowd.close()
    return 1000 * slowest


def ready_at_once(server):
    yield
    return {f"ms_of_{count}": slowest_round(server, count) for count in READY}


def idle(server):
    """Connections that have been answered and are kept, and what is left of them when they go."""
    count = int(IDLE * server.share)
    before = server.resident_kb()
    crowd = Crowd(server, 0)
    while len(crowd) < count:
        crowd.greet(crowd.add(min(BATCH, count - len(crowd))))
    yield
    server.cpu_percent()
    time.sleep(WATCHED)
    figures = {"cpu_percent": server.cpu_percent(),
               "kb_each": (server.resident_kb() - before) / count}
    crowd.close()
    server.left(2)  # the healthy client's
    figures["kept_kb_each"] = (server.resident_kb() - before) / count
    return figures


IDLES = {"cpu_percent": most(4), "kept_kb_each": most(1), "added_p99_ms": most(10)}
MANY = ("--max-connections", str(IDLE + 100))

ATTACKS = [
    Attack("ready-at-once", "up to 256 connections of one shard are ready at once", ready_at_once,
           flags=("--threads", "1"), plain=("1",),
           bounds={f"ms_of_{count}": most(1000) for count in READY}, bites=("ms_of_128", "ms_of_256"),
           healthy="never"),
    Attack("idle", "10,000 connections are kept, and idle", idle, flags=MANY,
           plain=("2", str(IDLE + 100)), bounds=IDLES | {"kb_each": most(1.5)},
           bites=("kb_each", "kept_kb_each"), healthy="later"),
]
