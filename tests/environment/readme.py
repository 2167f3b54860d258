# SPDX-License-Identifier: MIT
"""The README as commands: each block of a shell is typed as it is printed."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "embed"))
from client import Program  # noqa: E402

PATIENCE = 900  # seconds until script/server has installed, built and started


class Readme:
    def __init__(self, path):
        text = path.read_text(encoding="utf-8")
        start = re.search(r"^## Start from source\n(.*?)^## ", text, re.M | re.S)[1]
        self.start = re.findall(r"^```console\n\$ ([^\n]*)\n(.*?)^```$", start, re.M | re.S)
        embed = re.search(r"^## Embed it\n(.*?)^## ", text, re.M | re.S)[1]
        self.program = re.search(r"^```c\n(.*?)^```$", text, re.M | re.S)[1]
        self.install = dict(zip(("root", "user"), re.findall(r"^```sh\n(.*?)^```$", embed, re.M | re.S),
                                strict=True))


class Commands:
    """What a user types, in the order of the README."""

    def __init__(self, chroot, user, folder, readme):
        self.chroot, self.user, self.folder, self.readme = chroot, user, folder, readme

    def run(self, script):
        return self.chroot.run(self.user, self.folder, script)

    def clone(self, root):
        """Of what is committed."""
        origin = pathlib.Path(self.chroot.root, "srv/libhello.git")
        subprocess.run(["git", "clone", "--quiet", "--bare", "--no-hardlinks", root, origin], check=True)
        self.chroot.run("root", "/", f"chown -R {self.user} /srv/libhello.git")
        parent = os.path.dirname(self.folder)
        self.chroot.run(self.user, "/", f"mkdir -p '{parent}'; cd '{parent}'; git clone /srv/libhello.git")

    def unpack(self):
        """The tarball of this clone, made as for a release. Its folder takes the place of the clone."""
        self.chroot.run("root", "/", "apt-get -q install -y --no-install-recommends xz-utils")
        self.run("meson dist -C build --no-tests\ntar -C .. -xf build/meson-dist/*.tar.xz")
        name, = (path.name for path in pathlib.Path(self.chroot.root + self.folder, "..").glob("libhello-*"))
        self.folder = f"{os.path.dirname(self.folder)}/{name}"

    def prepare(self):
        """The slow beginning of script/server, which does not need the port."""
        server, curl, test = self.readme.start
        assert (server[0], test[0]) == ("script/server", "script/test"), self.readme.start
        said = self.run("script/server --version")
        assert "\nhellod 0." in said, said

    def serve(self):
        """script/server, and the curl beneath it."""
        server, curl, _ = self.readme.start
        ready = server[1].splitlines()[-1]
        with tempfile.TemporaryFile("w+") as output, subprocess.Popen(
                self.chroot.command(self.user, self.folder, "exec " + server[0]),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process:
            try:
                self.wait_for(ready, output, process)
                answer = self.run(curl[0])
                answer, expected = (re.sub(r"(?s)^.*?(?=HTTP/1.1)|Date: .*?\n|\r", "", text)
                                    for text in (answer, curl[1]))
                assert answer == expected, f"{curl[0]}: {answer!r}, not {expected!r}"
                self.chroot.signal(process, signal.SIGINT)
                assert process.wait(PATIENCE) == 0, process.returncode
            finally:
                self.chroot.signal(process, signal.SIGKILL)

    @staticmethod
    def wait_for(line, output, process):
        deadline = time.monotonic() + PATIENCE
        while True:
            output.seek(0)
            said = output.read()
            if line in said:
                return
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"script/server does not print '{line}':\n{said[-3000:]}")
            time.sleep(0.1)

    def test(self, arguments=""):
        said = self.run(self.readme.start[2][0] + arguments)
        assert re.search(r"\nOk: +[1-9]", said) and re.search(r"\nFail: +0", said), said[-2000:]

    def embed(self):
        """The program in C, and the commands for this user, the last of which starts it."""
        place = pathlib.Path(self.chroot.root + self.folder, "minimal.c")
        place.write_text(self.readme.program, encoding="utf-8")
        place.chmod(0o644)
        *lines, last = self.readme.install["root" if self.user == "root" else "user"].splitlines()
        self.run("\n".join(lines))
        with Program(self.chroot.command(self.user, self.folder, "exec " + last), terminal=True) as program:
            said = self.run(program.line.strip())
            assert said.endswith("Hello, you've requested: /abc\n"), said
            program.process.stdin.write(b"\n")
            program.finish()
