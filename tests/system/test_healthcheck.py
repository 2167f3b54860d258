# SPDX-License-Identifier: MIT
"""hellod --healthcheck: 0 or 1, within a second, however the address was set."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from daemon import HELLOD, PATIENCE, WRAPPER, Daemon, curl, main, run, skip_unless, wait_until

NOBODY = 65534


def can_be(user):
    try:
        os.seteuid(user)
    except OSError:
        return False
    os.seteuid(0)
    return True


UNSHARE = ["unshare", "--pid", "--fork"]
CAN_UNSHARE = (shutil.which("unshare") is not None and
               subprocess.run([*UNSHARE, "true"], stderr=subprocess.DEVNULL).returncode == 0)


class Healthcheck(unittest.TestCase):
    def check(self, code, line, *arguments, **keywords):
        """Run the probe: its exit code, a pattern of its line on stderr, and its second."""
        begin = time.monotonic()
        got, output, errors = run("--healthcheck", *arguments, **keywords)
        took = time.monotonic() - begin
        self.assertEqual((got, output), (code, ""), errors)
        self.assertRegex(errors, f"^{line}$")
        # Its patience ends after 900 ms; what is left over is for starting it, emulated perhaps.
        self.assertLess(took, 3)

    def test_a_running_daemon_is_well(self):
        for listen in ("127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0", ":0", "localhost:0"):
            with self.subTest(listen), Daemon(listen=listen, admin=listen) as daemon:
                address = listen.removesuffix("0") + str(daemon.port)
                self.check(0, "", "--admin", listen.removesuffix("0") + daemon.admin.rsplit(":", 1)[1])
                self.check(0, "", "--listen", address)
                self.check(0, "", environment={"HELLOD_LISTEN": address})
                if listen == ":0":
                    self.check(0, "", environment={"PORT": str(daemon.port)})

    def test_one_that_answers_late_and_not_well_is_well(self):
        for arguments in (["--status", "503"], ["--delay", "60"]):
            with self.subTest(arguments), Daemon(*arguments) as daemon:
                self.check(0, "", "--listen", f"127.0.0.1:{daemon.port}")

    def test_a_full_server_is_well(self):
        for arguments in ([], ["--when-full=refuse"]):
            with self.subTest(arguments), tempfile.TemporaryDirectory() as directory, \
                    Daemon("--max-connections=1", "--threads=1", *arguments) as tcp, \
                    Daemon("--max-connections=1", "--threads=1", *arguments,
                           listen=f"unix:{directory}/socket"):
                with tcp.connect() as client, tcp.connect(), \
                        socket.socket(socket.AF_UNIX) as unix_client:
                    unix_client.connect(f"{directory}/socket")
                    for connection in (client, unix_client):
                        connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                        self.assertTrue(connection.recv(4096))
                    self.check(0, "", "--listen", f":{tcp.port}")
                    self.check(0, "", "--listen", f"unix:{directory}/socket")

    def test_a_hung_one_is_not_well(self):
        for admin in (None, "127.0.0.1:0"):
            with self.subTest(admin), Daemon(admin=admin) as daemon:
                address = f"127.0.0.1:{daemon.port}"
                arguments = ["--admin", daemon.admin.removeprefix("http://")] if admin else []
                daemon.send_signal(signal.SIGSTOP)
                os.waitpid(daemon.process.pid, os.WUNTRACED)
                self.check(1, "hellod: no answer within a second\n", "--listen", address, *arguments)
                daemon.send_signal(signal.SIGCONT)
                self.check(0, "", "--listen", address, *arguments)

    def test_no_line_is_logged(self):
        with tempfile.TemporaryFile("w+") as log, Daemon("--access-log=common",
                                                         stdout=log) as daemon:
            self.check(0, "", "--listen", f"127.0.0.1:{daemon.port}")
            curl(daemon.url("/abc"))
            self.assertEqual(daemon.stop(), (0, ""))
            log.seek(0)
            lines = log.read().splitlines()
            self.assertEqual(len(lines), 1, lines)
            self.assertIn("GET /abc", lines[0])

    def test_it_is_well_until_it_drains(self):
        with Daemon("--shutdown-delay=30s", admin="127.0.0.1:0") as daemon:
            daemon.send_signal()
            wait_until(lambda: daemon.ask_admin("/readyz")[0] == 503, "/readyz is 503")
            for _ in range(3):
                self.check(0, "", "--listen", f"127.0.0.1:{daemon.port}")

    def test_the_next_daemon_at_a_port_has_a_socket_of_its_own(self):
        """Also while the one before it has requests in flight."""
        request = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n"
        with Daemon() as old, old.connect() as client:
            client.sendall(request)
            wait_until(lambda: old.has_read(client), "the daemon reads the request")
            old.send_signal()
            address = f"127.0.0.1:{old.port}"
            wait_until(lambda: run("--healthcheck", "--listen", address)[0] == 1, "it drains")
            with Daemon(listen=address) as new:
                old.process.kill()
                self.check(0, "", "--listen", address)
                self.assertEqual(new.stop(), (0, ""))

    def test_without_its_socket_the_main_port_is_asked(self):
        with socket.socket(socket.AF_UNIX) as taken, Daemon() as first:
            first.stop()
            address = f"127.0.0.1:{first.port}"
            taken.bind(f"\0hellod:{first.port}")
            with Daemon(listen=address) as daemon:
                self.assertRegex(daemon.ready, "^hellod: --healthcheck: cannot open the private socket: "
                                               "Address .*in use\n$")
                self.assertIn("listening", daemon.process.stderr.readline())
                self.check(0, "", "--listen", address)

    @unittest.skipUnless(can_be(NOBODY), "only root can, of more than a user namespace of its own")
    def test_the_socket_of_another_user_is_not_believed(self):
        with Daemon() as daemon, socket.socket(socket.AF_UNIX) as stranger:
            daemon.stop()
            stranger.bind(f"\0hellod:{daemon.port}")
            os.seteuid(NOBODY)
            stranger.listen()  # whose socket it is, as far as its clients are told
            os.seteuid(0)
            self.check(1, "hellod: .*: cannot connect: .*refused\n", "--listen", f":{daemon.port}")

    @skip_unless(CAN_UNSHARE, "no PID namespace can be made")
    def test_the_socket_of_another_container_is_not_believed(self):
        with tempfile.TemporaryFile("w+") as log, \
                Daemon("--access-log=common", stdout=log) as daemon:
            subprocess.run([*UNSHARE, *WRAPPER, HELLOD, "--healthcheck", "--listen",
                            f":{daemon.port}"], check=True, timeout=PATIENCE)
            self.assertEqual(daemon.stop(), (0, ""))
            log.seek(0)
            self.assertIn("OPTIONS *", log.read(), "the main port was asked")

    def test_the_admin_port_is_asked(self):
        with Daemon(admin="127.0.0.1:0") as daemon:
            admin = daemon.admin.removeprefix("http://")
            self.check(0, "", "--listen", "127.0.0.1:1", "--admin", admin)
        self.check(1, f"hellod: {admin}: cannot connect: .*\n", "--admin", admin)

    def test_on_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as directory:
            address = f"unix:{directory}/socket"
            with Daemon(listen=address):
                self.check(0, "", "--listen", address)
            self.check(1, f"hellod: {address}: cannot connect: .*\n", "--listen", address)

    def test_nobody_listens(self):
        with Daemon() as daemon:
            address = f"127.0.0.1:{daemon.port}"
        self.check(1, rf"hellod: {address}: cannot connect: .*refused\n", "--listen", address)

    def test_one_that_does_not_answer(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = f"127.0.0.1:{silent.getsockname()[1]}"
            self.check(1, "hellod: no answer within a second\n", "--listen", address)

    def test_port_zero_cannot_be_asked(self):
        self.check(1, "hellod: --healthcheck: '127.0.0.1:0': expected .*\n", "--listen", "127.0.0.1:0")

    def test_bad_settings_are_usage_errors(self):
        self.check(2, "hellod: PORT: 'x' is not a number .*\n", environment={"PORT": "x"})


if __name__ == "__main__":
    main()
