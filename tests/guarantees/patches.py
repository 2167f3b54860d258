#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The patches to libmicrohttpd: their headers, their number, and that they fit the pinned source.

patches.py CHECK ROOT [TEST...]: TEST are the names of the tests that a fix may name."""
import configparser
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MOST_PATCHES = 15
MOST_LINES = 900  # with + or -

# DEP-3, and the licence of what a patch changes. A fix names the tests that fail without it.
FIELDS = ["Description", "Origin", "Forwarded", "Last-Update", "SPDX-License-Identifier"]


class Stack:
    def __init__(self, root):
        self.root = root
        wrap = configparser.ConfigParser()
        wrap.read(root / "subprojects/libmicrohttpd.wrap")
        self.wrap = wrap["wrap-file"]
        self.folder = root / "subprojects/packagefiles"
        self.names = [name.strip() for name in self.wrap["diff_files"].split(",")]

    def text(self, name):
        return (self.folder / name).read_text(encoding="utf-8")


def fail(text):
    sys.exit(f"FAILED: {text}")


def header(text):
    """The fields in front of the first line that starts with "---"."""
    fields, name = {}, None
    for line in text.split("\n---", 1)[0].splitlines():
        match = re.match(r"([A-Z][\w-]*): (.+)", line)
        if match:
            name = match[1]
            fields[name] = match[2]
        elif line.startswith(" ") and name:
            fields[name] += "\n" + line[1:]
        elif line:
            fail(f"neither a field nor a part of one: {line!r}")
    return fields


def changed_lines(text):
    return sum(1 for line in text.splitlines() if re.match(r"[+-]([^+-]|$)", line))


def headers(stack, *tests):
    for name in stack.names:
        fields = header(stack.text(name))
        wanted = FIELDS + (["Test"] if name.startswith("fixes/") else [])
        if sorted(fields) != sorted(wanted):
            fail(f"{name} has the fields {sorted(fields)}, not {sorted(wanted)}")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", fields["Last-Update"]):
            fail(f"{name}: Last-Update: {fields['Last-Update']}")
        if not re.match(r"(no|not-needed|yes|https://)", fields["Forwarded"]):
            fail(f"{name}: Forwarded: {fields['Forwarded']}")
        for test in fields.get("Test", "").split(", "):
            if test and test not in tests:
                fail(f"{name} names the test {test}, which is not there")


def limits(stack):
    lines = sum(changed_lines(stack.text(name)) for name in stack.names)
    print(f"{len(stack.names)} patches with {lines} changed lines; "
          f"at most {MOST_PATCHES} with {MOST_LINES}")
    if len(stack.names) > MOST_PATCHES or lines > MOST_LINES:
        fail("these are too many")
    there = sorted(str(path.relative_to(stack.folder)) for path in stack.folder.glob("*/*.patch"))
    if sorted(stack.names) != there:
        fail(f"the wrap names {stack.names}, the folders have {there}")
    for number, name in enumerate(stack.names, 1):
        if not re.fullmatch(rf"(fixes|gains)/{number:02}-[a-z-]+\.patch", name):
            fail(f"{name} is number {number} in the order of application")
    build = stack.text("libmicrohttpd/meson.build")
    if f"\npatches = {len(stack.names)}\n" not in build:
        fail("packagefiles/libmicrohttpd/meson.build has another number of patches")


def application(stack):
    """Each patch applies where it says, without an offset or a fuzz."""
    tarball = stack.root / "subprojects/packagecache" / stack.wrap["source_filename"]
    if not tarball.exists() and not os.environ.get("CI"):
        print(f"skipped: {tarball} is not there, script/bootstrap has found a newer release only")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["tar", "--no-same-owner", "-xzf", tarball, "-C", directory], check=True)
        for name in stack.names:
            done = subprocess.run(
                ["patch", "--strip", "1", "--fuzz", "0", "--forward",
                 "--directory", f"{directory}/{stack.wrap['directory']}",
                 "--input", str(stack.folder / name)], capture_output=True, text=True, check=False)
            if done.returncode or "Hunk" in done.stdout:
                fail(f"{name}:\n{done.stdout}{done.stderr}")


def documentation(stack):
    """doc/libmicrohttpd.md has a row for each patch, and names the tests of the fixes."""
    page = (stack.root / "doc/libmicrohttpd.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\d\d-[a-z-]+)` \|(.*)$", page, re.M))
    names = {pathlib.Path(name).stem: name for name in stack.names}
    if list(rows) != list(names):
        fail(f"the rows are {list(rows)}, the patches {list(names)}")
    for row, name in names.items():
        tests = header(stack.text(name)).get("Test")
        if tests and "`, `".join(tests.split(", ")) not in rows[row]:
            fail(f"the row of {row} does not name {tests}")


CHECKS = {check.__name__: check for check in (headers, limits, application, documentation)}

if __name__ == "__main__":
    CHECKS[sys.argv[1]](Stack(pathlib.Path(sys.argv[2])), *sys.argv[3:])
