# SPDX-License-Identifier: MIT
"""Minimal Debian systems: made once by debootstrap, unpacked into a chroot for each use."""

import fcntl
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "container"))
from engine import apt_settings, apt_sources, mirror  # noqa: E402

WEEK = 7 * 24 * 3600  # seconds; testing moves on
SCRIPTS = pathlib.Path("/usr/share/debootstrap/scripts")
# What it takes to clone the repository, and to be a user with sudo.
PACKAGES = "ca-certificates,git,sudo"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Base:
    """A tarball of a release."""

    def __init__(self, state, release):
        self.state, self.release = state, release
        self.tarball = state / f"{release}.tar"

    def make(self):
        with open(self.state / f"{self.release}.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.tarball.exists() or time.time() - self.tarball.stat().st_mtime > WEEK:
                self.debootstrap()

    def debootstrap(self):
        began = time.monotonic()
        script = SCRIPTS / self.release  # that of an older debootstrap does not know the newest
        with tempfile.TemporaryDirectory(prefix="debootstrap-") as folder:
            mount(folder)
            try:
                done = subprocess.run(
                    ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", self.release, folder,
                     mirror(*apt_sources(self.release)), script if script.exists() else SCRIPTS / "sid"],
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                if done.returncode != 0:
                    raise RuntimeError(f"debootstrap {self.release}:\n{done.stdout[-3000:]}")
                root = pathlib.Path(folder)
                (root / "etc/apt/apt.conf.d/99host").write_text(apt_settings(), encoding="utf-8")
                (root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n", encoding="ascii")
                part = self.tarball.with_suffix(".part")
                subprocess.run(["tar", "-C", folder, "-cf", part, "."], check=True)
                part.rename(self.tarball)
            finally:
                subprocess.run(["umount", folder], check=True)
        print(f"{self.release}: debootstrap took {time.monotonic() - began:.0f} s", flush=True)


def mount(folder):
    """In memory: dpkg waits for the disk at each file."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6g,mode=755", "tmpfs", folder], check=True)


class Chroot:
    """A fresh system. All that is started in it ends with it."""

    def __init__(self, base, log):
        self.log = log
        self.folder = tempfile.TemporaryDirectory(prefix=f"hello-{base.release}-")
        self.root = self.folder.name
        self.network = None  # that of this machine
        mount(self.root)
        subprocess.run(["tar", "-C", self.root, "-xf", base.tarball], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.network:
            subprocess.run(["umount", self.network], check=True)
            self.network.unlink()
        for _ in range(50):  # a process of it may still be on its way out
            if subprocess.run(["umount", self.root], stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.1)
        self.folder.cleanup()

    def add_user(self, name):
        self.run("root", "/", f"useradd --create-home --shell /bin/bash {name}")
        rule = pathlib.Path(self.root, "etc/sudoers.d", name)
        rule.write_text(f"{name} ALL=(ALL) NOPASSWD: ALL\n", encoding="ascii")
        rule.chmod(0o440)

    def cut_network(self):
        """All that is run from here on has the loopback interface alone."""
        self.network = pathlib.Path(f"{self.root}.network")
        self.network.touch()
        subprocess.run(["unshare", f"--net={self.network}", "ip", "link", "set", "lo", "up"], check=True)
        self.run("root", "/", 'test "$(ls /sys/class/net)" = lo')

    def command(self, user, folder, script):
        """To run a script by sh, as a login of the user would: with its own processes, devices and
        environment."""
        home = "/root" if user == "root" else f"/home/{user}"
        path = PATH if user == "root" else "/usr/local/bin:/usr/bin:/bin"
        inside = ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--reset-env"]
        inside = inside if user != "root" else []
        enter = ('mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && '
                 'mount -t sysfs -o ro sysfs "$1/sys" && root=$1 && shift && exec chroot "$root" "$@"')
        network = ["nsenter", f"--net={self.network}"] if self.network else []
        return [*network, "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", enter, "sh",
                self.root, *inside, "/usr/bin/env", "-i", f"HOME={home}", f"USER={user}",
                f"PATH={path}", "TERM=dumb", "sh", "-e", "-c", f'cd "$1"\n{script}', "sh", folder]

    @staticmethod
    def signal(process, number):
        """To the first process of a running command. unshare itself waits for the end of that one,
        and would not end it together with itself: it has changed its user."""
        try:
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
        except FileNotFoundError:
            return  # it has ended
        for child in children.split():
            os.kill(int(child), number)

    def run(self, user, folder, script):
        """Its output, or a failure with it."""
        print(f"==== {user} in {folder}\n{script}\n----", file=self.log, flush=True)
        done = subprocess.run(self.command(user, folder, script), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=1800)
        print(done.stdout, file=self.log, flush=True)
        if done.returncode != 0:
            raise AssertionError(f"exit code {done.returncode} of: {script}")
        return done.stdout
