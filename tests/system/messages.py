# SPDX-License-Identifier: MIT
"""What a user types, the message of hellod, and what the user types instead.

A message states the input, the mistake, and the accepted form. FOLDER is an empty directory, and
TAKEN is an address at which another program listens. test_addresses.py has the messages for ports
below 1024, which need a system call that fails; test_supervisor.py those for inherited sockets."""
from typing import NamedTuple

ADDRESS = "expected HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH"
HELP = "see hellod --help"
PLACEHOLDER = ("has a { that begins no placeholder; expected {path} {method} {host} {query} {target} "
               "{protocol} {remote} {hostname} {time} {fields} and {field:NAME}, or {{ for a brace")
DURATION = "is not a duration like 5, 5s or 500ms, up to 4294967s"
RANGE = "is not a duration like 5, 5s or 500ms, or a range from less to more like 50ms..2s, up to 4294967s"
STATUS = "is not a status from 200 to 599, such as 503, 503@10% or 503@0.5%"
NAME = "is not a field name such as User-Agent, of up to 62 characters"
FIELD_NAME = "has a name that is no token or that hellod sets itself; expected another name"
LONG = "unix:FOLDER/" + "x" * 95  # FOLDER is longer than 12 characters


class Row(NamedTuple):
    """given: arguments, or a variable as "NAME=value". remedy: likewise."""
    given: list
    message: str
    remedy: list
    code: int = 2


