#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions per request of the hellod that ships, which a busy machine does not change.

One connection sends a fixed mix of requests, each after the answer to the one before, so that
every run takes the same way through the code. Two runs under callgrind differ in their number of
requests alone; the difference is what these cost, without start-up.

instructions.py HELLOD BASELINE: fails when a request costs over 3 % more than in the file BASELINE,
and says which functions grew; and when an answer in JSON costs over 2.5 times the greeting. --update
writes that file.
instructions.py HELLOD: prints how the cost grows with the path and with the fields of a request.
"""
import argparse
import collections
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

TOLERANCE = 0.03
JSON_TIMES = 2.5  # a greeting, for a request of a browser behind a proxy: 15 fields
ROUNDS = (100, 600)  # times the mix, in the two runs
SHOWN = 10
PATIENCE = 60  # seconds; valgrind is slow

CURL = b"Host: 127.0.0.1:8080\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n"
BROWSER = (
    b"Host: hello.example.org\r\n"
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    b"Accept-Language: en-GB,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    b"Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\n"
    b"Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\nSec-Fetch-User: ?1\r\n")
PROXY = (
    b"Cookie: session=0123456789abcdef\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n"
    b"X-Request-Id: 2f0c9d9e-7a0b-4a35-9d0e-1a2b3c4d5e6f\r\n")
LONG = b"/" + b"/".join(b"%04d" % i for i in range(100))

# What is sent, the status, and how the answer ends.
MIX = 5 * [(b"GET /abc/def HTTP/1.1\r\n" + CURL + b"\r\n", 200, b": /abc/def\n")] + [
    (b"GET / HTTP/1.1\r\n" + BROWSER + b"\r\n", 200, b": /\n"),
    (b"GET /any%20path/%C3%A9?query=1 HTTP/1.1\r\n" + CURL + b"\r\n", 200,
     b": /any path/\xc3\xa9\n"),
    (b"GET /a//b/../c HTTP/1.1\r\n" + CURL + b"\r\n", 307, b"307 Temporary Redirect\n"),
    (b"GET " + LONG + b" HTTP/1.1\r\n" + CURL + b"\r\n", 200, LONG + b"\n"),
    (b"POST /form HTTP/1.1\r\n" + CURL + b"Content-Length: 5\r\n\r\nhello", 200, b": /form\n"),
]


def ask(connection, request, status, end):
    connection.sendall(request)
    answer = b""
    while not answer.endswith(end):
        piece = connection.recv(65536)
        if not piece:
            break
        answer += piece
    if not answer.startswith(b"HTTP/1.1 %d " % status) or not answer.endswith(end):
        sys.exit(f"FAILED: sent {request!r}, got {answer!r}")


def run(program, output, mix, rounds, *options):
    """Instructions of each function, in a whole life of the server."""
    process = subprocess.Popen(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", program,
         "--listen", "127.0.0.1:0", "--threads", "1", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={"PATH": os.environ["PATH"]})
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            match = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
            if match:
                break
        else:
            sys.exit("FAILED: hellod does not start under valgrind:\n" + "".join(said))
        with socket.create_connection(("127.0.0.1", int(match[1])), PATIENCE) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(rounds):
                for request in mix:
                    ask(connection, *request)
        process.terminate()
        process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return functions(output)


def plain(name):
    """A recursive call of a function is the function. What has no name, and is at another address
    in every build, is the C library's assembly: memset(), memcpy() and the like."""
    return "assembly" if name.startswith("0x") else re.sub(r"'\d+$", "", name)


