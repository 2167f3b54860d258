#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every way into another program: install a copy, build a program outside of this tree, ask it.

Usage: embed.py WAY SOURCE_ROOT CACHE

The program is examples/minimal.c, as the documentation shows it. All paths have spaces in them.
CACHE is a directory for builds of the library that several ways share, and later runs.
"""
import contextlib
import errno
import fcntl
import glob
import hashlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile

from client import Failure, Program, expect, need

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))
from seccomp import failing  # noqa: E402

GREETING = b"Hello, you've requested: /abc\n"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
LIBRARY_ONLY = ["-Dtests=disabled", "-Dexamples=disabled", "-Ddaemon=disabled", "-Dman=disabled"]
FAST = ["--buildtype=plain"]


class Place:
    """A temporary directory, and commands that are run in it."""

    def __init__(self, directory, source, cache):
        self.directory, self.source, self.cache = directory, source, cache
        self.prefix = None
        self.environment = dict(os.environ)
        # Those of the build this test belongs to are none of the program's business.
        for name in ("LD_LIBRARY_PATH", "CFLAGS", "LDFLAGS", "PKG_CONFIG_PATH", "DESTDIR"):
            self.environment.pop(name, None)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def run(self, *command, preexec_fn=None, **environment):
        result = subprocess.run(command, cwd=self.directory, env=self.environment | environment,
                                preexec_fn=preexec_fn,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, check=False)
        expect(result.returncode == 0, f"{shlex.join(command)} failed with {result.returncode}:",
               result.stdout)
        return result.stdout

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def program(self, name):
        """The source of the program, under another name if need be."""
        shutil.copy(os.path.join(self.source, "examples", "minimal.c"), self.path(name))
        return name

    def install(self, kind):
        """The library, shared or static, by the compiler of the environment; into self.prefix."""
        name = "-".join([kind, *compiler(self)]).replace("/", "-")
        build = os.path.join(self.cache, name, "a build")
        self.prefix = os.path.join(self.cache, name, "the prefix")
        os.makedirs(os.path.dirname(build), exist_ok=True)
        with locked(build + ".lock"):
            if not os.path.exists(os.path.join(build, "build.ninja")):
                shutil.rmtree(build, ignore_errors=True)
                self.run("meson", "setup", build, self.source, "--prefix", self.prefix,
                         "--libdir", "lib", "-Ddefault_library=" + kind, *LIBRARY_ONLY, *FAST)
            self.run("meson", "install", "-C", build)

    def pkg_config(self, *options):
        text = self.run("pkg-config", *options, "libhello",
                        PKG_CONFIG_PATH=os.path.join(self.prefix, "lib/pkgconfig"))
        return shlex.split(text)

    def copy_source(self, to):
        """What a checkout or a release has, without builds."""
        def unwanted(directory, names):
            return [name for name in names if name.startswith(("build", ".git", "__pycache__"))
                    and (name != ".gitignore")] if directory == self.source else []
        shutil.copytree(self.source, self.path(to), ignore=unwanted, symlinks=True)


@contextlib.contextmanager
def locked(path):
    with open(path, "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ask(place, program, **environment):
    """The program answers, ends, and has said where it listens."""
    with Program([place.path(program)], terminal=True,
                 env=place.environment | environment) as running:
        running.ask("/abc").expect(200, GREETING)
        running.process.stdin.write(b"\n")
        running.finish()


def compiler(place, language="c"):
    return shlex.split(place.environment.get("CC" if language == "c" else "CXX",
                                             "cc" if language == "c" else "c++"))


def build_shared(place, source, *flags, language="c"):
    place.run(*compiler(place, language), *flags, source, "-o", "program",
              *place.pkg_config("--cflags", "--libs"))
    ask(place, "program", LD_LIBRARY_PATH=os.path.join(place.prefix, "lib"))


# ---- The ways in ----


def pkg_config_shared(place):
    place.install("shared")
    build_shared(place, place.program("program.c"), *STRICT)
    needed = place.run("readelf", "-d", "program")
    expect("[libhello.so.0]" in needed, "the program does not need libhello.so.0:", needed)
    expect("libmicrohttpd" not in needed, "the program needs libmicrohttpd itself:", needed)


def pkg_config_static(place):
    """The archive alone, with the C library shared."""
    place.install("static")
    place.run(*compiler(place), place.program("program.c"), "-o", "program",
              *place.pkg_config("--static", "--cflags", "--libs"))
    needed = place.run("readelf", "-d", "program")
    expect("libhello" not in needed and "libmicrohttpd" not in needed,
           "the program needs more than the C library:", needed)
    ask(place, "program")


def pkg_config_beside(place):
    """A program that has names of libmicrohttpd's and of our internals for itself."""
    place.install("static")
    place.write("other.c", "int MHD_start_daemon(void);\nint MHD_start_daemon(void) { return 1; }\n"
                           "int hello__shard_create(void);\n"
                           "int hello__shard_create(void) { return 1; }\n")
    place.run(*compiler(place), place.program("program.c"), "other.c", "-o", "program",
              *place.pkg_config("--static", "--cflags", "--libs"))
    ask(place, "program")