ROWS = [
    # ---- The option itself ----
    Row(["--nope"], f"arguments: '--nope' is not an option; {HELP}", ["--keep-path"]),
    Row(["--thread=1"], "arguments: '--thread=1' is not an option; did you mean --threads?", ["--threads=1"]),
    Row(["-x"], f"arguments: '-x' is not an option; {HELP}", []),
    Row([":80"], f"arguments: ':80' is unexpected: only options are accepted; {HELP}", ["--listen=:80"]),
    Row(["--threads"], f"--threads: the value is missing; expected N, {HELP}", ["--threads", "1"]),
    Row(["--keep-path=yes"], "--keep-path: 'yes' is unexpected: the option accepts no value", ["--keep-path"]),
    # ---- Numbers and words ----
    Row(["--threads=x"], "--threads: 'x' is not a number from 1 to 1024, or auto", ["--threads=auto"]),
    Row(["--threads=1025"], "--threads: '1025' is not a number from 1 to 1024, or auto", ["--threads=1024"]),
    Row(["--max-head-size=1k"], "--max-head-size: '1k' is not a number from 1024 to 16777216",
        ["--max-head-size=1024"]),
    Row(["HELLOD_THREADS=-1"], "HELLOD_THREADS: '-1' is not a number from 1 to 1024, or auto",
        ["HELLOD_THREADS=2"]),
    Row(["PORT=http"], "PORT: 'http' is not a number from 0 to 65535", ["PORT=80"]),
    Row(["PORT=65536"], "PORT: '65536' is not a number from 0 to 65535", ["PORT=65535"]),
    Row(["--listen-mode=rw"], "--listen-mode: 'rw' is not an octal number from 1 to 777", ["--listen-mode=660"]),
    Row(["--when-full=drop"], "--when-full: 'drop' is not one of wait|refuse", ["--when-full=refuse"]),
    Row(["HELLOD_ACCESS_LOG=xml"], "HELLOD_ACCESS_LOG: 'xml' is not one of auto|off|common|combined|json",
        ["HELLOD_ACCESS_LOG=json"]),
    Row(["--idle-timeout=5m"], f"--idle-timeout: '5m' {DURATION}", ["--idle-timeout=300"]),
    Row(["--idle-timeout=4294968"], f"--idle-timeout: '4294968' {DURATION}", ["--idle-timeout=4294967s"]),
    Row(["--delay=2s..1s"], f"--delay: '2s..1s' {RANGE}", ["--delay=1s..2s"]),
    # ---- Answers ----
    Row(["--greeting={pth}"], "--greeting: '{pth}' " + PLACEHOLDER, ["--greeting={path}"]),
    Row(["--greeting={"], "--greeting: '{' " + PLACEHOLDER, ["--greeting={{"]),
    Row(["HELLOD_GREETING={field:}"], "HELLOD_GREETING: '{field:}' " + PLACEHOLDER,
        ["HELLOD_GREETING={field:Host}"]),
    Row(["--header=X-A"], "--header: 'X-A' has no colon; expected 'Name: value'", ["--header=X-A: 1"]),
    Row(["--header=X A: 1"], f"--header: 'X A: 1' {FIELD_NAME}", ["--header=X-A: 1"]),
    Row(["--header=Content-Length: 5"], f"--header: 'Content-Length: 5' {FIELD_NAME}", ["--header=Length: 5"]),
    Row(["--header=A: b\x1bc"],
        "--header: 'A: b?c' has a control character; expected printable text and tabs", ["--header=A: b\tc"]),
    Row(["--header=A: {pth}"], "--header: 'A: {pth}' " + PLACEHOLDER, ["--header=A: {path}"]),
    Row(["--header=A: 1"] * 33, "--header: 'A: 1' is one too many; at most 32 are accepted",
        ["--header=A: 1"] * 32),
    Row(["--status=600"], f"--status: '600' {STATUS}", ["--status=599"]),
    Row(["--status=503@10"], f"--status: '503@10' {STATUS}", ["--status=503@10%"]),
    Row(["--status=404@90%", "--status=503@11%"],
        "--status: '503@11%' raises the sum of the shares above 100%; at most 100% is accepted",
        ["--status=404@90%", "--status=503@10%"]),
    Row(["--status=503@1%"] * 17, "--status: '503@1%' is one too many; at most 16 are accepted",
        ["--status=503@1%"] * 16),
    Row(["--format=json", "--greeting=a"], "--format: 'json' cannot be used with --greeting; expected only one",
        ["--greeting=a"]),
    Row(["--redact=A,,B"], f"--redact: '' is empty; expected NAMES, {HELP}", ["--redact=A,B"]),
    Row(["--redact=a b"], f"--redact: 'a b' {NAME}", ["--redact=a,b"]),
    Row(["--log-field=host"],
        "--log-field: 'host' is a member of each JSON line; expected a capital letter, as in Host",
        ["--log-field=Host"]),
    Row(["--log-field=A,B", "--log-field=A"],
        "--log-field: 'A' is given twice; expected each name only once", ["--log-field=A,B"]),
    Row(["HELLOD_LOG_FIELD=A,A"],
        "HELLOD_LOG_FIELD: 'A' is given twice; expected each name only once", ["HELLOD_LOG_FIELD=A"]),
    # ---- Addresses ----
    Row(["--listen=nowhere"], f"--listen: 'nowhere': {ADDRESS}", ["--listen=127.0.0.1:0"]),
    Row(["HELLOD_LISTEN=80"], f"HELLOD_LISTEN: '80': {ADDRESS}", ["HELLOD_LISTEN=127.0.0.1:0"]),
    Row(["--listen=localhost:65536"], f"--listen: 'localhost:65536': {ADDRESS}", ["--listen=localhost:0"]),
    Row(["--listen=::1:80"], f"--listen: '::1:80': {ADDRESS}", ["--listen=[::1]:80"]),
    Row(["--listen=127.0.0.1:0", "--admin=nowhere"], f"--admin: 'nowhere': {ADDRESS}",
        ["--listen=127.0.0.1:0", "--admin=127.0.0.1:0"]),
    Row(["--listen="], f"--listen: '' is empty; expected ADDR, {HELP}", ["--listen=:80"]),
    Row(["--admin="], f"--admin: '' is empty; expected ADDR, {HELP}", ["--admin=:81"]),
    Row(["--listen=127.0.0.1:0"] * 17, "--listen: '127.0.0.1:0' is one too many; at most 16 are accepted",
        ["--listen=127.0.0.1:0"] * 16),
    Row(["--listen=TAKEN"], "--listen: 'TAKEN': Address in use: expected a free port, 0 for any free port, "
        "or a free path", ["--listen=127.0.0.1:0"], 1),
    Row(["--admin=TAKEN", "--listen=127.0.0.1:0"], "--admin: 'TAKEN': Address in use: expected a free port, "
        "0 for any free port, or a free path", ["--admin=127.0.0.1:0", "--listen=127.0.0.1:0"], 1),
    Row(["--listen=192.0.2.1:0"],
        "--listen: '192.0.2.1:0': Address not available: expected an address of this machine",
        ["--listen=127.0.0.1:0"], 1),
    Row(["--listen=[fe80::1]:0"], "--listen: '[fe80::1]:0': a link-local address needs the zone of a network "
        "interface: [fe80::1%eth0]:PORT", ["--listen=127.0.0.1:0"], 1),
    Row([f"--listen={LONG}"],
        f"--listen: '{LONG}': File name too long: expected at most 107 bytes after unix:",
        ["--listen=unix:FOLDER/s"], 1),
    Row(["--listen=unix:FOLDER/a/s"], "--listen: 'unix:FOLDER/a/s': No such directory: expected a path in an "
        "existing directory", ["--listen=unix:FOLDER/s"], 1),
    # ---- Limits of the machine ----
    Row(["--threads=2", "--max-connections=1"],
        "--max-connections: '1' is less than 2, the number of threads",
        ["--threads=2", "--max-connections=2", "--listen=127.0.0.1:0"]),
    Row(["--max-connections=4000000000"],
        "--max-connections: '4000000000': the limit of FILES open files allows MOST",
        ["--max-connections=10", "--listen=127.0.0.1:0"], 1),
    # ---- Health checks ----
    Row(["--healthcheck", "--listen=127.0.0.1:0"], "--healthcheck: '127.0.0.1:0': expected an address of "
        "--admin or --listen, with a port from 1 to 65535", ["--listen=127.0.0.1:8080"], 1),
]

# Variables with a prefix of hellod's: hellod starts, and says so.
WARNINGS = [
    ("HELLOD_THREAD", "did you mean HELLOD_THREADS?"),
    ("HELLOD_MAX_CONECTIONS", "did you mean HELLOD_MAX_CONNECTIONS?"),
    ("HELLOD_listen", "did you mean HELLOD_LISTEN?"),
    ("HELLOD_NONSENSE", HELP),
    ("HELLOD_HELP", HELP),
    ("HELLOD_PORT", HELP),
    ("HELLOD_" + "X" * 1000, HELP),
]