def functions(output):
    """Self cost by function, of callgrind's own format: positions and costs follow fn= lines, and
    the line after calls= is of the callee, in the sum of its own lines already."""
    costs, names, current, skip = collections.Counter(), {}, None, False
    with open(output, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = re.match(r"fn=\((\d+)\)(?: (.*))?", line)
            if match:
                names.setdefault(match[1], plain(match[2] or ""))
                current = names[match[1]]
            elif re.match(r"c(fn|fi|ob|fl)=", line):
                match = re.match(r"cfn=\((\d+)\)(?: (.*))?", line)
                if match and match[2]:
                    names.setdefault(match[1], plain(match[2]))
            elif line.startswith("calls="):
                skip = True
            elif re.match(r"[+\-*\d]", line) and current is not None:
                if not skip:
                    costs[current] += int(line.split()[-1])
                skip = False
    return costs


def per_request(program, mix, *options):
    """Instructions per request, by function."""
    with tempfile.TemporaryDirectory() as directory:
        # valgrind reads names, and stumbles over the debug information of a newer compiler.
        named = os.path.join(directory, "hellod")
        subprocess.run(["strip", "--strip-debug", "-o", named, program], check=True)
        few, many = (run(named, os.path.join(directory, "out"), mix, rounds, *options)
                     for rounds in ROUNDS)
    requests = (ROUNDS[1] - ROUNDS[0]) * len(mix)
    many.subtract(few)
    return {name: cost / requests for name, cost in many.items() if cost > 0}


def toolchain():
    done = subprocess.run(["/usr/lib/llvm-19/bin/clang", "--version"], capture_output=True,
                          text=True, check=False)
    return done.stdout.splitlines()[0] if done.stdout else "unknown"


def read_baseline(path):
    """Its first line, and the cost of each function."""
    with open(path, encoding="utf-8") as file:
        title, *lines = [line.rstrip("\n") for line in file if not line.startswith("#")]
    return title, {name: float(cost) for name, cost in (line.split("\t") for line in lines)}


def write_baseline(path, costs):
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Instructions per request, by function: bench/instructions.py HELLOD FILE "
                   "--update\n")
        file.write(toolchain() + "\n")
        for name, cost in sorted(costs.items(), key=lambda item: (-item[1], item[0])):
            if cost >= 1:
                file.write(f"{name}\t{cost:.1f}\n")


def growth(costs, before):
    grown = {name: costs.get(name, 0) - before.get(name, 0) for name in {*costs, *before}}
    return sorted(grown.items(), key=lambda item: -item[1])[:SHOWN]


def compare(costs, path):
    title, before = read_baseline(path)
    now, then = sum(costs.values()), sum(before.values())
    change = now / then - 1
    print(f"{now:.0f} instructions per request, {change:+.1%} against {then:.0f} in {path}")
    if change <= TOLERANCE:
        if change < -TOLERANCE:
            print("That is better: keep it with --update.")
        return 0
    print(f"FAILED: that is over {TOLERANCE:.0%} more. What grew, in instructions per request:")
    for name, more in growth(costs, before):
        print(f"  {more:+9.1f}  {name}")
    if title != toolchain():
        print(f"The baseline was made with {title}, this program with {toolchain()}: build the "
              "commit before with this one. If that costs as much, run this with --update.")
    return 1


def compare_json(program):
    request = b"GET /abc/def HTTP/1.1\r\n" + BROWSER + PROXY + b"\r\n"
    greeting, shown = (sum(per_request(program, 10 * [(request, 200, end)], *options).values())
                       for end, *options in ((b": /abc/def\n",), (b"}\n", "--format", "json")))
    print(f"{shown:.0f} instructions for an answer in JSON, {shown / greeting:.2f} times the "
          f"{greeting:.0f} of the greeting; the budget is {JSON_TIMES}")
    return int(shown > JSON_TIMES * greeting)


def print_growth(program):
    """A path of so many bytes behind one field, then so many fields behind a short path."""
    lengths = [(length, 1) for length in (10, 100, 1000, 4000)]
    counts = [(10, count) for count in (5, 10, 20, 50)]
    print("path, bytes   fields   instructions")
    for length, count in lengths + counts:
        path = b"/" + b"x" * (length - 1)
        more = b"".join(b"X-Field-%02d: a value of 20 bytes.\r\n" % i for i in range(count - 1))
        request = b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + more + b"\r\n"
        cost = sum(per_request(program, 10 * [(request, 200, path + b"\n")]).values())
        print(f"{length:11}{count:9}{cost:15,.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hellod", help="static, with its symbols: build-*/daemon/hellod")
    parser.add_argument("baseline", nargs="?")
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    for tool in ("valgrind", "strip"):
        if not shutil.which(tool):
            sys.exit(f"FAILED: {tool} is not installed: script/bootstrap bench")
    if not options.baseline:
        return print_growth(options.hellod)
    costs = per_request(options.hellod, MIX)
    if options.update:
        write_baseline(options.baseline, costs)
    return compare(costs, options.baseline) | compare_json(options.hellod)


if __name__ == "__main__":
    sys.exit(main())
