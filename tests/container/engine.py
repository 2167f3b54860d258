# SPDX-License-Identifier: MIT
"""A Docker engine for the tests: the one that answers, or one started here and ended after."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

BASE = "debian:trixie-slim"
SUITE = "trixie"
PATIENCE = 60
ROOT = pathlib.Path(__file__).resolve().parents[2]


def find_client():
    """Of the engine's own package where there is one: another may be too new for it."""
    for candidate in ("/usr/bin/docker", shutil.which("docker")):
        if candidate and os.path.exists(candidate):
            return candidate
    return None


def apt_sources(suite=SUITE):
    """The system's own entries for Debian's archive, with another suite: that of the base image."""
    release = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    codename = re.search(r"^VERSION_CODENAME=(\w+)$", release, re.M)[1]
    folder = pathlib.Path("/etc/apt/sources.list.d")
    text = "\n\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sources")))
    stanzas = [re.sub(rf"\b{codename}\b", suite, stanza)
               for stanza in re.split(r"\n\s*\n", text)
               if re.search(rf"^Suites:.*\b{codename}\b", stanza, re.M)]
    lines = []
    for path in [pathlib.Path("/etc/apt/sources.list"), *sorted(folder.glob("*.list"))]:
        if path.exists():
            lines += [re.sub(rf"\b{codename}\b", suite, line)
                      for line in path.read_text(encoding="utf-8").splitlines()
                      if re.match(rf"deb .*\b{codename}\b", line)]
    return "\n\n".join(stanzas) + "\n", "\n".join(lines) + "\n"


def mirror(stanzas, lines):
    for pattern, text in ((r"^URIs:\s*(\S+)", stanzas), (r"^deb\s+(?:\[.*?\]\s+)?(\S+)", lines)):
        found = re.search(pattern, text, re.M)
        if found:
            return found[1]
    raise LookupError("no entry for Debian's archive among the sources of apt")


def apt_settings():
    """What the system's apt is told about its network and its clock."""
    settings = subprocess.run(["apt-config", "dump", "--format", '%f "%v";%n', "Acquire"],
                              capture_output=True, text=True, check=True).stdout
    return "".join(line + "\n" for line in settings.splitlines()
                   if re.match(r"Acquire::(Check-|https?::|Retries|ForceIPv4|ForceIPv6)", line))


def clear(run):
    """Remove what an engine that has ended left. A network that is still there keeps its address on
    the bridge, where the next engine gives the same address to another container."""
    for network in run.glob("exec/netns/*"):
        subprocess.run(["umount", network], stderr=subprocess.DEVNULL, check=False)
    shutil.rmtree(run, ignore_errors=True)


class Engine:
    def __init__(self, state):
        self.client = find_client()
        if not self.client:
            raise FileNotFoundError("docker: no client; script/bootstrap container installs one")
        self.state = pathlib.Path(state).resolve()  # kept: the layers are the cache
        self.daemon = self.run = None
        self.environment = os.environ | {
            "PATH": f"{os.path.dirname(self.client)}:{os.environ['PATH']}"}

    # ---- Life ----

    def __enter__(self):
        if not self.answers():
            self.start()
        if not self.has(BASE):
            self.get_base()
        return self

    def __exit__(self, *_):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait(PATIENCE)
            clear(self.run)

    def answers(self):
        return self.docker("info", check=False).returncode == 0

    def start(self):
        """Beside any other, with sockets and folders of its own."""
        self.state.mkdir(parents=True, exist_ok=True)
        for old in pathlib.Path("/tmp").glob("hello-engine-*"):  # of a run that was interrupted
            if not os.path.exists(f"/proc/{old.name.rpartition('-')[2]}"):
                clear(old)
        run = self.run = pathlib.Path(f"/tmp/hello-engine-{os.getpid()}")  # a socket's path is short
        run.mkdir()
        self.environment["DOCKER_HOST"] = f"unix://{run}/socket"
        with open(self.state / "dockerd.log", "wb") as log:
            self.daemon = subprocess.Popen(
                ["dockerd", "--data-root", self.state / "data", "--exec-root", run / "exec",
                 "--pidfile", run / "pid", "--host", self.environment["DOCKER_HOST"]],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self.daemon.poll() is not None or time.monotonic() > deadline:
                log = (self.state / "dockerd.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"dockerd does not answer:\n{log[-3000:]}")
            time.sleep(0.1)

    # ---- Calls ----

    def docker(self, *arguments, check=True, **options):
        done = subprocess.run([self.client, *map(str, arguments)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=self.environment,
                              **{"timeout": 900, **options})
        if check and done.returncode != 0:
            raise AssertionError(f"docker {' '.join(map(str, arguments))}: exit code "
                                 f"{done.returncode}\n{done.stdout}{done.stderr}")
        return done

    @staticmethod
    def printed(page, line):
        """Fail unless a page prints this line."""
        text = (ROOT / page).read_text(encoding="utf-8")
        if not re.search(rf"(^(\$ |# +)?|`){re.escape(line)}(`|$)", text, re.M):
            raise AssertionError(f"{page} does not print: {line}")

    def type(self, page, line, replaced=None, **options):
        """Run a line as a page prints it, by a shell in the top folder, with nothing set besides."""
        self.printed(page, line)
        for old, new in (replaced or {}).items():
            line = line.replace(old, new)
        done = subprocess.run(line, shell=True, cwd=ROOT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=self.environment, **{"timeout": 900, **options})
        if done.returncode != 0:
            raise AssertionError(f"{line}: exit code {done.returncode}\n{done.stdout[-6000:]}")
        return done.stdout

    def has(self, image):
        return self.docker("image", "inspect", image, check=False).returncode == 0

    # ---- What is needed besides ----

    def get_base(self):
        if self.docker("pull", BASE, check=False, timeout=120).returncode == 0:
            return
        print(f"{BASE} cannot be pulled; debootstrap makes it", file=sys.stderr, flush=True)
        root = self.state / "base"
        stanzas, lines = apt_sources()
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["debootstrap", "--variant=minbase", SUITE, root, mirror(stanzas, lines)],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        (root / "etc/apt/sources.list").write_text(lines, encoding="utf-8")
        (root / "etc/apt/sources.list.d").mkdir(exist_ok=True)
        (root / "etc/apt/sources.list.d/debian.sources").write_text(stanzas, encoding="utf-8")
        (root / "etc/apt/apt.conf.d/99host").write_text(apt_settings(), encoding="utf-8")
        with subprocess.Popen(["tar", "-C", root, "--sort=name", "-c", "."],
                              stdout=subprocess.PIPE) as tar:
            self.docker("import", "-", BASE, stdin=tar.stdout)
        shutil.rmtree(root)

    def emulate(self, architecture):
        """Have the kernel run another machine's programs."""
        registry = pathlib.Path("/proc/sys/fs/binfmt_misc")
        if os.uname().machine == architecture or (registry / f"qemu-{architecture}").exists():
            return
        if not (registry / "register").exists():
            subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", registry], check=True)
        if not (registry / f"qemu-{architecture}").exists():
            subprocess.run(["update-binfmts", "--enable", f"qemu-{architecture}"], check=True)
