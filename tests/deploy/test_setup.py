# SPDX-License-Identifier: MIT
"""The first commands of a clone, where something is not as usual: an interrupted build, another
system, a path with a space."""
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from checkers import ROOT
from client import main

# The end of an interrupted or failed `meson setup`: what it has left in the build directory.
REMAINS = {
    "before the compiler was tried": {"meson-private/meson.lock": ""},
    "before ninja's file": {"meson-private/coredata.dat": "", "meson-private/cmd_line.txt": ""},
    "before the list of tests": {"meson-private/coredata.dat": "", "build.ninja": ""},
}


def copy_tree(folder):
    """A clone, with the source of libmicrohttpd in place."""
    tree = Path(folder, "a clone")
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, tree], check=True)
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True,
                               check=True).stdout.splitlines():
        if (ROOT / name).exists():  # as it is now
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    shutil.copytree(ROOT / "subprojects/packagecache", tree / "subprojects/packagecache")
    return tree


def run(tree, *command):
    done = subprocess.run(command, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.returncode, done.stdout


class Setup(unittest.TestCase):
    def setUp(self):
        self.tree = copy_tree(self.enterContext(tempfile.TemporaryDirectory()))

    def test_an_interrupted_setup_starts_again(self):
        build = self.tree / "build"
        for name, files in REMAINS.items():
            with self.subTest(name):
                shutil.rmtree(build, ignore_errors=True)
                build.mkdir()
                for path, text in files.items():
                    (build / path).parent.mkdir(exist_ok=True)
                    (build / path).write_text(text, encoding="ascii")
                code, said = run(self.tree, "script/configure", "build", "-Dtests=disabled")
                self.assertEqual(code, 0, said)
                self.assertIn("build is not completely configured, starting again", said)
                self.assertTrue((build / "build.ninja").stat().st_size)

    def test_a_configured_build_is_kept_and_its_options_set(self):
        def option():
            lines = (self.tree / "build/meson-private/cmd_line.txt").read_text(encoding="utf-8")
            return next(line for line in lines.splitlines() if line.startswith("tests = "))
        configure = ("script/configure", "build")
        self.assertEqual(run(self.tree, *configure, "-Dtests=disabled")[0], 0)
        kept = (self.tree / "build/build.ninja").stat().st_mtime_ns
        self.assertEqual(run(self.tree, *configure, "-Dtests=disabled"), (0, ""))
        self.assertEqual(run(self.tree, *configure), (0, ""))
        self.assertEqual(option(), "tests = disabled")
        self.assertEqual(run(self.tree, *configure, "-Dtests=enabled")[0], 0)
        self.assertEqual(option(), "tests = enabled")
        self.assertEqual((self.tree / "build/build.ninja").stat().st_mtime_ns, kept)

    def test_an_interrupted_unpacking_starts_again(self):
        code, said = run(self.tree, "meson", "subprojects", "download", "libmicrohttpd")
        self.assertEqual(code, 0, said)
        source, = self.tree.glob("subprojects/libmicrohttpd-*/")
        (source / "meson.build").unlink()
        stamp = source / ".meson-subproject-wrap-hash.txt"
        text = stamp.read_text(encoding="ascii")
        stamp.unlink()
        code, said = run(self.tree, "script/bootstrap", "--source-only")
        self.assertIn(f"subprojects/{source.name} is not complete, unpacking it again", said)
        code, said = run(self.tree, "meson", "setup", "build", "-Dtests=disabled")
        self.assertEqual(code, 0, said)
        self.assertEqual(stamp.read_text(encoding="ascii"), text)

    def test_the_server_starts_in_a_path_with_a_space(self):
        """It builds nothing that hellod does not need."""
        code, said = run(self.tree, "script/server", "--version")
        self.assertEqual(code, 0, said)
        self.assertIn("\nhellod 0.", said)
        built = {path.name for path in (self.tree / "build").rglob("*") if path.is_file()}
        self.assertIn("hellod", built)
        for name in ("libhello.so", "libhello.a", "example-minimal", "hellod.1"):
            self.assertNotIn(name, built)

    def test_another_system_is_refused_in_a_line(self):
        cross = self.tree / "darwin.ini"
        cross.write_text("[host_machine]\nsystem = 'darwin'\ncpu_family = 'aarch64'\n"
                         "cpu = 'aarch64'\nendian = 'little'\n[binaries]\nc = 'cc'\n",
                         encoding="ascii")
        code, said = run(self.tree, "meson", "setup", "build", "--cross-file", cross)
        self.assertEqual(code, 1, said)
        self.assertRegex(said, r"ERROR: .*libhello and hellod run on Linux only .*, not on darwin; ")


if __name__ == "__main__":
    main("meson", "ninja", "git")
