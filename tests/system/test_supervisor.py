# SPDX-License-Identifier: MIT
"""What systemd and its like do: hand sockets over, and listen for word of the daemon."""

import contextlib
import errno
import os
import socket
import tempfile
import time
import unittest

from daemon import PATIENCE, Daemon, curl, main, refuses_connections, run, wait_until
from seccomp import CALLS, failing


def listening():
    return socket.create_server(("127.0.0.1", 0))


class Sockets(unittest.TestCase):
    def test_serves_an_inherited_socket(self):
        with listening() as listener:
            port = listener.getsockname()[1]
            with Daemon(sockets=[listener]) as daemon:
                self.assertEqual(daemon.port, port)
                self.assertEqual(curl(daemon.url("/abc")), b"Hello, you've requested: /abc\n")
                self.assertEqual(daemon.stop(), (0, ""))
            # It is ours still, and open.
            with socket.create_connection(("127.0.0.1", port), PATIENCE):
                listener.accept()[0].close()

    def test_serves_an_inherited_unix_socket(self):
        with tempfile.TemporaryDirectory() as directory, \
                socket.socket(socket.AF_UNIX) as listener:
            path = f"{directory}/socket"
            listener.bind(path)
            listener.listen()
            with Daemon(sockets=[listener]) as daemon:
                self.assertEqual(daemon.ready, f"hellod: listening on unix:{path}\n")
                body = curl("--unix-socket", path, "http://localhost/abc")
                self.assertEqual(body, b"Hello, you've requested: /abc\n")
                self.assertEqual(daemon.stop(), (0, ""))
            self.assertTrue(os.path.exists(path), "it is not the daemon's to remove")

    def test_the_name_admin_is_for_the_admin_port(self):
        for names in ("web:admin", "admin:web"):
            with listening() as first, listening() as second, \
                    Daemon(sockets=[first, second], environment={"LISTEN_FDNAMES": names}) as daemon:
                admin = [first, second][names.split(":").index("admin")].getsockname()[1]
                self.assertEqual(curl(f"http://127.0.0.1:{admin}/readyz"), b"ok\n")
                self.assertEqual(curl(daemon.url("/readyz")), b"Hello, you've requested: /readyz\n")

    def test_a_port_may_have_several_sockets(self):
        """As systemd passes one for IPv6 and one for IPv4, for either port."""
        with listening() as first, listening() as second, listening() as third, \
                listening() as fourth:
            sockets = [first, second, third, fourth]
            ports = [listener.getsockname()[1] for listener in sockets]
            with Daemon(sockets=sockets,
                        environment={"LISTEN_FDNAMES": "web:admin:web:admin"}) as daemon:
                lines = [daemon.ready] + [daemon.process.stderr.readline() for _ in range(3)]
                self.assertEqual(lines, [f"hellod: {what} on http://127.0.0.1:{port}\n"
                                         for what, port in (("listening", ports[0]),
                                                            ("listening", ports[2]),
                                                            ("admin", ports[1]),
                                                            ("admin", ports[3]))])
                for port, answer in zip(ports, [b"Hello, you've requested: /readyz\n", b"ok\n"] * 2):
                    self.assertEqual(curl(f"http://127.0.0.1:{port}/readyz"), answer)
                self.assertEqual(daemon.stop(), (0, ""))

    def test_an_inherited_port_is_closed_in_the_end(self):
        """Once the supervisor has closed it, too, new clients are refused while hellod drains:
        nothing keeps the socket open but its server."""
        admin, listener = listening(), listening()
        with admin, listener, \
                Daemon(sockets=[admin, listener],
                       environment={"LISTEN_FDNAMES": "admin:web"}) as daemon:
            inodes = [os.fstat(s.fileno()).st_ino for s in (admin, listener)]
            folder = f"/proc/{daemon.process.pid}/fd"
            links = [os.readlink(f"{folder}/{name}") for name in os.listdir(folder)]
            self.assertEqual([links.count(f"socket:[{inode}]") for inode in inodes], [1, 1])
            with daemon.connect() as client:
                client.sendall(b"POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n")
                wait_until(lambda: daemon.has_read(client), "the daemon reads the request")
                listener.close()
                daemon.send_signal()
                wait_until(lambda: refuses_connections(daemon), "new connections are refused")
                client.sendall(b"a")
                self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n"))
                self.assertEqual(daemon.wait()[0], 0)

    def test_sockets_for_another_process_are_left_alone(self):
        with Daemon(environment={"LISTEN_PID": "1", "LISTEN_FDS": "1"}) as daemon:
            self.assertEqual(daemon.stop(), (0, ""))

    def refuses(self, line, count, *arguments, names="", environment=None):
        with listening() as listener:
            daemon = Daemon(*arguments, sockets=[listener] * count,
                            environment={"LISTEN_FDNAMES": names} | (environment or {}))
            self.assertEqual((daemon.ready, daemon.wait()), (f"hellod: {line}\n", (2, "")))
            daemon.__exit__()

    def test_what_cannot_be_meant_is_refused(self):
        self.refuses("LISTEN_FDS: '17' is not a number of sockets up to 16", 17)
        for source, arguments, environment in (("--listen", ["--listen", ":80"], {}),
                                               ("HELLOD_LISTEN", [], {"HELLOD_LISTEN": ":80"}),
                                               ("PORT", [], {"PORT": "80"})):
            self.refuses(f"LISTEN_FDS: '1' passes a socket, and {source} sets an address; expected only "
                         "one", 1, *arguments, environment=environment)
        self.refuses("LISTEN_FDS: '1' passes a socket, and --admin sets an address; expected only one",
                     1, "--admin", ":80", names="admin")

    def test_what_is_no_listening_socket_is_a_failure(self):
        with socket.socket() as idle:
            daemon = Daemon(sockets=[idle])
            # in glibc's words, or musl's
            self.assertRegex(daemon.ready, "^hellod: LISTEN_FDS: '3': .*[Nn]ot supported")
            self.assertEqual(daemon.wait(), (1, ""))
            daemon.__exit__()

    def test_no_socket_of_another_hellod_can_be_asked(self):
        with listening() as listener:
            daemon = Daemon("--healthcheck", sockets=[listener])
            self.assertRegex(daemon.ready, "^hellod: --healthcheck: 'LISTEN_FDS': expected an address of --admin ")
            self.assertEqual(daemon.wait(), (1, ""))
            daemon.__exit__()


