# SPDX-License-Identifier: MIT
"""The tarball of meson dist, as who downloads it has it: no network, no git, nothing but the file."""
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "clients"))
from client import main  # noqa: E402

BUILD = os.environ["MESON_BUILD"]
# In a network of its own, with a loopback and nothing else. The model's answers are recorded
# elsewhere, and examples need libraries.
BUILD_AND_TEST = """
ip link set lo up
set -e
meson setup build -Dtests=enabled -Dparity=disabled -Dexamples=disabled --wrap-mode nodownload
meson compile -C build -j 2
meson test -C build --no-rebuild --num-processes 2 --print-errorlogs --timeout-multiplier 4
"""


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n"
                             f"{done.stdout[-6000:]}")
    return done.stdout


class Dist(unittest.TestCase):
    def test_builds_and_passes_its_tests_offline(self):
        said = run("meson", "dist", "-C", BUILD, "--no-tests", "--allow-dirty", "--formats", "gztar")
        tarball = pathlib.Path(said.split("Created ")[1].strip())
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(tarball) as archive:
                archive.extractall(folder)
            unpacked, = pathlib.Path(folder).iterdir()
            self.assertEqual(unpacked.name, tarball.name.removesuffix(".tar.gz"))
            said = run("unshare", "--map-root-user", "--net", "sh", "-c", BUILD_AND_TEST, cwd=unpacked)
            self.assertRegex(said, r"\nOk: +[1-9]\d* *\n")
            self.assertRegex(said, r"\nSkipped: +0 *\n", said[-3000:])


if __name__ == "__main__":
    main("meson", "ninja", "unshare", "ip")
