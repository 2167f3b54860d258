# SPDX-License-Identifier: MIT
"""Where hellod listens, also where the kernel refuses it."""

import errno
import os
import re
import socket
import stat
import subprocess
import tempfile
import unittest

from daemon import HELLOD, PATIENCE, WRAPPER, Daemon, clean_environment, curl, main
from seccomp import CALLS, failing


def run_failing(install, *arguments, environment=None):
    """Run hellod to its end, with a system call that fails: exit code and stderr."""
    done = subprocess.run(WRAPPER + [HELLOD, *arguments], capture_output=True, text=True,
                          timeout=PATIENCE, preexec_fn=install,
                          env=clean_environment() | (environment or {}))
    return done.returncode, done.stderr


@unittest.skipUnless("socket" in CALLS, "the numbers of this machine's system calls are not known here")
class WithoutIpv6(unittest.TestCase):
    """A kernel that was started with ipv6.disable=1."""

    @classmethod
    def setUpClass(cls):
        cls.without_ipv6 = staticmethod(
            failing("socket", errno.EAFNOSUPPORT, socket.AF_INET6))

    def test_every_address_is_every_ipv4_address(self):
        for listen, host in ((":0", "0.0.0.0"), ("[::]:0", "0.0.0.0"), ("0.0.0.0:0", "0.0.0.0"),
                             ("127.0.0.1:0", "127.0.0.1"), ("localhost:0", "127.0.0.1")):
            with self.subTest(listen), \
                    Daemon(listen=listen, admin=listen, preexec_fn=self.without_ipv6) as daemon:
                self.assertTrue(daemon.ready.startswith(f"hellod: listening on http://{host}:"),
                                daemon.ready)
                self.assertTrue(daemon.admin.startswith(f"http://{host}:"), daemon.admin)
                body = curl(f"http://127.0.0.1:{daemon.port}/abc")
                self.assertEqual(body, b"Hello, you've requested: /abc\n")
                for option, port in (("--listen", daemon.port),
                                     ("--admin", daemon.admin.rpartition(":")[2])):
                    address = listen.removesuffix("0") + str(port)
                    self.assertEqual(run_failing(self.without_ipv6, "--healthcheck", option,
                                                 address), (0, ""))

    def test_the_default_address(self):
        with socket.create_server(("0.0.0.0", 0)) as other:
            port = str(other.getsockname()[1])
        with Daemon(listen=None, environment={"PORT": port},
                    preexec_fn=self.without_ipv6) as daemon:
            self.assertEqual(daemon.ready, f"hellod: listening on http://0.0.0.0:{port}\n")

    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as directory:
            address = f"unix:{directory}/socket"
            with Daemon(listen=address, preexec_fn=self.without_ipv6):
                self.assertEqual(run_failing(self.without_ipv6, "--healthcheck", "--listen",
                                             address), (0, ""))

    def test_an_ipv6_address_is_a_failure(self):
        for option in ("--listen", "--admin"):
            code, errors = run_failing(self.without_ipv6, option, "[::1]:0",
                                       environment={"PORT": "0"})
            self.assertEqual(code, 1)
            self.assertRegex(errors, rf"hellod: {option}: '\[::1\]:0': Address family not "
                                     "supported by protocol\n$")


@unittest.skipUnless("bind" in CALLS, "the numbers of this machine's system calls are not known here")
class PrivilegedPorts(unittest.TestCase):
    """A user who is not root, where the kernel or the container's engine reserves the ports."""

    def refused(self, *arguments, environment=None):
        return run_failing(failing("bind", errno.EACCES), *arguments, environment=environment)

    REMEDY = ("Permission denied: ports below 1024 need CAP_NET_BIND_SERVICE, or "
              "net.ipv4.ip_unprivileged_port_start=0, which CRI-O and older podman do not set; or "
              "listen at :8080")

    def test_the_remedy_is_told(self):
        self.assertEqual(self.refused("--listen", ":80"),
                         (1, f"hellod: --listen: ':80': {self.REMEDY}\n"))
        self.assertEqual(self.refused(environment={"HELLOD_LISTEN": "127.0.0.1:443"}),
                         (1, f"hellod: HELLOD_LISTEN: '127.0.0.1:443': {self.REMEDY}\n"))
        self.assertEqual(self.refused(environment={"PORT": "80"}),
                         (1, f"hellod: PORT: ':80': {self.REMEDY}\n"))
        self.assertEqual(self.refused("--admin", "[::1]:1023"),
                         (1, f"hellod: --admin: '[::1]:1023': {self.REMEDY}\n"))

    def test_other_addresses_have_other_reasons(self):
        with tempfile.TemporaryDirectory() as directory:
            for address in ("127.0.0.1:1024", "127.0.0.1:0", f"unix:{directory}/socket"):
                self.assertEqual(self.refused("--listen", address),
                                 (1, f"hellod: --listen: '{address}': Permission denied\n"))

    def test_the_default_is_named(self):
        self.assertEqual(self.refused(),
                         (1, "hellod: default of --listen: ':8080': Permission denied\n"))


