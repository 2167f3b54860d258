#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hellod beside its peers: CPU time, latency, memory, start-up. Rounds are interleaved, so that
what else the machine does falls on all of them, and ratios are taken within a round.

bench.py --report FILE --program NAME=PATH...: writes what it has measured as JSON, prints tables.
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys

from load import Wrong, latency, measure, saturation
from probes import calls_per_request, first_answer, idle_calls, memory
from servers import GREETING, Server, line_of, peers

BASE, OURS = "bare loop", "hellod"
SATURATION = "64 connections, saturation"
METRICS = [  # name, unit in the tables, divisor, digits
    ("cpu", "CPU, us per request", 1, 2),
    ("rate", "requests per second", 1, 0),
    ("saturation", "requests that a second of CPU time answers, without pauses", 1, 0),
    ("offered", "requests per second that are due", 1, 0),
    ("p50", "latency, median, us", 1, 0),
    ("p99", "latency, 99 %, us", 1, 0),
    ("p999", "latency, 99.9 %, us", 1, 0),
    ("memory", "most resident memory, kB", 1024, 0),
    ("calls", "system calls per request, 64 connections", 1, 2),
    ("calls of one", "system calls per connection of one request", 1, 2),
    ("start", "exec to first answer, us", 1, 0),
    ("idle calls", "system calls in 10 s without traffic", 1, 0),
    ("idle memory", "resident memory after the start, kB", 1024, 0),
    ("memory at 1000", "memory per idle connection at 1,000, bytes", 1, 0),
    ("memory at 10000", "memory per idle connection at 10,000, bytes", 1, 0),
    ("size", "size of the program, bytes", 1, 0),
]


class Report:
    """values[scenario][peer][metric]: a number for each round, by its place; None where that
    round failed and a later one did not."""

    def __init__(self):
        self.values = {}
        self.failures = []
        self.round = 0

    def add(self, scenario, peer, numbers):
        found = self.values.setdefault(scenario, {}).setdefault(peer, {})
        for metric, number in numbers.items():
            column = found.setdefault(metric, [])
            column += [None] * (self.round - len(column)) + [number]

    def fail(self, peer, reason):
        self.failures.append(f"{peer}: {reason}")
        print(f"FAILED: {self.failures[-1]}", flush=True)

    def attempt(self, scenario, peer, function, *arguments, **named):
        try:
            self.add(scenario, peer.name, function(peer, *arguments, **named))
        except (Wrong, OSError, RuntimeError, subprocess.TimeoutExpired) as error:
            self.fail(peer.name, f"{scenario}: {error}")


def known(numbers):
    return [number for number in numbers if number is not None]


def ratios(numbers, base):
    """Those of the rounds in which both have a number."""
    return [a / b for a, b in zip(numbers, base) if a is not None and b]


def print_tables(report):
    for scenario, by_peer in report.values.items():
        bases = [by_peer.get(name, {}) for name in (BASE, OURS)]
        for metric, title, divisor, digits in METRICS:
            rows = {peer: found[metric] for peer, found in by_peer.items() if metric in found}
            if not rows:
                continue
            print(f"\n{scenario}: {title}\n{'':24}{'median':>12}{'min':>12}{'max':>12}{'x bare':>9}"
                  f"{'x hellod':>9}")
            for peer, numbers in rows.items():
                found = known(numbers)
                cells = [statistics.median(found), min(found), max(found)]
                text = "".join(f"{cell / divisor:12,.{digits}f}" for cell in cells)
                for times in (ratios(numbers, base.get(metric, ())) for base in bases):
                    text += f"{statistics.median(times):9.2f}" if times else " " * 9
                print(f"{peer:24}{text}".rstrip())


def print_ratios(report, metric, title, scenarios=""):
    """hellod's number by that of each peer."""
    print(f"\n{OURS}'s {title} by that of others: median of the rounds (min-max)")
    for scenario, by_peer in report.values.items():
        if scenarios not in scenario:
            continue
        ours = by_peer.get(OURS, {}).get(metric, ())
        for peer, found in by_peer.items():
            times = ratios(ours, found.get(metric, ()))
            if times and peer != OURS:
                print(f"{scenario:40}{peer:24}{statistics.median(times):6.2f} "
                      f"({min(times):.2f}-{max(times):.2f})")


def circumstances(hellod):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if "model name" in line), "?")
    kernel = platform.release().split("-")[0]  # the rest names the build of one host
    return {
        "date": datetime.date.today().isoformat(),
        "machine": f"{os.cpu_count()} x {model}, Linux {kernel} {platform.machine()}",
        "versions": [line_of(hellod, "--version"), line_of("wrk", "-v"),
                     line_of("gcc", "--version")],
        "command": " ".join(["bench/compare/bench.py", *sys.argv[1:]]),
        "load": os.getloadavg(),
    }


def run_load(peer, options, connections, closes=False, threads=1, cpus=None):
    with Server(peer, cpus or options.server_cpu, threads, closes) as server:
        return measure(server, options.client_cpu, connections, options.seconds, closes)


def is_among(name, words):
    """A name with its version, such as nginx 1.22.1, is among nginx, and among nginx 1.22."""
    return any(name == word or name.startswith((f"{word} ", f"{word}.")) for word in words)


def is_due(options, number, name):
    """Whether a round measures the peer, or the number of connections."""
    return number % 3 == 0 or not is_among(name, options.seldom)


