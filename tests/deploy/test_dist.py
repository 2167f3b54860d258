# SPDX-License-Identifier: MIT
"""The tarball of meson dist, as who downloads it has it: no network, no git, nothing but the file."""
import os
import tempfile
import unittest

import checkers  # noqa: F401: the folder of client
import tarball
from client import main

# Root needs no user namespace, which some systems deny.
UNSHARE = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--net"]
# In a network of its own, with a loopback and nothing else. The model's answers are recorded
# elsewhere, and examples need libraries.
BUILD_AND_TEST = """
ip link set lo up
set -e
meson setup build -Dtests=enabled -Dparity=disabled -Dexamples=disabled --wrap-mode nodownload
meson compile -C build -j 2
meson test -C build --no-rebuild --num-processes 2 --print-errorlogs --timeout-multiplier 4
"""


class Dist(unittest.TestCase):
    def test_builds_and_passes_its_tests_offline(self):
        made = tarball.make()
        with tempfile.TemporaryDirectory() as folder:
            unpacked = tarball.unpack(made, folder)
            self.assertEqual(unpacked.name, made.name.removesuffix(".tar.gz"))
            said = tarball.run(*UNSHARE, "sh", "-c", BUILD_AND_TEST, cwd=unpacked)
            self.assertRegex(said, r"\nOk: +[1-9]\d* *\n")
            self.assertRegex(said, r"\nSkipped: +0 *\n", said[-3000:])


if __name__ == "__main__":
    main("meson", "ninja", "unshare", "ip")