def musl_static(place):
    need("musl-gcc", shutil.which("musl-gcc"))
    place.environment["CC"] = "musl-gcc"
    place.install("static")
    place.run("musl-gcc", "-static", *STRICT, place.program("program.c"), "-o", "program",
              *place.pkg_config("--static", "--cflags", "--libs"))
    kind = place.run("readelf", "-ld", "program")
    expect("NEEDED" not in kind and "INTERP" not in kind, "it is not static:", kind)
    ask(place, "program")


def c99_pedantic(place):
    place.install("shared")
    build_shared(place, place.program("program.c"), "-std=c99", "-pedantic-errors", *STRICT)


def cxx17(place):
    need("a C++ compiler", shutil.which(compiler(place, "c++")[0]))
    place.install("shared")
    build_shared(place, place.program("program.cpp"), "-std=c++17", "-pedantic-errors", *STRICT,
                 language="c++")
    shutil.copy(os.path.join(place.source, "examples", "cxx.cpp"), place.path("handle.cpp"))
    place.run(*compiler(place, "c++"), "-std=c++17", *STRICT, "handle.cpp", "-o", "handle",
              *place.pkg_config("--cflags", "--libs"))


def cmake(place):
    need("cmake", shutil.which("cmake"))
    place.install("shared")
    place.write("project/CMakeLists.txt", """
cmake_minimum_required(VERSION 3.16)
project(program C)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HELLO REQUIRED IMPORTED_TARGET libhello)
add_executable(program program.c)
target_link_libraries(program PkgConfig::HELLO)
""")
    place.program("project/program.c")
    place.environment["PKG_CONFIG_PATH"] = os.path.join(place.prefix, "lib/pkgconfig")
    place.run("cmake", "-S", "project", "-B", "out")
    place.run("cmake", "--build", "out")
    ask(place, "out/program", LD_LIBRARY_PATH=os.path.join(place.prefix, "lib"))


def health_page(place):
    """The commands of doc/health.md, in their order, in a folder that was empty, on a network of
    its own: the page has fixed ports."""
    for tool in ("curl", "prometheus", "unshare", "ip"):
        need(tool, shutil.which(tool))
    with open(os.path.join(place.source, "doc", "health.md"), encoding="utf-8") as file:
        page = file.read()
    shutil.copy(os.path.join(place.source, "examples", "health.c"), place.path("health.c"))
    place.write("prometheus.yml", re.search(r"`prometheus.yml`:\n+```yaml\n(.*?)```", page, re.S)[1])
    commands = re.findall(r"^```sh\n(.*?)^```", page, re.S | re.M)
    query = commands[-1].splitlines()[-1]
    place.write("page.sh", "".join(["set -e\nip link set lo up\n",
                                    *commands,
                                    f"until {query} | grep -o '\"value\":.*'; do sleep 0.1; done\n"]))
    with tempfile.TemporaryDirectory(prefix="home-") as home:  # of a user who has just logged in
        place.environment["HOME"] = home
        place.run("meson", "setup", "build", place.source, "--prefix", os.path.join(home, ".local"),
                  "--libdir", "lib", "-Ddefault_library=shared", *LIBRARY_ONLY, *FAST)
        place.run("meson", "install", "-C", "build")
        # What the page starts in the background ends with the shell.
        output = place.run("timeout", "120", "unshare", "--map-root-user", "--net", "--pid",
                           "--fork", "--kill-child", "sh", "page.sh")
    for line in ("ok", "ready", "# TYPE jobs_total counter"):
        expect(f"\n{line}\n" in output, f"no line {line!r}:", output)
    expect(re.search(r'"value":\[[0-9.]+,"[1-9]', output), "Prometheus has no counter:", output)


