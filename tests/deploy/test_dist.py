# SPDX-License-Identifier: MIT
"""The tarball of meson dist, as who downloads it has it: no network, no git, nothing but the file."""
import os
import re
import tempfile
import unittest

import tarball
from checkers import ROOT
from client import main

# Root needs no user namespace, which some systems deny.
UNSHARE = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--net"]
# In a network of its own, with a loopback and nothing else.
ALONE = "ip link set lo up\nset -e\n"


def printed_commands():
    """Those of PACKAGING.md, with what it says for a slow machine."""
    page = (ROOT / "PACKAGING.md").read_text(encoding="utf-8")
    commands, = re.findall(r"^## Tests\n+```sh\n(.*?)```", page, re.M | re.S)
    option, = re.findall(r"On a slow machine, add `(.*?)`", page)
    return commands.rstrip() + f" --print-errorlogs {option}\n"


class Dist(unittest.TestCase):
    def test_builds_and_passes_its_tests_offline(self):
        made = tarball.make()
        with tempfile.TemporaryDirectory() as folder:
            unpacked = tarball.unpack(made, folder)
            self.assertEqual(unpacked.name, made.name.removesuffix(".tar.gz"))
            said = tarball.run(*UNSHARE, "sh", "-c", ALONE + printed_commands(), cwd=unpacked)
            self.assertRegex(said, r"\nOk: +[1-9]\d* *\n")
            self.assertRegex(said, r"\nSkipped: +0 *\n", said[-3000:])


if __name__ == "__main__":
    main("meson", "ninja", "unshare", "ip")
