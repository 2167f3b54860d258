# SPDX-License-Identifier: MIT
"""deploy/swarm/stack.yaml in a real swarm of one node, by the commands that it prints: updates and
rollbacks under load, through haproxy, and not one request lost."""
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
for folder in ("system", "clients", "container"):
    sys.path.insert(0, str(HERE.parent / folder))
from client import main  # noqa: E402
from engine import Engine  # noqa: E402
from load import Load  # noqa: E402

FILE = "deploy/swarm/stack.yaml"
STACK = "hello"
DEPLOY = f"docker stack deploy -c {FILE} {STACK}"
RELEASE = "registry.example/hello:0.2.0"
UPDATE = f"HELLO_IMAGE={RELEASE} {DEPLOY}"
ROLLBACK = f"docker service rollback {STACK}_hello"
# The images that the stack names, and two for updates.
GOOD, PROXY = "hello:latest", "haproxy:lts-alpine"
NEXT, BROKEN = (f"hello-test:{tag}" for tag in ("next", "broken"))
PATIENCE = 180  # seconds for an update of all tasks on a machine that is busy with them
FINAL = "completed", "paused", "rollback_completed", "rollback_paused"
engine = None


def setUpModule():
    global engine
    engine = Engine(os.environ.get("HELLO_ENGINE_STATE", "/var/tmp/hello-engine"))
    unittest.addModuleCleanup(engine.__exit__)
    engine.__enter__()
    build_images()
    if engine.docker("info", "--format", "{{.Swarm.LocalNodeState}}").stdout.strip() == "inactive":
        engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:0")
        unittest.addModuleCleanup(engine.docker, "swarm", "leave", "--force")


def build_images():
    engine.docker("build", "-f", ROOT / "docker/Dockerfile", "-t", GOOD, ROOT)
    for image, line in {NEXT: "LABEL is=next", BROKEN: 'CMD ["--no-such-option"]'}.items():
        engine.docker("build", "-t", image, "-", input=f"FROM {GOOD}\n{line}\n")
    build_proxy()


def build_proxy():
    """haproxy of this machine, with the libraries that it is linked with."""
    libraries = subprocess.run(["ldd", "/usr/sbin/haproxy"], capture_output=True, text=True, check=True)
    with subprocess.Popen(["tar", "--dereference", "--absolute-names", "-c", "/usr/sbin/haproxy",
                           *re.findall(r"/\S+", libraries.stdout)], stdout=subprocess.PIPE) as tar:
        engine.docker("import", "--change", 'CMD ["/usr/sbin/haproxy", "-f", '
                      '"/usr/local/etc/haproxy/haproxy.cfg"]', "-", PROXY, stdin=tar.stdout)


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not happen in {PATIENCE} s: {what}\n{tasks()}")
        time.sleep(0.1)


def tasks():
    return engine.docker("stack", "ps", "--no-trunc", STACK, check=False).stdout


def remove():
    engine.docker("stack", "rm", STACK)
    wait_until(lambda: not engine.docker("ps", "--quiet", "--filter", f"name={STACK}_").stdout
               and f"{STACK}_inner" not in engine.docker("network", "ls").stdout, "the stack goes")


def service(template):
    return engine.docker("service", "inspect", "--format", template, f"{STACK}_hello").stdout.strip()


def update_state():
    return service("{{with .UpdateStatus}}{{.State}}{{end}}")


def running_images():
    """Of the tasks that serve."""
    return engine.docker("ps", "--filter", f"name={STACK}_hello", "--filter", "health=healthy",
                         "--format", "{{.Image}}").stdout.split()


def port_of_proxy(inside):
    """Where the node has published a port of haproxy's; none while it is not up."""
    published = engine.docker("ps", "--filter", f"name={STACK}_front", "--format", "{{.Ports}}").stdout
    found = re.search(rf":(\d+)->{inside}/tcp", published)
    return found and int(found[1])


