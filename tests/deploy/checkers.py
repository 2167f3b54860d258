# SPDX-License-Identifier: MIT
"""The checkers beside this file, which are npm's, for the tests beside it."""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
for folder in ("system", "clients"):
    sys.path.insert(0, str(HERE.parent / folder))

# What the tests need; without npm's packages, also a tool that is never found.
TOOLS = ["node"] if (HERE / "node_modules").is_dir() else ["node", "npm's packages"]


def check(checker, text):
    """The faults that a checker finds."""
    done = subprocess.run(["node", HERE / checker], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{checker}: exit code {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)