def load_scenarios(report, here, options):
    for number in range(options.rounds):
        report.round = number
        due = [peer for peer in here if is_due(options, number, peer.name)]
        alike = [peer for peer in due if peer.body == GREETING]
        for connections in options.connections:
            if is_due(options, number, str(connections)):
                for peer in due if connections == 64 else alike:
                    report.attempt(f"{connections} connections", peer, run_load, options, connections)
        if options.close:
            for peer in alike:
                report.attempt("a connection each, 64 at once", peer, run_load, options, 64,
                               closes=True)
        if options.steady and options.shares:
            rates(report, alike, options)
        if options.shards:
            shards(report, here, options)
        print(f"round {number + 1} of {options.rounds}", flush=True)


def run_steady(peer, options, function, *rate):
    with Server(peer, options.server_cpu) as server:
        return function(options.steady, server, options.client_cpu, 64, options.seconds, *rate)


def rates(report, here, options):
    """Latency at a share of what the peer itself can answer: the median of the rounds so far."""
    for peer in here:
        report.attempt(SATURATION, peer, run_steady, options, saturation)
    for share in options.shares:
        for peer in here:
            found = report.values.get(SATURATION, {}).get(peer.name)
            if found:
                rate = statistics.median(known(found["saturation"])) * share / 100
                report.attempt(f"64 connections, {share} % of saturation", peer, run_steady,
                               options, latency, rate)


def shards(report, here, options):
    """hellod with one thread and with two, on both CPUs, and the client among them."""
    both = f"{options.server_cpu},{options.client_cpu}"
    for peer in here:
        if peer.name.startswith("hellod"):
            for threads in (1, 2):
                report.attempt(f"64 connections, {threads} threads on two CPUs", peer, run_load,
                               options, 64, threads=threads, cpus=both)


def still_scenarios(report, here, options):
    for number in range(options.starts):
        report.round = number
        for peer in here:
            report.attempt("start", peer, first_answer, options.first_answer, options.server_cpu,
                           options.client_cpu)
    report.round = 0
    for peer in here:
        report.add("still", peer.name, {"size": peer.size()})
        report.attempt("still", peer, memory, options.server_cpu, options.idle)
        for closes in (False, True) if shutil.which("strace") else ():
            report.attempt("still", peer, calls_per_request, options.server_cpu,
                           options.client_cpu, closes)
    if shutil.which("strace"):  # all at once, since all are silent
        with concurrent.futures.ThreadPoolExecutor(len(here)) as pool:
            list(pool.map(lambda peer: report.attempt("still", peer, idle_calls,
                                                      options.server_cpu), here))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--build", help="the build that has the programs, to make them first")
    parser.add_argument("--first-answer", help="the helper that measures start-up")
    parser.add_argument("--report", default="bench.json")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--connections", type=int, nargs="*", default=[1, 64, 256, 1024, 10000])
    parser.add_argument("--idle", type=int, nargs="*", default=[1000, 10000])
    parser.add_argument("--only", nargs="*", help="the peers to measure, with or without versions")
    parser.add_argument("--seldom", nargs="*", default=[],
                        help="peers and numbers of connections to measure in every third round")
    parser.add_argument("--steady", metavar="PROGRAM", help="the load at a constant rate")
    parser.add_argument("--shares", type=int, nargs="*", default=[50, 80],
                        help="rates, in percent of the saturation")
    parser.add_argument("--newer", default="build-peers", help="the folder of newer peers")
    parser.add_argument("--no-close", dest="close", action="store_false")
    parser.add_argument("--no-shards", dest="shards", action="store_false")
    parser.add_argument("--no-still", dest="still", action="store_false")
    parser.add_argument("--server-cpu", default="0")
    parser.add_argument("--client-cpu", default="1")
    return parser.parse_args()


def build(root, programs):
    targets = [os.path.relpath(program, root) for program in programs]
    subprocess.run(["ninja", "-C", root, *targets], check=True, stdout=subprocess.DEVNULL)


def main():
    options = parse()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    programs = dict(pair.split("=", 1) for pair in options.program)
    if options.build:
        build(options.build, [*programs.values(), options.first_answer, options.steady])
    missing, here = {}, []
    programs = {name: os.path.abspath(path) for name, path in programs.items()}
    for peer in peers(programs, os.path.abspath(options.newer)):
        if options.only and not is_among(peer.name, options.only):
            continue
        reason = peer.missing()
        if reason:
            missing[peer.name] = reason
        else:
            here.append(peer)
    if not shutil.which("strace"):
        missing["system calls"] = "strace is not installed"
    for name, reason in missing.items():
        print(f"missing: {name}: {reason}", flush=True)
    if max(options.connections + options.idle, default=0) + 100 > hard:
        sys.exit(f"{hard} open files are too few for so many connections: see ulimit -n")
    report = Report()
    start = circumstances(programs.get("hellod-static", programs.get("hellod-shared", "hellod")))
    load_scenarios(report, here, options)
    if options.still:
        still_scenarios(report, [peer for peer in here if peer.body == GREETING], options)
    print_tables(report)
    print_ratios(report, "cpu", "CPU time per request")
    print_ratios(report, "p999", "99.9 % latency", "of saturation")
    with open(options.report, "w", encoding="utf-8") as file:
        json.dump({"circumstances": start, "missing": missing, "failures": report.failures,
                   "values": report.values}, file, indent=1)
    print(f"\n{start['machine']}, {start['date']}, load {start['load'][0]:.1f} before",
          *start["versions"], sep="\n")
    sys.exit(1 if report.failures or not here else 0)


if __name__ == "__main__":
    main()