def meson_subproject(place):
    """subproject('libhello') with options passed down."""
    place.write("project/meson.build", """
project('program', 'c', meson_version: '>= 1.0.0')
hello = subproject('libhello', default_options: ['default_library=static'])
executable('program', 'program.c', dependencies: hello.get_variable('libhello_dep'))
""")
    place.copy_source("project/subprojects/libhello")
    build_with_meson(place)
    needed = place.run("readelf", "-d", "out/program")
    expect("libhello" not in needed, "default_library=static was not passed down:", needed)
    only_the_library(place)


def meson_offline(place):
    """A subproject without a network, with the commands of examples/README.md."""
    place.write("project/meson.build", """
project('program', 'c', meson_version: '>= 1.0.0')
hello = subproject('libhello', default_options: ['default_library=static'])
executable('program', 'program.c', dependencies: hello.get_variable('libhello_dep'))
""")
    place.copy_source("project/subprojects/libhello")
    for unpacked in glob.glob(place.path("project/subprojects/libhello/subprojects/libmicrohttpd-*")):
        shutil.rmtree(unpacked)
    with open(os.path.join(place.source, "examples", "README.md"), encoding="utf-8") as page:
        commands = re.search(r"Without a network.*?```sh\n(.*?)```", page.read(), re.S)[1]
    place.run("sh", "-e", "-c", "cd project\n" + commands)
    build_with_meson(place, preexec_fn=without_network)
    only_the_library(place)


def without_network():
    """In a child: no socket of the internet. This takes no privilege, as a network namespace does."""
    for family in (socket.AF_INET, socket.AF_INET6):
        failing("socket", errno.EACCES, family)()