def servers():
    """What haproxy counts for each server that it has an address for. The stack does not publish it."""
    proxy, = engine.docker("ps", "--quiet", "--filter", f"name={STACK}_front").stdout.split()
    process = engine.docker("inspect", "--format", "{{.State.Pid}}", proxy).stdout.strip()
    done = subprocess.run(["nsenter", "--net", "--target", process, "curl", "-sS", "--max-time", "10",
                           "http://127.0.0.1:8404/;csv"], capture_output=True, text=True, check=True)
    names, *rows = (line.split(",") for line in done.stdout.lstrip("# ").splitlines())
    rows = [dict(zip(names, row)) for row in rows]
    return [row for row in rows if row["svname"].startswith("task-")]


def proxy_log():
    return engine.docker("service", "logs", "--raw", "--tail", "50", f"{STACK}_front", check=False).stdout


class Stack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(remove)
        engine.type(FILE, DEPLOY)
        cls.replicas = int(service("{{.Spec.Mode.Replicated.Replicas}}"))
        wait_until(lambda: running_images() == [GOOD] * cls.replicas, "all tasks are healthy")
        wait_until(lambda: port_of_proxy(8080), "haproxy is up")
        wait_until(lambda: sum(row["status"] == "UP" for row in servers()) == cls.replicas,
                   "haproxy has found the tasks")

    def change_under_load(self, change, state, image):
        """Zero failed requests until the change has come to that state, with that image."""
        began = time.monotonic()
        with Load(("127.0.0.1", port_of_proxy(8080)), 4, 4, 2) as load:
            load.wait_for_answers()
            change()
            wait_until(lambda: update_state() in FINAL, f"the update ends: {update_state()}")
            self.assertEqual(update_state(), state, tasks())
            wait_until(lambda: running_images() == [image] * self.replicas, f"only {image} runs")
            load.wait_for_answers()
        load.report()
        print(f"{time.monotonic() - began:.0f} s")
        self.assertEqual(load.take_failures(), [], f"haproxy says:\n{proxy_log()}")
        retried = sum(int(row["wretr"]) + int(row["wredis"]) for row in servers())
        self.assertEqual(retried, 0, f"haproxy had to try again:\n{proxy_log()}")

    def test_0_time_to_end(self):
        task = yaml.safe_load((ROOT / FILE).read_text(encoding="utf-8"))["services"]["hello"]
        takes = sum(int(task["environment"][f"HELLOD_SHUTDOWN_{name}"].removesuffix("s"))
                    for name in ("DELAY", "TIMEOUT"))
        self.assertGreater(int(task["stop_grace_period"].removesuffix("s")), takes)

    def test_1_rolling_update(self):
        self.change_under_load(lambda: engine.type(FILE, UPDATE, {RELEASE: NEXT}), "completed", NEXT)

    def test_2_rollback(self):
        self.change_under_load(lambda: engine.type(FILE, ROLLBACK), "rollback_completed", GOOD)

    def test_3_update_that_takes_itself_back(self):
        self.change_under_load(lambda: engine.type(FILE, UPDATE, {RELEASE: BROKEN}), "rollback_completed", GOOD)
        self.assertIn(f" {BROKEN} ", tasks())

    def test_4_task_that_is_killed(self):
        """What it had in flight is lost, and no more; another one takes its place."""
        with Load(("127.0.0.1", port_of_proxy(8080)), 4, 4, 2) as load:
            load.wait_for_answers()
            victim, *_ = engine.docker("ps", "--quiet", "--filter", f"name={STACK}_hello").stdout.split()
            began = time.monotonic()
            engine.docker("kill", victim)
            wait_until(lambda: running_images() == [GOOD] * self.replicas, "another task is healthy")
            load.wait_for_answers()
            took = time.monotonic() - began
        failures = load.take_failures()
        print(f"{len(failures)} requests lost, replaced after {took:.0f} s")
        self.assertLessEqual(len(failures), len(load.clients()), f"{failures}\n{proxy_log()}")


if __name__ == "__main__":
    main("curl", "dockerd", "haproxy", "nsenter")
