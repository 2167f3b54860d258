# SPDX-License-Identifier: MIT
"""script/bootstrap without the pinned source: a newer release takes its place, but not in CI."""
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


if __name__ == "__main__":
    main()