class Notification(unittest.TestCase):
    def setUp(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.settimeout(PATIENCE)

    def check(self, address, **environment):
        environment["NOTIFY_SOCKET"] = address
        with Daemon("--shutdown-delay", "10ms", environment=environment) as daemon:
            self.assertEqual(self.socket.recv(64), b"READY=1")
            if "WATCHDOG_USEC" in environment:
                for _ in range(3):
                    self.assertEqual(self.socket.recv(64), b"WATCHDOG=1")
            daemon.send_signal()
            state = b"WATCHDOG=1"
            while state == b"WATCHDOG=1":
                state = self.socket.recv(64)
            self.assertEqual(state, b"STOPPING=1")
            self.assertEqual(daemon.wait(), (0, ""))

    def test_tells_when_it_is_ready_and_when_it_stops(self):
        with tempfile.TemporaryDirectory() as directory:
            self.socket.bind(f"{directory}/notify")
            self.check(f"{directory}/notify")

    def test_abstract_addresses(self):
        self.socket.bind(b"\0hellod-notify-%d" % os.getpid())
        self.check(f"@hellod-notify-{os.getpid()}")

    def test_feeds_the_watchdog(self):
        self.socket.bind(b"\0hellod-watchdog-%d" % os.getpid())
        self.check(f"@hellod-watchdog-{os.getpid()}", WATCHDOG_USEC="20000")

    def test_the_watchdog_is_fed_twice_in_its_time(self):
        """systemd ends a service whose word comes once in that time, and late."""
        seconds = 4
        self.socket.bind(b"\0hellod-period-%d" % os.getpid())
        environment = {"NOTIFY_SOCKET": f"@hellod-period-{os.getpid()}",
                       "WATCHDOG_USEC": f"{seconds}000000"}
        with Daemon(environment=environment) as daemon:
            self.assertEqual(self.socket.recv(64), b"READY=1")
            self.assertEqual(self.socket.recv(64), b"WATCHDOG=1")
            began = time.monotonic()
            self.assertEqual(self.socket.recv(64), b"WATCHDOG=1")
            self.assertLess(time.monotonic() - began, 0.9 * seconds)
            self.assertEqual(daemon.stop(), (0, ""))

    @unittest.skipUnless(CALLS, "the numbers of this machine's system calls are not known here")
    def test_a_daemon_whose_server_has_failed_ends(self):
        """A thread that can no longer wait ends the server: a supervisor starts another."""
        filters = [failing(name, errno.EBADF) for name in ("epoll_wait", "epoll_pwait")]
        self.socket.bind(b"\0hellod-failed-%d" % os.getpid())
        environment = {"NOTIFY_SOCKET": f"@hellod-failed-{os.getpid()}", "WATCHDOG_USEC": "200000"}
        with Daemon(environment=environment,
                    preexec_fn=lambda: [install() for install in filters]) as daemon:
            code, rest = daemon.wait()
        self.assertEqual(code, 1)
        self.assertIn("Bad file descriptor", daemon.ready + rest)
        self.socket.setblocking(False)
        states = [self.socket.recv(64)]
        with contextlib.suppress(BlockingIOError):
            while True:
                states.append(self.socket.recv(64))
        self.assertEqual(states[0], b"READY=1")
        self.assertNotIn(b"STOPPING=1", states)

    def test_nobody_has_to_listen(self):
        for address in ("/nowhere/notify", "nonsense", "@" + "x" * 200, ""):
            with Daemon(environment={"NOTIFY_SOCKET": address}) as daemon:
                self.assertEqual(daemon.stop(), (0, ""), address)

    def test_a_daemon_that_does_not_start_is_not_ready(self):
        self.socket.bind(b"\0hellod-failure-%d" % os.getpid())
        with listening() as taken:
            code, _, _ = run("--listen", f"127.0.0.1:{taken.getsockname()[1]}",
                             environment={"NOTIFY_SOCKET": f"@hellod-failure-{os.getpid()}"})
            self.assertEqual(code, 1)
        self.socket.setblocking(False)
        self.assertRaises(BlockingIOError, self.socket.recv, 64)


if __name__ == "__main__":
    main()
