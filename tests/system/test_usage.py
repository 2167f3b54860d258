# SPDX-License-Identifier: MIT
"""Options, variables, and one clear line when something is wrong."""

import os
import re
import resource
import shlex
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

import messages
from daemon import HELLOD, PATIENCE, WRAPPER, Daemon, clean_environment, curl, main, run

# The words of a message that lead to the accepted form.
ACCEPTED = re.compile(r"expected|accept|is not (a|an|one of) .*(from|like|such as|\|)|up to|did you mean"
                      r"|see hellod --help|allows \d|needs? |is less than")


def run_given(given):
    """Run hellod with arguments, and with variables in the form NAME=value."""
    variables = dict(text.split("=", 1) for text in given if re.match("[A-Z_]+=", text))
    return run(*(text for text in given if not re.match("[A-Z_]+=", text)), environment=variables)


class Usage(unittest.TestCase):
    def test_help_and_version(self):
        code, output, errors = run("--help")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("--max-connections N", output)
        self.assertEqual([line for line in output.splitlines() if len(line) > 79], [])
        self.assertEqual(run("-h"), (0, output, ""))
        code, output, errors = run("--version")
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(output, r"^hellod \d+\.\d+\.\d+ \(libmicrohttpd 1\.\d+\.\d+, "
                                 r"(bundled with \d+ patches|from the system)\)\n"
                                 r"built by .* \d+\.\d+\..* for [\w-]+, (static|dynamic)\n$")
        with open(HELLOD, "rb") as file:
            head = file.read(4096)
        loader = re.search(rb"/ld-(musl|linux)", head)
        self.assertEqual("dynamic" in output, bool(loader))
        machine = {3: "i686", 62: "x86_64", 183: "aarch64"}.get(head[18], "")  # of ELF
        libc = "musl" if not loader or loader[1] == b"musl" else "gnu"
        self.assertRegex(output, rf" for {machine}[\w-]*-linux-{libc}, ")

    def test_each_message_states_input_mistake_and_accepted_form(self):
        with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as other:
            taken = f"127.0.0.1:{other.getsockname()[1]}"
            fill = lambda text: text.replace("FOLDER", folder).replace("TAKEN", taken)
            for row in messages.ROWS:
                given, remedy = ([fill(text) for text in texts] for texts in (row.given, row.remedy))
                with self.subTest(" ".join(row.given)[:80]):
                    code, output, errors = run_given(given)
                    self.assertEqual((code, output), (row.code, ""), errors)
                    line = re.escape(fill(row.message)).replace("FILES", r"\d+").replace("MOST", r"\d+")
                    self.assertRegex(errors, f"\\Ahellod: {line}\n\\Z")
                    self.assertRegex(errors, ACCEPTED)
                    self.corrects(row, remedy)

    def corrects(self, row, remedy):
        """The remedy is accepted, and hellod starts with it where the machine was at fault."""
        self.assertEqual(run_given(["--check", *remedy])[::2], (0, ""))
        if row.code == 1 and "--healthcheck" not in row.given:
            with Daemon(*remedy, listen=None) as daemon:
                self.assertIn("hellod: listening on", daemon.ready)
                self.assertEqual(daemon.stop()[0], 0)

    def test_no_message_is_left_out(self):
        """Each reason in the sources for a refused value is in a row."""
        root = Path(__file__).resolve().parents[2]
        reasons = set()
        for name in ("answer", "options", "value"):
            text = re.sub(r'"\s+"', "", (root / f"daemon/{name}.c").read_text())
            reasons |= set(re.findall(r'"((?:is|has|cannot|raises) [^"%]{4,})', text))
        reasons -= {"does not fit into memory", "is not a number of sockets up to 16"}
        self.assertGreater(len(reasons), 15)
        told = "".join(row.message for row in messages.ROWS)
        self.assertEqual([reason for reason in reasons if reason not in told], [])

    def test_a_configuration_is_checked(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = f"127.0.0.1:{other.getsockname()[1]}"  # is taken, which is not looked at
            code, output, errors = run("--check", "--listen", address, "--threads=2",
                                       "--idle-timeout=0", "--header=A: b", "--status=404@0.5%",
                                       "--keep-path", environment={"HELLOD_DELAY": "1500ms..2"})
        self.assertEqual((code, errors), (0, ""))
        for line in (f"--listen {address}", "--threads 2", "--idle-timeout 0ms", "--header A: b",
                     "--delay 1500ms..2000ms", "--header-timeout 10000ms", "--keep-path",
                     "--status 404@0.500%", "--greeting Hello, you've requested: {path}",
                     "--when-full wait", "--access-log off", "--shutdown-timeout 8000ms",
                     "--admin (none)", "--log-field (none)", "--max-head-size 32768"):
            self.assertIn(line + "\n", output)
        self.assertNotIn("--check", output)
        self.assertNotIn("--unready", output)

    def test_the_commands_of_the_documentation(self):
        """Each hellod with options that the README or the manual page prints is accepted."""
        root = Path(__file__).resolve().parents[2]
        commands = []
        for page in ("README.md", "man/hellod.1.scd"):
            commands += re.findall(r"^(?:\$ )?hellod (--.*)$", (root / page).read_text(), re.M)
        self.assertGreater(len(commands), 5)
        for command in commands:
            with self.subTest(command):
                self.assertEqual(run("--check", *shlex.split(command))[::2], (0, ""))

    def test_what_is_printed_can_be_given(self):
        """And is the same then: numbers are those in force, the library's included."""
        given = ["--status=503@10%", "--delay=1..2", "--log-field=A,B", "--format=json", "--unready"]
        _, output, _ = run("--check", *given)
        settings = [line.split(" ", 1) for line in output.splitlines() if line.startswith("--")]
        kept = [f"{line[0]}={line[1]}" if line[1:] else line[0] for line in settings
                if line[1:] != ["(none)"]]
        self.assertEqual(run("--check", *kept), (0, output, ""))

    def test_the_numbers_in_force_are_printed(self):
        """Those of a server that runs with the same options and the same limits."""
        for files, threads in ((1024, 1), (4096, 3), (400000, 2)):
            limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
            if files > resource.getrlimit(resource.RLIMIT_NOFILE)[1]:
                continue
            done = subprocess.run([*WRAPPER, HELLOD, "--check", "--threads", str(threads)],
                                  preexec_fn=limit, capture_output=True, text=True,
                                  timeout=PATIENCE, env=clean_environment())
            number = int(re.search(r"^--max-connections (\d+)$", done.stdout, re.M)[1])
            self.assertLessEqual(number, 10000)
            # One more is refused, as the library tells, unless it is the default's own bound.
            if number < 10000:
                done = subprocess.run([*WRAPPER, HELLOD, "--check", "--threads", str(threads),
                                       "--max-connections", str(number + 1)], preexec_fn=limit,
                                      capture_output=True, text=True, timeout=PATIENCE,
                                      env=clean_environment())
                self.assertRegex(done.stderr, rf"open files allows {number}\n$")
        cpus = {0, 1} & os.sched_getaffinity(0)
        done = subprocess.run([*WRAPPER, HELLOD, "--check"], text=True, capture_output=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, {min(cpus)}),
                              timeout=PATIENCE, env=clean_environment())
        self.assertIn("--threads 1\n", done.stdout)

    def test_long_values_are_printed_whole(self):
        """Of any length, and nothing behind them."""
        for length in (1000, 1023, 1024, 5000, 100000):
            code, output, errors = run("--check", "--greeting", "g" * length,
                                       environment={"HELLOD_HEADER": "A: " + "h" * length})
            self.assertEqual((code, errors), (0, ""))
            lines = output.splitlines()
            self.assertIn("--greeting " + "g" * length, lines)
            self.assertIn("--header A: " + "h" * length, lines)
            self.assertEqual(len(lines), len(run("--check", "--header=A: b")[1].splitlines()))

    def test_a_misspelt_variable_is_told(self):
        told = lambda **variables: run("--check", environment=variables)[::2]
        for name, hint in messages.WARNINGS:
            line = f"hellod: {name}: not a variable of hellod; {hint}\n"
            code, errors = told(**{name: "1"})
            self.assertEqual((code, errors[:1000]), (0, line[:1000]))
        self.assertEqual(told(HELLOD_THREADS="1", HELLOD_NONSENSE="", HELLO="1", HELLODX="1"), (0, ""))

    def test_services_of_kubernetes_are_known(self):
        """As the kubelet makes them for a port of each protocol."""
        for service in ("HELLOD", "HELLOD_ADMIN", "HELLOD_THREAD"):
            variables = {f"{service}_SERVICE_HOST": "10.0.0.1", f"{service}_SERVICE_PORT": "80",
                         f"{service}_SERVICE_PORT_HTTP": "80"}
            for protocol in ("tcp", "udp", "sctp"):
                url = f"{protocol}://10.0.0.1:80"
                port = f"{service}_PORT_80_{protocol.upper()}"
                variables |= {f"{service}_PORT": url, port: url, f"{port}_PROTO": protocol,
                              f"{port}_PORT": "80", f"{port}_ADDR": "10.0.0.1"}
                code, _, errors = run("--check", environment=variables)
                self.assertEqual((code, errors), (0, ""))

    def test_the_limit_of_open_files_is_raised(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        with Daemon("--max-connections", "100", "--threads", "1", preexec_fn=few) as daemon:
            clients = [daemon.connect() for _ in range(100)]
            for client in clients:
                client.sendall(b"GET /abc HTTP/1.1\r\nHost: h\r\n\r\n")
            for client in clients:
                self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n"))
                client.close()
            self.assertEqual(daemon.stop(), (0, ""))

    def test_the_memory_is_bounded(self):
        def memory(*arguments):
            code, output, errors = run("--check", "--threads=1", *arguments)
            self.assertEqual((code, errors), (0, ""))
            match = re.search(r"^memory: at most (\d+) MiB, and (\d+) MiB in the kernel\n"
                              r"Set the memory limit of a container to at least (\d+) MiB, or to "
                              r"(\d+) MiB if it counts", output, re.M)
            program, kernel, least, most = map(int, match.groups())
            self.assertEqual((least, most), (program, program + kernel))
            return program, kernel
        few, many = memory("--max-connections=10"), memory("--max-connections=1000")
        self.assertLess(few[0] + 100, many[0])
        self.assertLess(few[1] + 100, many[1])
        self.assertLess(few[0], memory("--max-connections=10", "--admin=127.0.0.1:1")[0])
        for more in ("--format=json", "--greeting={query}", "--header=X: {query}"):
            large = ("--max-connections=100", "--max-head-size=1048576")
            self.assertLess(memory(*large)[0] + 150, memory(*large, more)[0])

    def test_the_memory_of_the_log_is_counted(self):
        def memory(*arguments):
            output = run("--check", "--threads=8", "--max-connections=8", *arguments)[1]
            return int(re.search(r"^memory: at most (\d+) MiB", output, re.M)[1])
        self.assertIn(memory("--access-log=json") - memory(), (2, 3))

    def test_an_unusable_configuration_is_a_usage_error(self):
        """--check refuses a value that fails later without it."""
        for arguments in (["--listen=nowhere"], ["--admin=nowhere"], ["--max-connections=4000000000"]):
            code, output, errors = run("--check", *arguments)
            self.assertEqual((code, output), (2, ""))
            self.assertEqual(errors, run(*arguments)[2])

    def test_the_environment_is_read(self):
        threads = {}
        for number in (1, 3):
            environment = {"HELLOD_LISTEN": "127.0.0.1:0", "HELLOD_THREADS": str(number)}
            with Daemon(environment=environment, listen=None) as daemon:
                self.assertEqual(daemon.host, "127.0.0.1")
                self.assertEqual(curl(daemon.url("/x")), b"Hello, you've requested: /x\n")
                tasks = Path(f"/proc/{daemon.process.pid}/task")
                threads[number] = len(list(tasks.iterdir()))
        self.assertEqual(threads[3] - threads[1], 2, "a thread per shard, and some besides")

    def test_listens_on_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/socket"
            with Daemon(listen=f"unix:{path}") as daemon:
                self.assertEqual(daemon.ready, f"hellod: listening on unix:{path}\n")
                body = curl("--unix-socket", path, "http://localhost/abc")
                self.assertEqual(body, b"Hello, you've requested: /abc\n")
                self.assertEqual(daemon.stop(), (0, ""))
            self.assertFalse(Path(path).exists())

    def test_long_heads_are_answered(self):
        with Daemon("--max-head-size", "1024") as daemon:
            status = curl("-o", "/dev/null", "-w", "%{http_code}", "-H", "A: " + "x" * 2000,
                          daemon.url())
            self.assertEqual(status, b"431")

    def test_idle_connections_end(self):
        with Daemon("--idle-timeout", "100ms") as daemon, daemon.connect() as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            while client.recv(4096):
                pass


if __name__ == "__main__":
    main()