class Several(unittest.TestCase):
    def check(self, directory, *arguments, environment=None):
        path = f"{directory}/socket"
        with Daemon(*arguments, listen=None, environment=environment) as daemon:
            self.assertEqual(daemon.host, "127.0.0.1")
            self.assertEqual(daemon.process.stderr.readline(),
                             f"hellod: listening on unix:{path}\n")
            greeting = b"Hello, you've requested: /abc\n"
            self.assertEqual(curl(daemon.url("/abc")), greeting)
            self.assertEqual(curl("--unix-socket", path, "http://localhost/abc"), greeting)
            self.assertEqual(daemon.stop(), (0, ""))
        self.assertFalse(os.path.exists(path))

    def test_arguments_and_a_variable(self):
        with tempfile.TemporaryDirectory() as directory:
            self.check(directory, "--listen", "127.0.0.1:0", "--listen", f"unix:{directory}/socket")
            self.check(directory,
                       environment={"HELLOD_LISTEN": f"127.0.0.1:0,unix:{directory}/socket"})

    def test_one_that_cannot_be_had_is_a_failure(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/socket"
            self.assertEqual(run_failing(None, "--listen", f"unix:{path}", "--listen", "nowhere"),
                             (2, "hellod: --listen: 'nowhere': expected HOST:PORT, [IPV6]:PORT, "
                                 ":PORT or unix:PATH\n"))
            self.assertFalse(os.path.exists(path))


class UnixSockets(unittest.TestCase):
    def test_the_file_has_its_mode(self):
        with tempfile.TemporaryDirectory() as directory:
            main_port, admin = f"{directory}/main", f"{directory}/admin"
            with Daemon("--listen-mode", "0666", listen=f"unix:{main_port}",
                        admin=f"unix:{admin}", preexec_fn=lambda: os.umask(0o77)):
                for path in (main_port, admin):
                    self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o666, path)

    def test_an_abstract_socket(self):
        name = f"hellod-abstract-{os.getpid()}"
        with tempfile.TemporaryDirectory() as directory, \
                Daemon(listen=f"unix:@{name}", cwd=directory) as daemon:
            self.assertEqual(daemon.ready, f"hellod: listening on unix:@{name}\n")
            self.assertEqual(os.listdir(directory), [])
            self.assertEqual(curl("--abstract-unix-socket", name, "http://localhost/abc"),
                             b"Hello, you've requested: /abc\n")
            self.assertEqual(run_failing(None, "--healthcheck", "--listen", f"unix:@{name}"),
                             (0, ""))


class Zones(unittest.TestCase):
    def test_a_link_local_address(self):
        with open("/proc/net/if_inet6") as table:
            found = re.search(r"^(fe80\w{28}) \w+ \w+ \w+ \w+ +(\S+)$", table.read(), re.M)
        if not found:
            self.skipTest("no interface has a link-local address")
        host = socket.inet_ntop(socket.AF_INET6, bytes.fromhex(found[1])) + "%" + found[2]
        with Daemon(listen=f"[{host}]:0", admin=f"[{host}]:0") as daemon:
            self.assertEqual(daemon.host, host)
            self.assertTrue(daemon.admin.startswith(f"http://[{host}]:"), daemon.admin)
            for option, address in (("--listen", f"[{host}]:{daemon.port}"),
                                    ("--admin", daemon.admin.removeprefix("http://"))):
                self.assertEqual(run_failing(None, "--healthcheck", option, address), (0, ""))


if __name__ == "__main__":
    main()
