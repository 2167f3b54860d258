# SPDX-License-Identifier: MIT
"""The image as people build and run it, in a real engine, for both architectures."""

import contextlib
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

from engine import BASE, PATIENCE, ROOT, Engine

HEADERS = 1000  # bytes, with the build ID
GATES = {"amd64": 140000, "arm64": 155000}  # bytes; the goal is 131,072
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
NATIVE, = (name for name, machine in MACHINES.items() if machine == os.uname().machine)
FOREIGN, = MACHINES.keys() - {NATIVE}
IMAGES = {NATIVE: "hello:latest", FOREIGN: f"hello:{FOREIGN}"}
# What the pages print. The engine and its client are those of the machine: with Docker before 23,
# and without the plugin buildx, the first line is for the classic builder.
BUILD = "docker build -f docker/Dockerfile -t hello ."
BUILD_FOREIGN = ("DOCKER_BUILDKIT=1 docker build -f docker/Dockerfile --platform linux/arm64 "
                 "-t hello:arm64 .")
BUILD_ARTIFACTS = "DOCKER_BUILDKIT=1 docker build -f docker/Dockerfile --target artifacts --output out ."
BUILDAH = ("buildah build --format docker --build-arg BUILDPLATFORM=local -f docker/Dockerfile "
           "-t hello .")
LOCKED = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
          "--security-opt", f"seccomp={ROOT}/docker/seccomp.json")
BUILD_PATIENCE = 600  # seconds, for an image that is built first
engine = None


def setUpModule():
    global engine
    engine = Engine(os.environ.get("HELLO_ENGINE_STATE", "/var/tmp/hello-engine"))
    unittest.addModuleCleanup(engine.__exit__)  # also when what follows fails
    engine.__enter__()
    for machine in MACHINES.values():
        engine.emulate(machine)
    print(engine.type("README.md", BUILD)[-200:])
    engine.type("doc/minimal-image.md", BUILD_FOREIGN, replaced={"arm64": FOREIGN})


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "--max-time", "30", *arguments], capture_output=True,
                          text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"curl {' '.join(arguments)}: {done.stderr}")
    return done.stdout + done.stderr


def ask_port_80(path, patience=PATIENCE):
    """As soon as something answers there. Its body."""
    def answers():
        return subprocess.run(["curl", "-s", "--max-time", "5", "localhost"], timeout=60,
                              stdout=subprocess.DEVNULL).returncode == 0
    wait_until(answers, "an answer on port 80", patience)
    return curl("localhost" + path)