def meson_wrap(place):
    """dependency('libhello') from the wrap of PACKAGING.md and a release tarball, without a network."""
    place.write("project/meson.build", """
project('program', 'c', meson_version: '>= 1.0.0')
executable('program', 'program.c', dependencies: dependency('libhello', version: '>= 0.1'))
""")
    with open(os.path.join(place.source, "PACKAGING.md"), encoding="utf-8") as page:
        text = page.read()
    wrap = re.search(r"```ini\n(.*?)```", text, re.S)[1]
    commands = re.search(r"Without a network.*?```sh\n(.*?)```", text, re.S)[1]
    directory, name = (re.search(rf"^{key} = (.*)$", wrap, re.M)[1] for key in ("directory", "source_filename"))
    version = place.run(os.path.join(place.source, "script/version")).strip()
    expect(directory == f"libhello-{version}", f"PACKAGING.md has another version than {version}:", wrap)
    place.copy_source(directory)
    with tarfile.open(place.path(name), "w:xz", preset=0) as archive:
        archive.add(place.path(directory), directory)
    with open(place.path(name), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    expect("source_hash = HASH\n" in wrap, "PACKAGING.md has no hash to replace:", wrap)
    place.write("project/subprojects/libhello.wrap", wrap.replace("HASH", digest))
    place.run("sh", "-e", "-c", f"cd project\ntarball=../{name}\n{commands}")
    build_with_meson(place, "--wrap-mode=forcefallback", preexec_fn=without_network)
    only_the_library(place)


def build_with_meson(place, *options, preexec_fn=None):
    place.program("project/program.c")
    place.run("meson", "setup", "out", "project", *FAST, *options, preexec_fn=preexec_fn)
    place.run("meson", "compile", "-C", "out")
    ask(place, "out/program")


def only_the_library(place):
    """No daemon, tests, examples or man pages in somebody else's build."""
    targets = place.run("meson", "introspect", "--targets", "out")
    for name in ("hellod", "example-", "test-"):
        expect(f'"name": "{name}' not in targets, f"{name} is built, too:", targets)


def man_page(place):
    """The poll() loop of hello_server_dispatch(3), copied from the screen."""
    for tool in ("scdoc", "mandoc"):
        need(tool, shutil.which(tool))
    place.install("shared")
    place.run(sys.executable, os.path.join(place.source, "man", "page.py"), "scdoc",
              os.path.join(place.source, "man", "hello_server_dispatch.3.scd"), place.source,
              "page.3")
    screen = re.sub(".\b", "", place.run("mandoc", "-T", "ascii", "-O", "width=200", "page.3"))
    example = screen.split("\nEXAMPLES\n")[1]
    indent, end = re.search(r"^( +)#include", example, re.M)[1], "}"
    code = example[example.index("#include"):example.rindex(f"\n{indent}{end}\n")] + "\n" + end
    place.write("program.c", code + "\n")
    place.run(*compiler(place), *STRICT, "program.c", "-o", "program",
              *place.pkg_config("--cflags", "--libs"))
    with Program([place.path("program")], env=place.environment | {
            "LD_LIBRARY_PATH": os.path.join(place.prefix, "lib")}) as running:
        running.ask("/abc").expect(200, GREETING)
        running.terminate()
        running.finish()


# ---- What is installed ----

TREE = """
bin/hellod
include/hello/hello.h
lib/libhello.a
lib/libhello.so -> libhello.so.0
lib/libhello.so.0 -> libhello.so.VERSION
lib/libhello.so.VERSION
lib/pkgconfig/libhello.pc
share/man/man1/hellod.1
share/man/man3/hello_access_callback.3
share/man/man3/hello_responder.3
share/man/man3/libhello.3
""".split("\n")[1:-1]


def list_tree(root):
    entries = []
    for directory, _, names in os.walk(root):
        for name in names:
            path = os.path.join(directory, name)
            entry = os.path.relpath(path, root)
            entries.append(f"{entry} -> {os.readlink(path)}" if os.path.islink(path) else entry)
    return sorted(entries)


def is_page_of_a_function(entry):
    return re.match(r"share/man/man3/hello_\w+\.3", entry) and entry not in TREE


def declared_functions(place, root):
    header = place.run("cat", os.path.join(root, "include/hello/hello.h"))
    return re.findall(r"^HELLO_API\s[^;]*?\b(hello_\w+)\(", header, re.M)


def tree(place):
    """DESTDIR, a prefix with spaces, and each file where GNU has it."""
    need("scdoc", shutil.which("scdoc"))
    place.run("meson", "setup", "library build", place.source, "--prefix", "/opt/the prefix",
              "--libdir", "lib", "-Dtests=disabled", "-Dexamples=disabled", "-Dman=enabled",
              "-Ddaemon=enabled", *FAST)
    place.run("meson", "install", "-C", "library build", DESTDIR=place.path("a stage"))
    root = place.path("a stage/opt/the prefix")
    version = ".".join(re.findall(r"#define HELLO_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)",
                                  place.run("cat", f"{root}/include/hello/hello.h")))
    installed = [entry.replace(f".so.{version}", ".so.VERSION") for entry in list_tree(root)]
    found = [entry for entry in installed if not is_page_of_a_function(entry)]
    expect(found == TREE, "installed:", *found, "expected:", *TREE)
    for name in declared_functions(place, root):
        expect(os.path.exists(os.path.join(root, "share/man/man3", name + ".3")),
               f"{name} has no page among", *installed)
    expect(os.listdir(place.path("a stage")) == ["opt"], os.listdir(place.path("a stage")))
    with open(place.path("a stage/opt/the prefix/lib/pkgconfig/libhello.pc"),
              encoding="utf-8") as file:
        description = file.read()
    expect("stage" not in description and place.directory not in description,
           "libhello.pc knows where it was staged:", description)
    expect("prefix=/opt/the\\ prefix" in description, "libhello.pc has another prefix:", description)
    expect(f"Version: {version}\n" in description,
           f"libhello.pc and hello.h ({version}) have different versions:", description)
    dynamic = place.run("readelf", "-d", "a stage/opt/the prefix/lib/libhello.so")
    expect("SONAME" in dynamic and "[libhello.so.0]" in dynamic, "no soname:", dynamic)
    expect("RPATH" not in dynamic and "RUNPATH" not in dynamic, "it has a run path:", dynamic)


WAYS = {
    "tree": tree,
    "man-page": man_page,
    "health-page": health_page,
    "pkg-config-shared": pkg_config_shared,
    "pkg-config-static": pkg_config_static,
    "pkg-config-beside": pkg_config_beside,
    "musl-static": musl_static,
    "meson-subproject": meson_subproject,
    "meson-offline": meson_offline,
    "meson-wrap": meson_wrap,
    "cmake": cmake,
    "cxx17": cxx17,
    "c99": c99_pedantic,
}


def main(way, source, cache):
    for tool in ("meson", "ninja", "pkg-config", "readelf"):
        need(tool, shutil.which(tool))
    with tempfile.TemporaryDirectory(prefix="embed in ") as directory:
        WAYS[way](Place(*map(os.path.realpath, (directory, source, cache))))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
