# SPDX-License-Identifier: MIT
"""All kinds of clients, good and bad, for a long time: SOAK_SECONDS, ten minutes by default. In
between it gets quiet now and then, and the server is as it was before."""
import concurrent.futures
import itertools
import os
import time

import churn
import crowds
import greedy
import mutations
import slow
from attack import Attack, least, most

SECONDS = int(os.environ.get("SOAK_SECONDS", 600))
ROUND = 10  # seconds, until nobody begins anew
SHARE = 0.02
HEALTHY = 2  # connections of the client that is always there
LIMIT = "3s"
# The heap keeps up to 5 MB of a crowd, and the largest one may come late in a short soak.
MOST_GROWN_KB = 4096 if SECONDS >= 300 else 12288


# What is done at once, each an attack after the other. One that needs the server for itself is in
# none of them.
LINES = (
    [attack.steps for group in (churn, greedy, mutations) for attack in group.ATTACKS],
    [attack.steps for attack in slow.ATTACKS],
    [crowds.idle] + [attack.steps for attack in churn.ATTACKS],
)


def go_on_until(end, server, turns):
    while time.monotonic() < end:
        for _ in next(turns)(server):
            pass


def play(pool, server, lines):
    """One round."""
    end = time.monotonic() + ROUND
    for done in [pool.submit(go_on_until, end, server, turns) for turns in lines]:
        done.result()


class Sample:
    """What a server has when it is quiet."""

    def __init__(self, server):
        server.left(HEALTHY)
        self.resident_kb = server.resident_kb()
        self.files = server.files()
        self.threads = server.threads()


def compare(samples, server):
    """How much more there always is towards the end than there ever was in the first half, in
    which every kind has had its turn: the heap comes and goes with crowds, a leak only comes."""
    early, late = samples[:len(samples) // 2], samples[-len(samples) // 4:]
    least_late = min(sample.resident_kb for sample in late)
    return {"grown_kb": least_late - max(sample.resident_kb for sample in early),
            "more_files": late[-1].files - server.idle_files - HEALTHY,
            "more_threads": late[-1].threads - early[0].threads}


def soak(server):
    server.share = SHARE
    lines = [itertools.cycle(steps) for steps in LINES]
    began = time.monotonic()
    samples = []
    yield
    with concurrent.futures.ThreadPoolExecutor(len(LINES)) as pool:
        while len(samples) < 2 or time.monotonic() < began + SECONDS:
            play(pool, server, lines)
            samples.append(Sample(server))
            print(f"soak: {time.monotonic() - began:.0f} s, {samples[-1].resident_kb} kB, "
                  f"{samples[-1].files} files, {samples[-1].threads} threads", flush=True)
    return {"rounds": len(samples)} | compare(samples, server)


ATTACKS = [
    Attack("soak", f"all kinds of clients, for {SECONDS} s", soak,
           flags=tuple(word for limit in ("header", "body", "reply", "idle")
                       for word in (f"--{limit}-timeout", LIMIT)),
           bounds={"rounds": least(2), "grown_kb": most(MOST_GROWN_KB), "more_files": most(0),
                   "more_threads": most(0)}),
]
