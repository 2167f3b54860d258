# SPDX-License-Identifier: MIT
"""hellod --healthcheck: 0 or 1, within a second, however the address was set."""

import socket
import tempfile
import time
import unittest

from daemon import Daemon, main, run


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
            with self.subTest(listen), Daemon(listen=listen) as daemon:
                address = listen.removesuffix("0") + str(daemon.port)
                self.check(0, "", "--listen", address)
                self.check(0, "", environment={"HELLOD_LISTEN": address})
                if listen == ":0":
                    self.check(0, "", environment={"PORT": str(daemon.port)})

    def test_one_that_answers_late_and_not_well_is_well(self):
        for arguments in (["--status", "503"], ["--delay", "60"]):
            with self.subTest(arguments), Daemon(*arguments) as daemon:
                self.check(0, "", "--listen", f"127.0.0.1:{daemon.port}")

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
        self.check(1, "hellod: 127.0.0.1:0: cannot be asked: .*\n", "--listen", "127.0.0.1:0")

    def test_bad_settings_are_usage_errors(self):
        self.check(2, "hellod: PORT: 'x' is not a number .*\n", environment={"PORT": "x"})


if __name__ == "__main__":
    main()
