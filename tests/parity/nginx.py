# SPDX-License-Identifier: MIT
"""nginx, which passes each request on once its body has come in whole. A line of its access log
tells what it has found, or where it has stopped. The client names itself in the header of the PROXY
protocol, and ends its side behind the stream."""
import asyncio
import contextlib
import itertools
import json
import pathlib
import shutil
import tempfile

from answers import NotHttp, read_all
from readers import Found, Reading, path_of

START_SECONDS = 20.0
AT_ONCE = 64
MOST_PORTS = 65535
# While nginx waits for room for its answers, the end of the stream looks to it like a client that
# has gone. Then the stream is sent again.
CLIENT_CLOSED_REQUEST = 499
TRIES = 50

# "head" is set in the phase that follows a head that nginx accepts. Without lingering, nginx writes
# the line before it closes.
_CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
    log_format found escape=json '{{"port":$proxy_protocol_port,"head":"$head","status":$status,'
        '"sent":$bytes_sent,"method":"$request_method","uri":"$request_uri","line":"$request"}}';
    client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
    uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;
    client_header_buffer_size 128k;
    large_client_header_buffers 8 128k;
    client_max_body_size 0;
    keepalive_requests 100000;
    lingering_close off;
    uninitialized_variable_warn off;
    access_log off;
    server {{
        listen unix:{folder}/front proxy_protocol;
        access_log {folder}/log found;
        set $head whole;
        location / {{
            proxy_pass http://unix:{folder}/back;
            proxy_pass_request_headers off;
            proxy_ignore_client_abort on;
        }}
    }}
    server {{ listen unix:{folder}/back; return 200; }}
}}
"""


def _command():
    """A path; None without nginx. /usr/sbin is not in every user's PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def _closes(data):
    """Whether the last answer announces that nginx closes."""
    with contextlib.suppress(NotHttp):
        answers, _ = read_all(data, ended=True)
        return bool(answers) and not answers[-1].keeps_open()
    return False


def _reading(lines, data):
    requests = []
    for line in lines:
        found = Found(line["method"].encode("latin-1"), path_of(line["uri"].encode("latin-1")))
        if line["head"] and line["status"] == 200 or line["status"] == 405:
            requests.append(found)
            continue
        begun = line["line"].encode("latin-1")
        return Reading(requests, "body" if line["head"] else "head", line["sent"] > 0, begun)
    return Reading(requests, "closed" if _closes(data) else "between", False)


class Nginx:
    name = "nginx"

    @staticmethod
    def is_there():
        """script/bootstrap parity installs it."""
        return _command() is not None

    async def start(self):
        self.folder = tempfile.TemporaryDirectory(prefix="parity-nginx-")
        folder = pathlib.Path(self.folder.name)
        (folder / "nginx.conf").write_text(_CONFIGURATION.format(folder=folder))
        self.front = folder / "front"
        await (await asyncio.create_subprocess_exec(_command(), "-v")).wait()
        self.process = await asyncio.create_subprocess_exec(
            _command(), "-p", folder, "-c", folder / "nginx.conf", stdin=asyncio.subprocess.DEVNULL)
        await asyncio.wait_for(self._until_it_listens(), START_SECONDS)
        self.log = open(folder / "log", "rb")
        self.rest, self.lines = b"", {}
        self.ports = itertools.count(1)
        self.limit = asyncio.Semaphore(AT_ONCE)
        return self

    async def _until_it_listens(self):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_unix_connection(self.front)
                writer.close()
                return
            await asyncio.sleep(0.01)

    def _take_lines(self, port):
        """What nginx has logged of a connection that it has closed."""
        *whole, self.rest = (self.rest + self.log.read()).split(b"\n")
        for line in whole:
            entry = json.loads(line.decode("latin-1"))
            self.lines.setdefault(entry["port"], []).append(entry)
        return self.lines.pop(port, [])

    async def _send(self, stream):
        """What nginx has logged, and what it has answered."""
        port = next(self.ports) % MOST_PORTS + 1
        reader, writer = await asyncio.open_unix_connection(self.front)
        data = b""
        with contextlib.suppress(OSError):
            writer.write(b"PROXY TCP4 127.0.0.1 127.0.0.1 %d 80\r\n" % port + stream)
            writer.write_eof()
            while piece := await reader.read(1 << 16):
                data += piece
        writer.close()
        return self._take_lines(port), data

    async def read(self, stream):
        async with self.limit:
            for _ in range(TRIES):
                lines, data = await self._send(stream)
                if all(line["status"] != CLIENT_CLOSED_REQUEST for line in lines):
                    return _reading(lines, data)
        raise RuntimeError(f"nginx does not read {stream[:200]!r}")

    async def stop(self):
        self.log.close()
        self.process.terminate()
        await self.process.wait()
        self.folder.cleanup()
