# SPDX-License-Identifier: MIT
"""Debian packages from the tarball with plain debhelper, split as PACKAGING.md says."""
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import tarball
from checkers import ROOT
from client import main

# Another module of the name client.
spec = importlib.util.spec_from_file_location("program", ROOT / "tests/embed/client.py")
program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program)

PERSON = "A Packager <packager@example.org>"
FILES = {
    "control": f"""Source: libhello
Section: libs
Priority: optional
Maintainer: {PERSON}
Standards-Version: 4.6.2
Rules-Requires-Root: no
Build-Depends: debhelper-compat (= 13), meson, ninja-build, pkg-config, scdoc

Package: libhello0
Architecture: any
Multi-Arch: same
Depends: ${{shlibs:Depends}}, ${{misc:Depends}}
Description: HTTP endpoint for C and C++ programs - shared library
 It answers each request with its own path, or as the program decides.

Package: libhello-dev
Section: libdevel
Architecture: any
Multi-Arch: same
Depends: libhello0 (= ${{binary:Version}}), ${{misc:Depends}}
Description: HTTP endpoint for C and C++ programs - development files
 The header, the archive and the man pages of libhello.

Package: hellod
Section: httpd
Architecture: any
Depends: ${{shlibs:Depends}}, ${{misc:Depends}}
Description: HTTP server that answers each request with its own path
 A backend to test proxies, load balancers and clusters with.
""",
    # What PACKAGING.md prints as the options of a package.
    "rules": """#!/usr/bin/make -f
%:
\tdh $@ --buildsystem=meson

override_dh_auto_configure:
\tdh_auto_configure -- OPTIONS
""",
    "libhello0.install": "usr/lib/*/libhello.so.*\n",
    "libhello-dev.install": "usr/include\nusr/lib/*/libhello.so\nusr/lib/*/libhello.a\n"
                            "usr/lib/*/pkgconfig\nusr/share/man/man3\n",
    "hellod.install": "usr/bin\nusr/share/man/man1\n",
    "source/format": "3.0 (quilt)\n",
    "changelog": f"""libhello (VERSION-1) unstable; urgency=medium

  * Initial release. (Closes: #1000000)

 -- {PERSON}  Tue, 24 Nov 2026 12:00:00 +0000
""",
    "copyright": """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: libhello
Source: https://example.org/libhello

Files: *
Copyright: the authors of libhello
License: MIT

License: MIT
MIT_TEXT
""",
}


def options():
    """Of the line that the page prints: what debhelper does not set by itself."""
    page = (ROOT / "PACKAGING.md").read_text(encoding="utf-8")
    return " ".join(re.findall(r"-D\S+", re.search(r"```sh\nmeson setup build (.*)\n", page)[1]))


def indented(text):
    return "\n".join(f" {line}" if line.strip() else " ." for line in text.strip().splitlines())


class Debian(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        original = tarball.make()
        cls.version = original.name.removesuffix(".tar.gz").removeprefix("libhello-")
        (cls.folder / "source").mkdir()
        source = tarball.unpack(original, cls.folder / "source")
        shutil.copy(original, source.parent / f"libhello_{cls.version}.orig.tar.gz")
        cls.write_debian(source / "debian")
        cls.log = tarball.run("dpkg-buildpackage", "--no-sign", "--no-check-builddeps", cwd=source,
                              env=os.environ | {"DEB_BUILD_OPTIONS": "parallel=2"})
        cls.packages = cls.unpack(source.parent)

    @classmethod
    def write_debian(cls, debian):
        texts = {"VERSION": cls.version, "OPTIONS": options(),
                 "MIT_TEXT": indented((ROOT / "LICENSE").read_text(encoding="utf-8"))}
        for name, text in FILES.items():
            for key, value in texts.items():
                text = text.replace(key, value)
            (debian / name).parent.mkdir(parents=True, exist_ok=True)
            (debian / name).write_text(text, encoding="utf-8")
        (debian / "rules").chmod(0o755)

    @classmethod
    def unpack(cls, folder):
        """All of them into one tree; the files of each."""
        cls.results, packages = folder, {}
        for deb in folder.glob("*.deb"):
            tarball.run("dpkg-deb", "--extract", deb, cls.folder / "root")
            names = tarball.run("dpkg-deb", "--contents", deb).splitlines()
            packages[deb.name.split("_")[0]] = [line.split(" -> ")[0].split()[-1] for line in names
                                                if not line.endswith("/")]
        return {name: files for name, files in packages.items() if not name.endswith("-dbgsym")}

    def test_there_are_three_packages(self):
        self.assertEqual(sorted(self.packages), ["hellod", "libhello-dev", "libhello0"])
        for name, pattern in {"hellod": r"/usr/bin/hellod$", "libhello0": r"/libhello\.so\.0$",
                              "libhello-dev": r"/pkgconfig/libhello\.pc$"}.items():
            self.assertRegex("\n".join(self.packages[name]), f"(?m){pattern}")
        self.assertNotRegex("\n".join(self.packages["libhello0"]), r"libhello\.(so|a)\n|/include/|/man/")

    def test_lintian_finds_no_error(self):
        changes, = self.results.glob("*.changes")
        done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", changes], capture_output=True,
                              text=True, check=False)
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_program_links_with_the_packages(self):
        root = self.folder / "root"
        library, = root.glob("usr/lib/*/pkgconfig")
        environment = os.environ | {"PKG_CONFIG_SYSROOT_DIR": str(root), "PKG_CONFIG_LIBDIR": str(library)}
        flags = tarball.run("pkg-config", "--cflags", "--libs", "libhello", env=environment).split()
        binary = self.folder / "program"
        tarball.run("cc", ROOT / "examples/minimal.c", *flags, "-o", binary)
        needed = tarball.run("readelf", "--dynamic", binary)
        self.assertIn("[libhello.so.0]", needed)
        with program.Program([binary], terminal=True, env=os.environ | {
                "LD_LIBRARY_PATH": str(library.parent)}) as running:
            running.ask("/abc").expect(200, b"Hello, you've requested: /abc\n")
            running.process.stdin.write(b"\n")
            running.finish()

    def test_the_daemon_is_of_this_version(self):
        said = tarball.run(self.folder / "root/usr/bin/hellod", "--version")
        self.assertTrue(said.startswith(f"hellod {self.version} "), said)


if __name__ == "__main__":
    main("meson", "ninja", "dh", "dpkg-buildpackage", "lintian", "pkg-config", "scdoc", "readelf")
