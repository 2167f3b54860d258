#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hold the shared library against that of the last release: programs linked with it must go on.

Usage: abi.py SOURCE_ROOT LIBRARY

The last release is the last tag that this commit has. Without one there is nothing to compare.
"""
import os
import shutil
import subprocess
import sys
import tempfile

SUPPRESSIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "abi.suppr")


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)


def skip(reason, unless_ci):
    print(reason, file=sys.stderr)
    sys.exit(1 if unless_ci and os.environ.get("CI") == "true" else 77)


def last_release(source):
    # HEAD~, so that the commit of a release is compared with the one before.
    described = run("git", "-C", source, "describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD~")
    return described.stdout.strip() if described.returncode == 0 else None


def check_out(source, tag, directory):
    archive = subprocess.Popen(["git", "-C", source, "archive", tag], stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", directory], stdin=archive.stdout, check=True)
    if archive.wait() != 0:
        sys.exit(f"FAILED: cannot check out {tag}")
    fetched = os.path.join(source, "subprojects", "packagecache")
    if os.path.isdir(fetched):
        shutil.copytree(fetched, os.path.join(directory, "subprojects", "packagecache"))


def build(directory):
    for command in (["meson", "setup", "build", "-Ddefault_library=shared", "-Dtests=disabled",
                     "-Ddaemon=disabled", "-Dexamples=disabled", "-Dman=disabled"],
                    ["meson", "compile", "-C", "build"]):
        result = run(*command, cwd=directory)
        if result.returncode != 0:
            sys.exit(f"FAILED: {command}\n{result.stdout}")
    return os.path.join(directory, "build", "lib", "libhello.so")


def main(source, library):
    if not shutil.which("git") or not os.path.exists(os.path.join(source, ".git")):
        skip("this is not a git checkout", unless_ci=True)
    tag = last_release(source)
    if not tag:
        skip("there is no release before this commit", unless_ci=False)
    if not shutil.which("abidiff"):
        skip("abidiff is not installed", unless_ci=True)
    with tempfile.TemporaryDirectory() as directory:
        check_out(source, tag, directory)
        result = run("abidiff", "--no-added-syms", "--suppressions", SUPPRESSIONS, "--headers-dir1", os.path.join(directory, "include"),
                     "--headers-dir2", os.path.join(source, "include"), build(directory), library)
    print(f"since {tag}:\n{result.stdout}")
    sys.exit(result.returncode != 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
