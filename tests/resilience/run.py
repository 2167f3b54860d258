#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Attack hellod, and an ordinary program on libmicrohttpd for comparison, on the loopback
interface. Every figure of hellod's is within its bound, and those that the table says are out of
bounds for the other program: else the attack would show nothing.

    run.py GROUP...           the attacks of slow.py and the like, and what they measure
    run.py --sigterm GROUP... what SIGTERM does at the height of each
    --only NAME               one attack of them
"""
import argparse
import concurrent.futures
import importlib
import math
import resource
import sys
import time
import traceback

from attack import (ALWAYS, SHUTDOWN_SECONDS, answered_percent, go_on, least, most,
                    take_figures)
from healthy import Healthy
from server import Plain, Target

ENDS = {"exit_code": most(0), "exit_s": most(SHUTDOWN_SECONDS + 1.5), "answered_percent": least(100)}
# Where a server that nobody attacks answers later than that, times of another one say little.
BUSY_P99_MS = 20
ATTEMPTS = 3


def describe(figures, bounds):
    return ", ".join(f"{name} {figures[name]:.4g}" + (f" ({bound})" if bound else "")
                     for name in figures for bound in [bounds.get(name)])


def judge(attack, kind, figures, bounds):
    """What is wrong with the figures."""
    broken = {name for name, bound in bounds.items()
              if name in figures and not bound.holds(figures[name])}
    if kind is Target:
        return [f"{name} is out of bounds" for name in sorted(broken)]
    return [f"{name} shows no difference: the attack does not bite"
            for name in attack.bites if name not in broken]


def report_run(attack, kind, figures, bounds, wrong, notes):
    line = f"{attack.name:18} {kind.name:6}  {describe(figures, bounds)}"
    return "\n".join([line] + [f"  FAILED: {text}" for text in wrong]
                     + ([f"  {note}" for note in notes] if wrong else []))


def attack_once(attack, kind, peaceful):
    """Returns the text for people, whether all is well, and whether trying again may help."""
    bounds = ALWAYS | attack.bounds
    with attack.start(kind) as server:
        figures, failures = take_figures(attack, server, peaceful)
        wrong = judge(attack, kind, figures, bounds)
        if kind is Target:
            code, said = server.stop()
            if code != 0 or not attack.is_expected(said):
                wrong.append(f"it exited with {code} and said: {said}")
    text = report_run(attack, kind, figures, bounds, wrong, failures)
    return text, not wrong, figures.get("usual_p99_ms", math.inf) > BUSY_P99_MS


def terminate_once(attack, kind, peaceful):
    """SIGTERM at the height of an attack: who is well-behaved loses nothing."""
    with attack.start(kind, "--shutdown-timeout", f"{SHUTDOWN_SECONDS}s") as server:
        server.share *= 0.02  # its height is what matters
        only_kept = ["only-kept"] if attack.healthy == "kept" else []
        healthy = Healthy(server, "until-refused", *only_kept)
        steps = attack.steps(server)
        go_on(steps)
        began = time.monotonic()
        code, _ = server.stop()
        figures = {"exit_code": code, "exit_s": time.monotonic() - began}
        report = healthy.report()
        steps.close()
    figures["answered_percent"] = answered_percent(report)
    wrong = judge(attack, kind, figures, ENDS)
    return report_run(attack, kind, figures, ENDS, wrong, report["failures"]), not wrong, False


def run_once(function, attack, kind, peaceful):
    try:
        return function(attack, kind, peaceful)
    except Exception:  # what an attack fails with is its result
        return f"{attack.name:18} {kind.name:6}  FAILED: {traceback.format_exc()}", False, False


def run(*arguments):
    """Again, where the machine was too busy to tell."""
    for attempt in range(ATTEMPTS):
        text, is_well, is_busy = run_once(*arguments)
        if is_well or not is_busy:
            break
        text += f"\n  on a busy machine, attempt {attempt + 1} of {ATTEMPTS}"
    return text, is_well


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="+")
    parser.add_argument("--only", default="")
    parser.add_argument("--sigterm", action="store_true")
    parser.add_argument("--hellod-only", action="store_true", help="leave the comparison out")
    return parser.parse_args()


def choose(arguments):
    """(function, attack, kind) for each run, and how many at once."""
    groups = [importlib.import_module(name) for name in arguments.groups]
    attacks = [a for group in groups for a in group.ATTACKS if arguments.only in a.name]
    if arguments.sigterm:
        return [(terminate_once, a, Target) for a in attacks], 4
    kinds = [Target] if arguments.hellod_only else [Target, Plain]
    at_once = max(getattr(group, "AT_ONCE", 1) for group in groups)
    return [(attack_once, a, kind) for a in attacks for kind in kinds], at_once


def main():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    runs, at_once = choose(parse_arguments())
    if any(kind is Plain for _, _, kind in runs):
        Plain.build()
    all_well = True
    with Target() as peaceful, concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for text, is_well in pool.map(lambda chosen: run(*chosen, peaceful), runs):
            print(text, flush=True)
            all_well &= is_well
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main())
