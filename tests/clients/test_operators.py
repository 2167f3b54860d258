# SPDX-License-Identifier: MIT
"""What operators point at hellod: readers of its log and its metrics, and systemd."""
import json
import pathlib
import re
import subprocess
import unittest

from client import PATIENCE, ClientTest, Daemon, main

UNITS = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "systemd"
EXPOSURE = 20  # tenths; of 100
TARGETS = ["/abc", "/%41?q=1", '/a"b\\c', "/a//b", "/%", "/" + "x" * 3000]  # goaccess reads 4 kB of a line
SKIPPED = "/ready"
# For goaccess: the members of a line in JSON.
JSON_FORMAT = ('{"time":"%dT%t.%^","remote":"%h","method":"%m","target":"%U","protocol":"%H",'
               '"status":"%s","bytes":"%b","duration_us":"%D","host":"%v","referer":"%R",'
               '"user_agent":"%u"}')
# Added to each line, and what a client sends in them; the last is left out of every log.
ADDED = {"X-Request-Id": 'a "quoted" \\ id', "X-Other": "é", "Authorization": "Basic secret"}


class Log(ClientTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.logs = {name: cls.write_log(name) for name in ("common", "combined", "json")}

    @classmethod
    def write_log(cls, name):
        """A request for each target, over IPv4 and IPv6."""
        file = cls.path / name
        with open(file, "wb") as output, \
                Daemon("--access-log", name, "--log-field", ",".join(ADDED), "--log-skip", SKIPPED,
                       listen=":0", stdout=output) as daemon:
            fields = [f"-H{field}: {value}" for field, value in ADDED.items()]
            for target in [*TARGETS, SKIPPED]:
                for host in ("127.0.0.1", "[::1]"):
                    subprocess.run(["curl", "-sg", "-o", cls.path / "body", "--path-as-is", "-A",
                                    'a "quoted" agent', *fields, f"http://{host}:{daemon.port}{target}"],
                                   check=True, timeout=PATIENCE)
            assert daemon.stop() == (0, "")
        return file

    def check_goaccess(self, name, *options):
        report = self.path / f"{name}-report.json"
        self.run_tool("goaccess", str(self.logs[name]), "--no-global-config", "--no-progress", "-o",
                      str(report), *options)
        general = json.loads(report.read_text())["general"]
        self.assertEqual((general["total_requests"], general["valid_requests"],
                          general["failed_requests"]), (2 * len(TARGETS), 2 * len(TARGETS), 0))

    def test_goaccess(self):
        more = len(ADDED) * ' "%^"'
        self.check_goaccess("common", '--log-format=%h %^[%d:%t %^] "%r" %s %b' + more,
                            "--date-format=%d/%b/%Y", "--time-format=%T")
        self.check_goaccess("combined", '--log-format=%h %^[%d:%t %^] "%r" %s %b "%R" "%u"' + more,
                            "--date-format=%d/%b/%Y", "--time-format=%T")
        for name in ("common", "combined"):  # it does not mind what follows
            self.check_goaccess(name, f"--log-format={name.upper()}")
        self.check_goaccess("json", f"--log-format={JSON_FORMAT}", "--date-format=%Y-%m-%d",
                            "--time-format=%H:%M:%S")

    def test_jq(self):
        targets = self.run_tool("jq", "-r", ".target", str(self.logs["json"])).decode().splitlines()
        self.assertEqual(sorted(targets), sorted(2 * TARGETS))
        added = self.run_tool("jq", "-c", f"[{','.join('.' + json.dumps(name) for name in ADDED)}]",
                              str(self.logs["json"])).decode().splitlines()
        self.assertEqual([json.loads(line) for line in added],
                         2 * len(TARGETS) * [[ADDED["X-Request-Id"], "é", "[redacted]"]])


class Metrics(ClientTest):
    def test_promtool_has_no_complaint(self):
        with Daemon(admin="127.0.0.1:0") as daemon:
            self.curl(daemon.url("/abc"))
            text = daemon.ask_admin("/metrics")[2]
        self.assertEqual(self.run_tool("promtool", "check", "metrics", input=text.encode()), b"")


class Units(ClientTest):
    def test_the_service_is_shut_in(self):
        said = self.run_tool("systemd-analyze", "security", "--offline=true",
                             f"--threshold={EXPOSURE}", str(UNITS / "hellod.service")).decode()
        exposure = re.search(r"exposure level for hellod.service: (\d+)\.(\d)", said)
        self.assertLessEqual(int(exposure[1]) * 10 + int(exposure[2]), EXPOSURE, said)

    def test_systemd_understands_the_units(self):
        """Beside a program at the path of hellod, because systemd looks for it."""
        for unit in ("hellod.socket", "hellod.service"):
            text = (UNITS / unit).read_text()
            (self.path / unit).write_text(text.replace("/usr/bin/hellod", "/bin/true")
                                          .replace("Documentation=man:hellod(1)\n", ""))
        done = subprocess.run(["systemd-analyze", "verify", str(self.path / "hellod.service"),
                               str(self.path / "hellod.socket")], capture_output=True, text=True,
                              timeout=4 * PATIENCE)
        about_us = [line for line in done.stderr.splitlines() if "hellod" in line]
        self.assertEqual((done.returncode, about_us), (0, []), done.stderr)


if __name__ == "__main__":
    main("curl", "goaccess", "jq", "promtool", "systemd-analyze")