def wait_until(condition, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not happen: {what() if callable(what) else what}")
        time.sleep(0.02)


class Container:
    """A running hello, its port 80 published on 127.0.0.1 at `port`."""

    def __init__(self, *options, image="hello", arguments=(), port=80):
        self.name = engine.docker("run", "-d", "-p", f"127.0.0.1::{port}", *options, image,
                                  *arguments).stdout.strip()
        try:
            published = engine.docker("port", self.name, f"{port}/tcp").stdout
            self.port = int(published.splitlines()[0].rpartition(":")[2])
            self.url = f"http://127.0.0.1:{self.port}"
            wait_until(lambda: "listening on" in self.logs(), f"the ready line: {self.logs()}")
        except BaseException:
            self.remove()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        engine.docker("rm", "-f", self.name, check=False)

    def logs(self):
        done = engine.docker("logs", self.name)
        return done.stdout + done.stderr

    def state(self):
        return json.loads(engine.docker("inspect", self.name).stdout)[0]["State"]

    def peak_kilobytes(self):
        """The most that was resident at once: what is resident now, a busy machine may have taken."""
        status = pathlib.Path(f"/proc/{self.state()['Pid']}/status").read_text(encoding="ascii")
        return int(re.search(r"^VmHWM:\s*(\d+) kB$", status, re.M)[1])


class Image(unittest.TestCase):
    """What is in it."""

    def extract(self, architecture):
        """Its configuration, and the files of its layers: name -> bytes."""
        with tempfile.TemporaryFile() as archive:
            subprocess.run([engine.client, "save", IMAGES[architecture]], stdout=archive,
                           env=engine.environment, check=True)
            archive.seek(0)
            with tarfile.open(fileobj=archive) as image:
                manifest = json.load(image.extractfile("manifest.json"))[0]
                configuration = json.load(image.extractfile(manifest["Config"]))
                layers = []
                for layer in manifest["Layers"]:
                    data = image.extractfile(layer).read()
                    with tarfile.open(fileobj=io.BytesIO(data)) as files:
                        layers.append({member.name: files.extractfile(member).read()
                                       for member in files if member.isfile()})
        return configuration, layers

    def test_one_layer_with_one_small_file(self):
        for architecture in MACHINES:
            with self.subTest(architecture):
                configuration, layers = self.extract(architecture)
                self.assertEqual([list(layer) for layer in layers], [["hellod"]])
                size = len(layers[0]["hellod"])
                print(f"linux/{architecture}: {size} bytes")
                self.assertLessEqual(size, GATES[architecture])
                self.assertEqual(configuration["architecture"], architecture)

    def test_nothing_is_left_to_load(self):
        for architecture in MACHINES:
            with self.subTest(architecture), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder, "hellod")
                path.write_bytes(self.extract(architecture)[1][0]["hellod"])
                headers = subprocess.run(["readelf", "-hldW", path], capture_output=True, text=True,
                                         check=True).stdout
                self.assertRegex(headers, r"Type:\s+DYN")
                self.assertNotRegex(headers, r"INTERP|NEEDED|TEXTREL|RWE")
                self.assertRegex(headers, r"GNU_RELRO")
                self.assertRegex(headers, r"BIND_NOW|Flags:.*NOW")
                self.assertRegex(headers, r"GNU_STACK.*RW ")

    def test_its_configuration(self):
        configuration = self.extract("amd64")[0]["config"]
        self.assertEqual(configuration["User"], "65532:65532")
        self.assertEqual(configuration["Entrypoint"], ["/hellod"])
        self.assertIn("PORT=80", configuration["Env"])
        self.assertFalse([name for name in configuration["Env"] if name.startswith("HELLOD_")])
        self.assertEqual(list(configuration["ExposedPorts"]), ["80/tcp"])
        self.assertEqual(configuration["Healthcheck"]["Test"], ["CMD", "/hellod", "--healthcheck"])
        for label in ("title", "source", "version", "revision", "licenses", "created"):
            self.assertIn(f"org.opencontainers.image.{label}", configuration["Labels"])
        version = subprocess.run([ROOT / "script/version"], capture_output=True, text=True, check=True)
        self.assertEqual(configuration["Labels"]["org.opencontainers.image.version"],
                         version.stdout.strip())

    def test_the_documented_size_is_its_size(self):
        """Within 2 %, so that not each change of a line takes new figures."""
        table = (ROOT / "doc/sizes/sizes.tsv").read_text(encoding="utf-8")
        documented = int(table.splitlines()[-1].split("\t")[1])
        size = len(self.extract("amd64")[1][0]["hellod"])
        self.assertLess(abs(size - documented), 0.02 * size,
                        "run doc/sizes/measure.py, see doc/minimal-image.md")

    def test_a_hosts_build_makes_the_same_image(self):
        with tempfile.TemporaryDirectory() as folder:
            hellod = pathlib.Path(folder, "hellod")
            hellod.write_bytes(self.extract("amd64")[1][0]["hellod"])
            hellod.chmod(0o755)
            engine.docker("build", "-f", ROOT / "docker/Dockerfile.host", "-t", "hello-test:host", folder)
            with Container(image="hello-test:host") as container:
                self.assertIn("/abc", curl(container.url + "/abc"))

    def test_a_dynamic_hellod_fails(self):
        """As the model's first attempt did: what is not there is its loader."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(os.environ["HELLOD"], pathlib.Path(folder, "hellod"))
            engine.docker("build", "-f", ROOT / "docker/Dockerfile.host", "-t",
                          "hello-test:dynamic", folder)
            done = engine.docker("run", "--rm", "hello-test:dynamic", check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("no such file or directory", done.stdout + done.stderr)


class Running(unittest.TestCase):
    def require_port_80(self):
        self.assertFalse(is_taken(80), "port 80 of this machine is taken; the README's commands need it")

    def test_the_commands_of_the_readme(self):
        self.require_port_80()
        name = engine.type("README.md", "docker run -d -p 80:80 hello").strip()
        try:
            self.assertEqual(ask_port_80("/"), "Hello, you've requested: /\n")
            engine.type("README.md", "curl localhost")
            self.assertIn("HTTP/1.1 200 OK", curl("-v", "localhost"))
        finally:
            engine.docker("rm", "-f", name)

    def check_compose(self, command):
        """The files name the project and the images, whatever the folder is called. Compose builds the
        image, as it does for a user who types nothing else."""
        self.require_port_80()
        engine.docker("tag", "hello", "hello-test:kept")
        self.addCleanup(engine.docker, "tag", "hello-test:kept", "hello")
        engine.docker("image", "rm", "hello")
        with subprocess.Popen(command, shell=True, cwd=ROOT, env=engine.environment,
                              start_new_session=True) as compose:
            try:
                self.assertEqual(ask_port_80("/abc", BUILD_PATIENCE), "Hello, you've requested: /abc\n")
                label = "label=com.docker.compose.project=hello"
                name, = engine.docker("ps", "-q", "--filter", label).stdout.split()
                settings = json.loads(engine.docker("inspect", name).stdout)[0]["HostConfig"]
                self.assertIn("SCMP_ACT_ERRNO", "".join(settings["SecurityOpt"]))
                os.killpg(compose.pid, signal.SIGINT)  # as a terminal does: the plugin is a process, too
                compose.wait(PATIENCE)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(compose.pid, signal.SIGKILL)
                subprocess.run([*command.split()[:-1], "down"], cwd=ROOT, env=engine.environment,
                               check=True)

    def test_compose(self):
        """Each line that is printed, where the machine has the program. CI has both, and both versions
        of Compose."""
        versions = {}
        for command in ("docker-compose up", "docker compose up"):
            engine.printed("README.md", command)
            done = subprocess.run(f"{command.removesuffix('up')} version", shell=True, env=engine.environment,
                                  capture_output=True, text=True)
            if done.returncode == 0:
                versions[command] = re.search(r"version v?(\d+)\.", done.stdout)[1]
        print(f"Compose: {versions}")
        self.assertTrue(versions, "neither docker-compose nor docker compose")
        if os.environ.get("CI") == "true":
            self.assertEqual(sorted(versions.values()), ["1", "2"])
        for command in versions:
            with self.subTest(command):
                self.check_compose(command)
                self.doCleanups()

    def test_the_platform_sets_the_port(self):
        with Container("-e", "PORT=8080", port=8080) as container:
            self.assertIn("listening on http://[::]:8080", container.logs())
            self.assertEqual(curl(container.url + "/abc"), "Hello, you've requested: /abc\n")
            engine.docker("exec", container.name, "/hellod", "--healthcheck")

    def test_an_empty_variable_is_not_set(self):
        with Container("-e", "HELLOD_LISTEN=", "-e", "HELLOD_THREADS=") as container:
            self.assertEqual(curl(container.url + "/abc"), "Hello, you've requested: /abc\n")

    def test_locked_up_in_six_megabytes_and_healthy(self):
        for architecture in MACHINES:
            # The emulator of another machine takes its own tens of megabytes, and its own calls.
            native = os.uname().machine == MACHINES[architecture]
            options = (*LOCKED, "--memory", "6m") if native else LOCKED[:5]
            with self.subTest(architecture), \
                    Container(*options, "--health-interval", "1s", "--health-timeout", "10s",
                              image=IMAGES[architecture]) as container:
                for number in range(50):
                    self.assertEqual(curl(f"{container.url}/{number}"),
                                     f"Hello, you've requested: /{number}\n")
                wait_until(lambda: container.state()["Health"]["Status"] == "healthy",
                           lambda: f"healthy: {container.state()}")
                if native:
                    print(f"resident at most: {container.peak_kilobytes()} kB")
                    self.assertLess(container.peak_kilobytes(), 600)
                begin = time.monotonic()
                engine.docker("stop", container.name)
                took = time.monotonic() - begin
                state = container.state()
                self.assertEqual((state["ExitCode"], state["OOMKilled"]), (0, False), state)
                self.assertLess(took, 1 if native else 5)

    def test_a_thousand_connections(self):
        with Container(*LOCKED, "--memory", "24m") as container, contextlib.ExitStack() as stack:
            clients = [stack.enter_context(
                socket.create_connection(("127.0.0.1", container.port), PATIENCE))
                for _ in range(1000)]
            for client in clients:
                client.sendall(b"GET /many HTTP/1.1\r\nHost: h\r\n\r\n")
            for client in clients:
                answer = b""
                while not answer.endswith(b"/many\n"):
                    part = client.recv(4096)
                    if not part:  # the state takes a process
                        self.fail(f"closed after {answer}; {container.state()}")
                    answer += part
            self.assertFalse(container.state()["OOMKilled"])
            print(f"with 1000 connections, at most: {container.peak_kilobytes()} kB")

    def test_clients_cannot_fill_its_memory(self):
        """With the limits of the Compose file, and more half heads than they allow."""
        compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
        memory = re.search(r"mem_limit: (\w+)", compose)[1]
        most = re.search(r'HELLOD_MAX_CONNECTIONS: "(\d+)"', compose)[1]
        limits = ("--memory", memory, "--memory-swap", memory, "-e", f"HELLOD_MAX_CONNECTIONS={most}")
        with Container(*LOCKED, *limits, "-e", "HELLOD_HEADER_TIMEOUT=60s") as container:
            with contextlib.ExitStack() as stack:
                for _ in range(int(most) + 200):
                    client = stack.enter_context(
                        socket.create_connection(("127.0.0.1", container.port), PATIENCE))
                    client.sendall(b"GET /" + b"a" * 30000)
                print(f"with {most} half heads, at most: {container.peak_kilobytes()} kB")
            self.assertEqual(curl(f"{container.url}/a"), "Hello, you've requested: /a\n")
            self.assertFalse(container.state()["OOMKilled"])

    def test_the_probe_knows_the_address(self):
        for options, arguments in (((), ("--listen", ":8081")), (("--init",), ("--listen=:8081",)),
                                   (("-e", "HELLOD_LISTEN=0.0.0.0:8081"), ()),
                                   (("-e", "HELLOD_LISTEN=[::]:8081"), ("--threads", "1"))):
            with self.subTest(options=options, arguments=arguments), \
                    Container(*options, arguments=arguments, port=8081) as container:
                done = engine.docker("exec", container.name, "/hellod", "--healthcheck")
                self.assertEqual(done.stderr, "")

    def test_the_probe_tells_the_truth(self):
        with Container() as container:
            os.kill(container.state()["Pid"], 19)  # SIGSTOP
            done = engine.docker("exec", container.name, "/hellod", "--healthcheck", check=False)
            self.assertEqual((done.returncode, done.stderr), (1, "hellod: no answer within a second\n"))


class Builders(unittest.TestCase):
    """Each makes the same file. The images of the other tests are the classic builder's."""

    def hellod(self):
        return Image.extract(self, NATIVE)[1][0]["hellod"]

    def test_buildkit_gives_the_files(self):
        out = ROOT / "out"
        shutil.rmtree(out, ignore_errors=True)
        try:
            engine.type("doc/minimal-image.md", BUILD_ARTIFACTS)
            self.assertEqual(sorted(path.name for path in out.iterdir()),
                             ["LICENSES.txt", "hellod", "hellod.debug", "hellod.spdx.json"])
            self.assertEqual((out / "hellod").read_bytes(), self.hellod())
            self.check_bill(json.loads((out / "hellod.spdx.json").read_text(encoding="utf-8")))
            ignored = subprocess.run(["git", "check-ignore", "-q", "out"], cwd=ROOT)
            self.assertEqual(ignored.returncode, 0, "git does not ignore out/")
        finally:
            shutil.rmtree(out, ignore_errors=True)

    def check_bill(self, bill):
        """Each component has the names that scanners look it up by, with its upstream version."""
        wrap = (ROOT / "subprojects/libmicrohttpd.wrap").read_text(encoding="utf-8")
        pinned = re.search(r"^directory = libmicrohttpd-(.*)$", wrap, re.M)[1]
        packages = {package["name"]: package for package in bill["packages"]}
        patterns = {"hello": (r"pkg:generic/libhello@[\d.]+", None),
                    "libmicrohttpd": (rf"pkg:generic/libmicrohttpd@{pinned}\?download_url=\S+",
                                      f"cpe:2.3:a:gnu:libmicrohttpd:{pinned}"),
                    "musl": (r"pkg:deb/debian/musl@[\d.]+-\S+\?arch=source&distro=debian-13",
                             r"cpe:2.3:a:musl-libc:musl:[\d.]+")}
        self.assertEqual(packages.keys(), patterns.keys())
        for name, (purl, cpe) in patterns.items():
            found = {ref["referenceType"]: ref["referenceLocator"] for ref in packages[name]["externalRefs"]}
            categories = {ref["referenceType"]: ref["referenceCategory"] for ref in packages[name]["externalRefs"]}
            self.assertEqual(categories,
                             {"purl": "PACKAGE-MANAGER"} | ({"cpe23Type": "SECURITY"} if cpe else {}))
            self.assertRegex(found["purl"], f"^{purl}$")
            if cpe:
                self.assertRegex(found["cpe23Type"], rf"^{cpe}(:\*){{7}}$")
            else:
                self.assertNotIn("cpe23Type", found)
        for patch in re.search(r"^diff_files = (.*)$", wrap, re.M)[1].split(", "):
            self.assertIn(patch, packages["libmicrohttpd"]["sourceInfo"])

    def test_a_host_with_a_sysroot(self):
        """As on macOS, with the commands of the page: nothing of this system's musl. The file is that of
        the image, but for the build ID, which depends on the paths in the debug file."""
        page = (ROOT / "doc/minimal-image.md").read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder, "a clone")
            copy_sources(place)
            for line in re.search(r"```sh\n(script/sysroot\n.*?)```", page, re.S)[1].splitlines():
                for command in [line.replace("arm64", architecture) for architecture in MACHINES]:
                    subprocess.run(command, shell=True, cwd=place, stdout=subprocess.DEVNULL, check=True)
            for architecture in MACHINES:
                with self.subTest(architecture):
                    build = place / f"build-{architecture}"
                    said = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True,
                                          text=True, check=True).stdout
                    self.assertIn("build-sysroot/usr/include/", said)
                    self.assertNotRegex(said, r"(?m)^ +/usr/(include|lib/\w+-linux-musl)/")
                    image = Image.extract(self, architecture)[1][0]["hellod"]
                    built = (build / "docker/hellod").read_bytes()
                    self.assertEqual(len(built), len(image))
                    self.assertTrue(built[HEADERS:] == image[HEADERS:], "other code or constants")
            # The page's image of the same file. The command takes its time from git.
            (place / ".git").symlink_to(ROOT / ".git")
            command, = re.findall(r"^```sh\n(buildah build .*)\n```", page, re.M)
            subprocess.run(command, shell=True, cwd=place, stdout=subprocess.DEVNULL, check=True)

    def test_buildah(self):
        with tempfile.TemporaryDirectory() as folder:
            engine.docker("save", "-o", f"{folder}/base.tar", BASE)
            subprocess.run(["buildah", "pull", "--quiet", f"docker-archive:{folder}/base.tar"],
                           stdout=subprocess.DEVNULL, check=True)
        engine.type("docker/Dockerfile", BUILDAH)
        name = subprocess.run(["buildah", "from", "hello"], capture_output=True, text=True,
                              check=True).stdout.strip()
        try:
            mounted = subprocess.run(["buildah", "mount", name], capture_output=True, text=True,
                                     check=True).stdout.strip()
            self.assertEqual(pathlib.Path(mounted, "hellod").read_bytes(), self.hellod())
        finally:
            subprocess.run(["buildah", "rm", name], stdout=subprocess.DEVNULL, check=True)


