#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the library shows of itself, held against its header.

Usage: interface.py CHECK FILE...
"""
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

TEXT_BUDGET = 48_000  # bytes
REFERENCE = "gcc 12 for x86_64"


def run(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            check=False)
    if result.returncode != 0:
        sys.exit(f"FAILED: {shlex.join(command)}\n{result.stdout}")
    return result.stdout


def need(tool):
    if not shutil.which(tool):
        print(f"{tool} is not installed", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def declared(header):
    names = set(re.findall(r"^HELLO_API\s[^;]*?\b(hello_\w+)\(", read(header), re.M))
    if len(names) < 20:
        sys.exit(f"FAILED: found only {sorted(names)} in {header}")
    return names


def defined(path, *options):
    """The global names that an object, an archive or a shared object defines."""
    lines = run("nm", "--defined-only", "--extern-only", *options, path).splitlines()
    return {line.split()[-1] for line in lines if len(line.split()) == 3}


def compare(what, found, expected):
    if found != expected:
        sys.exit(f"FAILED: {what} has {sorted(found - expected)} too many and lacks "
                 f"{sorted(expected - found)}")


# ---- The checks ----


def shared(header, version_script, library):
    """Exported names, declarations and the version script are the same set."""
    names = declared(header)
    listed = set(re.findall(r"^\s+(hello_\w+);", read(version_script), re.M))
    compare("the version script", listed, names)
    exported = {name.split("@")[0] for name in defined(library, "--dynamic")}
    version_nodes = {name for name in exported if name.startswith("HELLO_")}
    compare("the shared library", exported - version_nodes, names)
    if not version_nodes:
        sys.exit("FAILED: its names have no version")


def archive(header, library):
    """The installed archive defines what is declared, and no other global name."""
    compare("the archive", defined(library), declared(header))


def internal(library):
    """No name that a program could have; no writable data, so no global state."""
    names = defined(library)
    # 32-bit x86 code finds its data with a hidden function of the compiler.
    strangers = {name for name in names if not name.startswith(("hello_", "__x86.get_pc_thunk."))}
    if strangers or len(names) < 20:
        sys.exit(f"FAILED: names without the prefix in {sorted(names)}: {sorted(strangers)}")
    state = [line for line in run("objdump", "--syms", library).splitlines()
             if re.search(r"\s(\.data|\.bss|\.tdata|\.tbss|\*COM\*)\s+[0-9a-f]+\s+\S", line)
             and not re.search(r"\sd\s+\.\w+\s", line)]
    if state:
        sys.exit("FAILED: it keeps state:\n" + "\n".join(state))


# They act on the whole process, which is the program's.
PROCESS_WIDE = """abort alarm atexit chdir environ _exit exit fprintf fputs fwrite mallopt malloc_trim
mlockall perror prctl printf putenv putchar puts raise setenv setitimer setlocale setrlimit sigaction
signal sigprocmask srand stderr stdout syslog tzset umask unsetenv vfprintf vprintf""".split()


def process(library):
    """The library changes nothing of the process that it is in."""
    lines = run("nm", "--undefined-only", library).splitlines()
    used = {line.split()[-1].removesuffix("64") for line in lines if line.strip().startswith("U ")}
    strangers = used & set(PROCESS_WIDE)
    if strangers or "malloc" not in used:
        sys.exit(f"FAILED: it calls {sorted(strangers)} of {sorted(used)}")


def needed(library, *allowed):
    """The shared library needs the C library, and what else it is allowed."""
    found = set(re.findall(r"\(NEEDED\).*\[(.*?)\]", run("readelf", "--dynamic", library)))
    strangers = {name for name in found
                 if not name.startswith(("libc.", "ld-", *allowed))}
    if strangers or not found:
        sys.exit(f"FAILED: it needs {sorted(found)}")


def text(library, compiler):
    """The size of libhello's own part, as `size` counts it: code, constants and unwind tables of
    all its objects, whether or not libmicrohttpd is in the same shared object. The budget is for one
    compiler. With others, the test only reports the size."""
    total = sum(int(line.split()[0]) for line in run("size", library).splitlines()[1:])
    print(f"{total} bytes of text by {compiler}; the budget is {TEXT_BUDGET} by {REFERENCE}")
    if total <= 10_000 or (compiler == REFERENCE and total > TEXT_BUDGET):
        sys.exit("FAILED: not within the budget")


ALONE = """
#include <hello/hello.h>
#include <hello/hello.h>
int main(void);
int main(void)
{
    struct hello_options options = HELLO_OPTIONS_INIT;
    return options.size != sizeof options;
}
"""


def compile_alone(include, compiler, suffix, standards, *options):
    """The header, twice in a row and nothing before it."""
    with tempfile.TemporaryDirectory() as directory:
        source = os.path.join(directory, "alone" + suffix)
        with open(source, "w", encoding="ascii") as file:
            file.write(ALONE)
        for standard in standards:
            run(*compiler, "-std=" + standard, "-Wall", "-Wextra", "-pedantic-errors", "-Werror",
                *options, "-I" + include, "-c", source, "-o", source + ".o")


def macros(compiler, *arguments):
    return set(re.findall(r"^#define (\w+)", run(*compiler, "-dM", "-E", "-x", "c", *arguments),
                          re.M))


def header(include, *compiler):
    """It compiles alone, and makes no macro without the prefix."""
    compile_alone(include, compiler, ".c", ("c99", "c11", "c17"))
    standard = ["-include", "stdbool.h", "-include", "stddef.h", "-include", "stdint.h"]
    ours = macros(compiler, os.path.join(include, "hello", "hello.h")) - macros(
        compiler, *standard, os.devnull)
    strangers = {name for name in ours if not name.startswith("HELLO_")}
    if strangers or not ours:
        sys.exit(f"FAILED: macros without the prefix: {sorted(strangers)} of {sorted(ours)}")


def cxx(include):
    """It compiles alone as C++."""
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    need(compiler[0])
    compile_alone(include, compiler, ".cpp", ("c++11", "c++17", "c++20"), "-Wold-style-cast",
                  "-Wzero-as-null-pointer-constant")


def microhttpd(header_file):
    """Nothing of libmicrohttpd's is in the header."""
    found = re.findall(r"\bMHD_\w+|#\s*include\s*<microhttpd.*", read(header_file))
    if found:
        sys.exit(f"FAILED: {found}")


