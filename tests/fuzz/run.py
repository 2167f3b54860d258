#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run a fuzzer for FUZZ_SECONDS, 60 without it, and show the input it fails with.

What it learns stays in the build directory and is where the next run starts from; the seeds
in the repository are only read.
"""
import os
import pathlib
import subprocess
import sys

MOST_SHOWN = 4096


def main():
    program, dictionary, *seeds = sys.argv[1:]
    name = pathlib.Path(program).name
    folder = pathlib.Path(program).parent / (name + ".run")
    corpus, findings = folder / "corpus", folder / "findings"
    for path in (corpus, findings):
        path.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    done = subprocess.run([
        program, f"-max_total_time={os.environ.get('FUZZ_SECONDS', '60')}", "-timeout=10",
        "-max_len=8192", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=1",
        f"-dict={dictionary}", f"-artifact_prefix={findings}/", str(corpus), *seeds], check=False)
    for path in sorted(set(findings.iterdir()) - before):
        print(f"found: {path}\n{path.read_bytes()[:MOST_SHOWN]!r}")
        print(f"again: {program} {path}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
