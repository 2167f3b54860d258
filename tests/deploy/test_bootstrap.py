# SPDX-License-Identifier: MIT
"""script/bootstrap without the pinned source: a newer release takes its place, but not in CI. Also
without apt, and beside another apt."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from checkers import ROOT
from client import main

NOWHERE = "1.0.8.99"  # no server has it, and Debian has a newer one


class Bootstrap(unittest.TestCase):
    def setUp(self):
        self.tree = Path(self.enterContext(tempfile.TemporaryDirectory())) / "tree"
        for name in ("script", "subprojects/packagefiles"):
            shutil.copytree(ROOT / name, self.tree / name)
        wrap = (ROOT / "subprojects/libmicrohttpd.wrap").read_text(encoding="utf-8")
        wrap = re.sub(r"libmicrohttpd-\d[\d.]*\d", f"libmicrohttpd-{NOWHERE}", wrap)
        wrap = re.sub(r"source_hash = .*", f"source_hash = {64 * '0'}", wrap)
        (self.tree / "subprojects/libmicrohttpd.wrap").write_text(wrap, encoding="utf-8")

    def bootstrap(self, **environment):
        clean = {name: value for name, value in os.environ.items() if name != "CI"}
        return subprocess.run([self.tree / "script/bootstrap", "--source-only"], cwd=self.tree,
                              env=clean | environment, capture_output=True, text=True, check=False)

    def test_a_newer_release_takes_its_place(self):
        done = self.bootstrap()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"\nbootstrap: using libmicrohttpd 1\.0\.\d+ from Debian, "
                                      rf"since the pinned {NOWHERE} is out of reach\n")
        source = self.tree / f"subprojects/libmicrohttpd-{NOWHERE}"
        self.assertIn("MHD_HAS_REFILL_RESPONSE",
                      (source / "src/include/microhttpd.h").read_text(encoding="utf-8"))
        self.assertTrue((source / "meson.build").exists())
        again = self.bootstrap()
        self.assertEqual((again.returncode, again.stderr.count("fetching")), (0, 0), again.stderr)

    def test_in_ci_it_asks_for_a_new_pin(self):
        done = self.bootstrap(CI="true")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("move the pin in subprojects/libmicrohttpd.wrap", done.stderr)


# What script/bootstrap and the tools that it looks for are made of.
COMMANDS = ("awk cat cc cp curl dirname env find grep id meson mkdir mktemp mv ninja patch pkg-config python3 rm sed "
            "sh sha256sum sort tar").split()
LOCKED = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)"


class Packages(unittest.TestCase):
    """With a PATH of few commands, some of which are made here."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tree, self.bin = self.folder / "a tree", self.folder / "bin"
        for name in ("script", "subprojects/packagefiles", "subprojects/packagecache"):
            shutil.copytree(ROOT / name, self.tree / name)
        shutil.copy(ROOT / "subprojects/libmicrohttpd.wrap", self.tree / "subprojects")
        self.bin.mkdir()
        for name in COMMANDS:
            (self.bin / name).symlink_to(shutil.which(name))

    def make(self, name, script):
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def bootstrap(self, *groups):
        done = subprocess.run([self.tree / "script/bootstrap", *groups], cwd=self.tree,
                              env={"PATH": str(self.bin), "HOME": str(self.folder)},
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def test_without_apt_what_is_missing_is_named(self):
        code, said = self.bootstrap()
        self.assertEqual((code, said.splitlines()[-1]), (0, "bootstrap: ready"), said)
        for name in ("ninja", "cc"):
            (self.bin / name).unlink()
        code, said = self.bootstrap()
        self.assertEqual(code, 1, said)
        self.assertIn("bootstrap: no apt-get found; install these yourself: cc ninja\n", said)
        self.assertIn("Debian's packages for base: gcc ", said)
        self.assertNotIn("ready", said)

    def test_each_group_of_packages_has_commands(self):
        """So that no group is ready without them. The tools of all groups are hidden here."""
        groups = re.findall(r"^        ([a-z]+)\) packages=",
                            (self.tree / "script/bootstrap").read_text(encoding="utf-8"), re.M)
        self.assertGreater(len(groups), 10)
        for group in set(groups) - {"base"}:
            code, said = self.bootstrap(group)
            self.assertEqual(code, 1, f"{group}: {said}")

    def test_another_apt_is_waited_for(self):
        attempts = self.folder / "attempts"
        self.make("dpkg-query", "exit 1")
        self.make("sleep", "exit 0")
        self.make("sudo", 'exec "$@"')
        self.make("apt-get", f"""
echo "$@" >>'{attempts}'
while [ $# -gt 0 ]; do [ "$1" != update ] || updates=yes; shift; done
[ "${{updates:-}}" != yes ] || [ "$(grep -c update '{attempts}')" -gt 2 ] ||
    {{ echo '{LOCKED}' >&2; exit 100; }}""")
        code, said = self.bootstrap()
        self.assertEqual((code, said.splitlines()[-1]), (0, "bootstrap: ready"), said)
        self.assertEqual(said.count(f"waiting for another apt: {LOCKED}"), 1, said)
        calls = attempts.read_text(encoding="utf-8").splitlines()
        self.assertEqual(sum("update" in call for call in calls), 3, calls)
        self.assertIn("install", calls[-1])
        self.assertNotIn("scdoc", calls[-1])

    def test_of_two_names_the_one_that_apt_knows_is_installed(self):
        """As on Debian 12, where docker.io has the client, and on Ubuntu, where Compose has another name."""
        calls = self.folder / "calls"
        for unknown, installed in (({"docker-cli", "docker-buildx", "docker-compose-v2"}, ["docker-compose"]),
                                   ({"docker-cli", "docker-compose"}, ["docker-buildx", "docker-compose-v2"])):
            with self.subTest(installed=installed):
                for name in ("dpkg", "docker"):
                    self.make(name, "exit 0")
                self.make("dpkg-query", "exit 1")
                self.make("apt-cache", f'case "$2" in {"|".join(unknown)}) exit 100 ;; esac; echo "Package: $2"')
                self.make("sudo", 'exec "$@"')
                self.make("apt-get", f"echo \"$@\" >'{calls}'")
                code, said = self.bootstrap("container")
                self.assertEqual(code, 0, said)
                words = calls.read_text(encoding="utf-8").split()
                self.assertEqual([word for word in words if word.startswith("docker")],
                                 ["docker.io", *installed], words)

    def test_another_failure_of_apt_is_not_waited_for(self):
        self.make("dpkg-query", "exit 1")
        self.make("sudo", 'exec "$@"')
        self.make("apt-get", "echo 'E: no such host' >&2; exit 100")
        code, said = self.bootstrap()
        self.assertNotEqual(code, 0, said)
        self.assertIn("E: no such host", said)
        self.assertNotIn("ready", said)


if __name__ == "__main__":
    main()