def copy_sources(place):
    shutil.copytree(ROOT, place, symlinks=True,
                    ignore=shutil.ignore_patterns(".git", "build*", "libmicrohttpd-*.*.*[0-9]"))


class Reproducible(unittest.TestCase):
    def test_two_builds_are_the_same(self):
        """In folders of different lengths, at different times, on this machine's own tools."""
        for architecture in MACHINES:
            with self.subTest(architecture), tempfile.TemporaryDirectory() as folder:
                digests = {self.build(pathlib.Path(folder, name), architecture)
                           for name in ("a", "another/place")}
                self.assertEqual(len(digests), 1, digests)

    def build(self, place, architecture):
        copy_sources(place)
        subprocess.run(["meson", "setup", "build", "--cross-file",
                        f"docker/cross/linux-{architecture}.ini", "-Dtests=disabled"],
                       cwd=place, stdout=subprocess.DEVNULL, check=True)
        subprocess.run(["ninja", "-C", "build", "-j2"], cwd=place, stdout=subprocess.DEVNULL,
                       check=True)
        files = ("hellod", "hellod.spdx.json")
        return (self.image_digest(place, architecture),
                *(hashlib.sha256((place / "build/docker" / name).read_bytes()).hexdigest()
                  for name in files))

    def image_digest(self, place, architecture):
        """As a builder makes it that sets all times; it keeps what it makes in a store of its own."""
        buildah = ["buildah", "--storage-driver", "vfs", "--root", place / "store", "--runroot",
                   place / "run"]
        subprocess.run([*buildah, "build", "--quiet", "--format", "oci", "--isolation",
                        "chroot", "--timestamp", "1", "--platform", f"linux/{architecture}", "-f",
                        place / "docker/Dockerfile.host", "--tag", "hello", place / "build/docker"],
                       stdout=subprocess.DEVNULL, check=True)
        subprocess.run([*buildah, "push", "--quiet", "--digestfile", place / "digest", "hello",
                        f"oci:{place}/image"], check=True)
        return (place / "digest").read_text(encoding="ascii")


def is_taken(port):
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.exit(not unittest.main(verbosity=2, exit=False).result.wasSuccessful())