def union_members(text):
    """Of each union in a source: the declarations of its members."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for start in re.finditer(r"\bunion\s*\w*\s*\{", text):
        depth, at, members = 1, start.end(), [""]
        while depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            if text[at] == ";" and depth == 1:
                members.append("")
            elif depth:
                members[-1] += text[at]
            at += 1
        yield members[:-1]


MEASURE = r"""
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>
int main(void)
{
    const size_t sizes[] = {%s};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        printf("%%zu\n", sizes[i]);
}
"""


def unions(root, *compiler):
    """The first member of each union is the largest. An initializer zeroes only that one: newer
    compilers leave the rest of the union as it was."""
    count = 0
    sources = [path for folder in ("lib", "daemon")
               for path in sorted(glob.glob(os.path.join(root, folder, "*.[ch]")))]
    with tempfile.TemporaryDirectory() as directory:
        program = os.path.join(directory, "measure")
        for path, members in ((path, members) for path in sources
                              for members in union_members(read(path))):
            count += 1
            with open(program + ".c", "w", encoding="ascii") as file:
                file.write(MEASURE % ", ".join(f"sizeof(struct {{ {member}; }})"
                                               for member in members))
            run(*compiler, program + ".c", "-o", program)
            sizes = [int(line) for line in run(program).split()]
            if sizes[0] < max(sizes):
                sys.exit(f"FAILED: {path}: the first member of a union is not the largest: "
                         f"{dict(zip((' '.join(member.split()) for member in members), sizes))}")
    if count < 4:
        sys.exit(f"FAILED: found {count} unions")


CHECKS = {check.__name__: check
          for check in (shared, archive, internal, process, needed, text, header, cxx,
                        microhttpd, unions)}

if __name__ == "__main__":
    for tool in ("nm", "objdump", "readelf", "size"):
        need(tool)
    CHECKS[sys.argv[1]](*sys.argv[2:])
