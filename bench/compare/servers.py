# SPDX-License-Identifier: MIT
"""The servers that are compared: how each is started, and what the kernel says of it."""
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE = 20  # seconds for what should take no time
# Lua patterns of bodies: see wrk.lua.
GREETING = "^Hello, you've requested: (.*)\n$"
JSON = '"path":"([^"]*)"'
PRIMES = "^0 primes up to 0\n$"  # what examples/deferred.c answers to a path without a number

NGINX = """
daemon off;
worker_processes {threads};
error_log stderr crit;
pid {directory}/pid;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    default_type "text/plain; charset=utf-8";
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        add_header X-Content-Type-Options nosniff;
        location / {{ return 200 "Hello, you've requested: $uri\\n"; }}
    }}
}}
"""

HAPROXY = """
global
    no strict-limits
    maxconn 12000
    nbthread {threads}
defaults
    mode http
    timeout client 1h
    timeout connect 1h
    timeout server 1h
frontend hello
    bind 127.0.0.1:{port} backlog 4096
    http-request return status 200 content-type "text/plain; charset=utf-8" \
        hdr X-Content-Type-Options nosniff lf-string "Hello, you've requested: %[path]\\n"
"""


class Peer:
    """A way to start a server. `command` gives the arguments for a port, a number of threads, and
    whether each answer is the last of its connection; port 0 if `says_port`. A peer whose body is
    no greeting does another job than the others."""

    def __init__(self, name, program, command, says_port=True, body=GREETING):
        self.name = name
        self.program = program
        self.command = command
        self.says_port = says_port
        self.body = body

    def missing(self):
        """Why there is no such server here, or None."""
        if not self.program:
            return "not built" if self.says_port else "not installed"
        return None if os.access(self.program, os.X_OK) else f"no {self.program}"

    def size(self):
        return os.path.getsize(os.path.realpath(self.program))


class Server:
    """A running one; its address is 127.0.0.1 and `port`."""

    def __init__(self, peer, cpus, threads=1, closes=False, prefix=()):
        self.peer = peer
        self.port = 0 if peer.says_port else free_port()
        self.directory = tempfile.mkdtemp(prefix="hello-bench-")
        command = peer.command(self.port, threads, closes, self.directory)
        self.process = subprocess.Popen(
            ["taskset", "-c", cpus, *prefix, *command], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment())
        if peer.says_port:
            self.port = self._read_port()
        else:
            self._wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in reversed(self.pids()):  # what a tracer runs, before the tracer
            _kill(pid, signal.SIGTERM)
        self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            for pid in self.pids():
                _kill(pid, signal.SIGKILL)
            self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _read_port(self):
        line = self.process.stdout.readline().decode()
        match = re.search(r":(\d+)(?:,|$)", line.strip())
        if not match:
            raise RuntimeError(f"{self.peer.name} does not say where it listens, but {line!r}")
        return int(match[1])

    def _wait(self):
        """Until it answers: nginx listens before the processes that answer are there."""
        for _ in range(PATIENCE * 100):
            try:
                with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as client:
                    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    if client.recv(1):
                        return
            except OSError:
                time.sleep(0.01)
                self.process.poll()
                if self.process.returncode is not None:
                    raise RuntimeError(f"{self.peer.name}: {self.process.stdout.read()}") from None
        raise RuntimeError(f"{self.peer.name} does not listen")

    def pids(self):
        """The process and all below it."""
        found = [self.process.pid]
        for pid in found:
            for task in glob.glob(f"/proc/{pid}/task/*/children"):
                found += [int(child) for child in _read(task).split()]
        return found

    def schedstats(self):
        return [path for pid in self.pids() for path in glob.glob(f"/proc/{pid}/task/*/schedstat")]

    def cpu_time(self):
        """Nanoseconds, user and system, of all threads."""
        return sum(int(_read(path).split()[0] or 0) for path in self.schedstats())

    def memory(self, field="VmRSS"):
        """Bytes; VmHWM is the most there have been."""
        total = 0
        for pid in self.pids():
            match = re.search(rf"^{field}:\s+(\d+) kB", _read(f"/proc/{pid}/status"), re.M)
            total += int(match[1]) * 1024 if match else 0
        return total


def _read(path):
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def environment():
    return {name: value for name, value in os.environ.items()
            if name != "PORT" and not name.startswith("HELLOD_")}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def line_of(*command):
    """The first line that a command prints."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
        return (done.stdout + done.stderr).strip().splitlines()[0]
    except (OSError, IndexError):
        return "none"


def named(name, *command):
    """With the version that the command prints."""
    match = re.search(r"(?:/|version |go)(\d+(\.\d+)+)", line_of(*command))
    return f"{name} {match[1]}" if match else name


def unpacked(folder, name):
    """A program of a newer Debian, in a folder of its packages, by its own C library's loader."""
    program = os.path.join(folder, "usr/sbin", name)
    loaders = glob.glob(os.path.join(folder, "usr/lib/*/ld-linux*"))
    if not loaders:
        return None, []
    return program, [loaders[0], "--library-path", os.path.dirname(loaders[0]), program]


def configured(name, text, *options):
    """The way to start nginx or HAProxy: the configuration goes to a file."""
    def of(program, start):
        def command(port, threads, closes, directory):
            path = os.path.join(directory, f"{name}.conf")
            with open(path, "w", encoding="ascii") as file:
                file.write(text.format(port=port, threads=threads, directory=directory))
            os.chmod(directory, 0o755)
            return [*start, *[option.format(path=path, directory=directory) for option in options]]
        return Peer(named(name, *start, "-v"), program, command, says_port=False)
    return of


def peers(programs, folder):
    """All of them, by what the build has: name to path, or None; and a folder of script/bootstrap's
    for the newer nginx and HAProxy."""
    def hellod(program, *more):
        return lambda port, threads, closes, directory: [
            program, "--listen", f"127.0.0.1:{port}", "--threads", str(threads),
            "--max-connections", "12000", *more]

    def proxies(name, of):
        system = shutil.which(name)
        return [of(system, [system or name]), of(*unpacked(folder, name))]

    def go(program):
        return Peer(named("Go", program or ""), program,
                    lambda port, threads, closes, directory: [program, str(port)])

    static, shared = programs.get("hellod-static"), programs.get("hellod-shared")
    bare, plain, deferred = (programs.get(name) for name in ("bare", "plain_mhd", "deferred"))
    found = [
        Peer("bare loop", bare, lambda port, threads, closes, directory:
             [bare, str(port), *(["close"] if closes else [])]),
        Peer("hellod", static, hellod(static)),
        Peer("hellod, glibc shared", shared, hellod(shared)),
        *proxies("nginx", configured("nginx", NGINX, "-c", "{path}", "-p", "{directory}")),
        *proxies("haproxy", configured("HAProxy", HAPROXY, "-db", "-f", "{path}")),
        Peer("plain MHD", plain, lambda port, threads, closes, directory:
             [plain, str(port), str(threads), "12000"]),
        *[go(program) for name, program in programs.items() if name.startswith("go")],
        Peer("hellod, JSON", static, hellod(static, "--format", "json"), body=JSON),
        Peer("deferred, glibc shared", deferred,
             lambda port, threads, closes, directory: [deferred], body=PRIMES),
    ]
    return {peer.name: peer for peer in found}.values()  # Debian testing itself has one nginx
