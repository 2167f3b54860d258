#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hold the shared library against that of the last release: programs linked with it must go on.

Usage: abi.py SOURCE_ROOT LIBRARY

The last release is in libhello.abi beside this file, which script/abi writes for each release. Before
the first one, only the comparison itself is tested.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
RELEASE = HERE / "libhello.abi"
# They may grow at their end, since they come with their size or are made by the library only. For
# them, abi.suppr hides all other changes from abidiff, too, and those of structs that they point to.
GROWING = ("hello_options", "hello_stats", "hello_access_record")
# What a program would notice, made in the record of a library: what to replace, in which place.
BREAKS = {"a lost function": ("'hello_version'", "'hello_version_that_is_lost'", None),
          "a moved member": ("bits='128'", "bits='192'", "class-decl name='hello_options'"),
          "another type of a member": ("type-id='\\w+'", "type-id='CHAR'", "var-decl name='listen'"),
          "one behind a pointer": ("type-id='\\w+'", "type-id='CHAR'", "var-decl name='fd'")}


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def structs(dump):
    """By name, the members of each: place, name and type."""
    return {struct.get("name"): [
        (member.get("layout-offset-in-bits"), *(member[0].get(key) for key in ("name", "type-id")))
        for member in struct.findall("data-member")]
        for struct in xml.etree.ElementTree.parse(dump).iter("class-decl")
        if struct.get("name").startswith("hello_") and struct.find("data-member") is not None}


def compare(before, now):
    """What a program would notice, as a text; empty if nothing."""
    code, report = run("abidiff", "--no-added-syms", "--suppressions", HERE / "abi.suppr", before, now)
    faults = [report] if code else []
    structs_now = structs(now)
    for name, old in structs(before).items():
        new = structs_now.get(name, [])
        if (new[:len(old)] if name in GROWING else new) != old:
            faults.append(f"struct {name} has other members: {old}, now {new}")
    return "\n".join(faults)


def check_comparison(now):
    """A record is like itself, and unlike one with a difference that a program would notice."""
    if compare(now, now):
        sys.exit(f"FAILED: the library differs from itself:\n{compare(now, now)}")
    text, other = now.read_text(encoding="utf-8"), now.with_name("other.abi")
    char = re.search(r"<type-decl name='char'.* id='(\w+)'", text)[1]
    for what, (pattern, replacement, place) in BREAKS.items():
        replacement = replacement.replace("CHAR", char)
        begin = text.index(place) if place else 0
        changed = text[:begin] + re.sub(pattern, replacement, text[begin:], count=0 if place is None else 1)
        other.write_text(changed, encoding="utf-8")
        if changed == text or not compare(now, other):
            sys.exit(f"FAILED: {what} is not reported")


def architecture(dump):
    return re.search(r"architecture='([^']*)'", dump.read_text(encoding="utf-8"))[1]


def main(source, library):
    if not shutil.which("abidiff"):
        print("abidiff is not installed", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    with tempfile.TemporaryDirectory() as folder:
        now = pathlib.Path(folder, "now.abi")
        code, said = run(pathlib.Path(source, "script/abi"), os.path.realpath(library), now)
        if code:
            sys.exit(f"FAILED: script/abi\n{said}")
        check_comparison(now)
        if not RELEASE.exists():
            print("there is no release before this commit")
        elif architecture(RELEASE) != architecture(now):
            print(f"the last release is recorded for {architecture(RELEASE)}")
        elif compare(RELEASE, now):
            sys.exit(f"FAILED: since the last release:\n{compare(RELEASE, now)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
