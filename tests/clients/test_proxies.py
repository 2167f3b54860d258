# SPDX-License-Identifier: MIT
"""nginx and haproxy in front of hellod, with connections to it that they keep.

The proxies listen on unix sockets, so that no port has to be chosen for them, and at an inherited
port, as the clients of that have addresses."""
import json
import os
import socket
import subprocess

from client import (PATIENCE, UNICODE_PATH, UNICODE_TEXT, ClientTest, Daemon, greeting, in_parallel,
                    main, sockets_at)
from daemon import wait_until

# A master that runs as root would give its workers to a user who cannot write to the folder.
NGINX_USER = "user root;" if os.geteuid() == 0 else ""
NGINX = """
daemon off;
{user}
worker_processes 1;
pid {path}/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {path}/body;
    proxy_temp_path {path}/proxy;
    fastcgi_temp_path {path}/fastcgi;
    uwsgi_temp_path {path}/uwsgi;
    scgi_temp_path {path}/scgi;
    client_max_body_size 0;
    upstream hellod {{
        server 127.0.0.1:{port};
        keepalive 8;
    }}
    server {{
        listen unix:{path}/proxy.sock;
        location / {{
            proxy_pass http://hellod;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
        }}
    }}
    server {{
        listen 127.0.0.1:{front};
        add_header X-Request-Id $request_id;
        location / {{
            proxy_pass http://127.0.0.1:{echo};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Request-Id $request_id;
        }}
    }}
}}
"""

HAPROXY = """
global
    maxconn 256
defaults
    mode http
    timeout connect 10s
    timeout client 30s
    timeout server 30s
    http-reuse always
frontend front
    bind unix@{path}/proxy.sock
    default_backend hellod
backend hellod
    server hellod 127.0.0.1:{port}
listen echo
    bind fd@{descriptor}
    option forwardfor
    unique-id-format %{{+X}}o%ci%cp%fi%fp%Ts%rt%pid
    unique-id-header X-Request-Id
    http-request set-header X-Forwarded-Proto http
    http-response set-header X-Request-Id %[unique-id]
    server echo 127.0.0.1:{echo}
"""


class ProxyTest(ClientTest):
    """What both have to do. Subclasses say which proxy it is."""
    configuration, command = None, None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        file = cls.path / "configuration"
        cls.echo = Daemon("--format=json")
        cls.front = socket.create_server(("127.0.0.1", 0))
        descriptor = cls.front.fileno()
        file.write_text(cls.configuration.format(path=cls.path, port=cls.daemon.port, user=NGINX_USER,
                                                 echo=cls.echo.port, descriptor=descriptor,
                                                 front=cls.front.getsockname()[1]))
        cls.socket = cls.path / "proxy.sock"
        cls.output = open(cls.path / "output", "wb")
        cls.proxy = subprocess.Popen([word.format(file=file, path=cls.path) for word in cls.command],
                                     stdout=cls.output, stderr=cls.output, pass_fds=[descriptor],
                                     env=os.environ | {"NGINX": f"{descriptor};"})
        wait_until(lambda: cls.socket.exists() or cls.proxy.poll() is not None, "the proxy's socket")

    @classmethod
    def tearDownClass(cls):
        cls.proxy.terminate()
        cls.proxy.wait(PATIENCE)
        cls.output.close()
        cls.front.close()
        cls.echo.__exit__()
        super().tearDownClass()

    def get(self, path, *arguments):
        """curl's output; the host is a name that nobody looks up."""
        return self.curl("--unix-socket", str(self.socket), *arguments, "http://front" + path)

    def test_passes_the_path_on(self):
        for path, text in {"/abc": "/abc", "/a%20b?c=d": "/a b", UNICODE_PATH: UNICODE_TEXT,
                           "/%41%2F%25": "/A/%", "/~a;b=c,d": "/~a;b=c,d"}.items():
            self.assertEqual(self.get(path, "-w", "%{http_code}"), greeting(text) + b"200", path)

    def test_passes_a_redirect_on(self):
        got = self.get("//a/../b//c?d", "--path-as-is", "-o", "/dev/null", "-w",
                       "%{http_code} %{redirect_url}")
        self.assertEqual(got, b"307 http://front/b/c?d")

    def test_passes_head_on(self):
        got = self.get("/a", "--head").decode().lower()
        self.assertIn(f"content-length: {len(greeting('/a'))}\r\n", got)
        self.assertIn("x-content-type-options: nosniff\r\n", got)

    def test_passes_bodies_on(self):
        for size in (1, 1000, 100_000, 2_000_000):
            got = self.get(f"/{size}", "-T", self.make_file(size))
            self.assertEqual(got, greeting(f"/{size}"))

    def test_passes_chunked_bodies_on(self):
        for size in (1, 1000, 100_000):
            got = self.get(f"/{size}", "-T", self.make_file(size), "-H",
                           "Transfer-Encoding: chunked")
            self.assertEqual(got, greeting(f"/{size}"))

    def test_serves_many_at_once(self):
        paths = [f"/{i}" for i in range(100)]
        self.assertEqual(in_parallel(self.get, paths), [greeting(path) for path in paths])

    def test_what_it_sends_is_shown(self):
        """The client's address, protocol and request id, in fields of which hellod knows nothing."""
        client, front = "127.0.0.7", f"127.0.0.1:{self.front.getsockname()[1]}"
        head, _, body = self.curl("-i", "--interface", client, "-H", "Cookie: secret",
                                  f"http://{front}/a%20b?c").decode().partition("\r\n\r\n")
        self.assertIn("content-type: application/json\r\n", (head + "\r\n").lower())
        answered = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:])
        seen = json.loads(body)
        fields = {field["name"].lower(): field["value"] for field in seen["fields"]}
        self.assertEqual(len(fields), len(seen["fields"]))
        self.assertEqual((seen["method"], seen["target"], seen["path"], seen["host"]),
                         ("GET", "/a%20b?c", "/a b", front))
        self.assertEqual(seen["remote"]["address"], "127.0.0.1")
        self.assertEqual((fields["x-forwarded-for"], fields["x-forwarded-proto"], fields["cookie"]),
                         (client, "http", "[redacted]"))
        self.assertEqual(fields["x-request-id"].lower(), answered["x-request-id"])
        self.assertGreater(len(answered["x-request-id"]), 10)

    def test_keeps_its_connections(self):
        before = sockets_at(self.daemon.port)
        each = ["-sS", "--unix-socket", str(self.socket)]
        command, expected = [], b""
        for i in range(200):
            command += ["--next", *each, f"http://front/{i}"]
            expected += greeting(f"/{i}")
        self.assertEqual(self.curl(*command[1:]), expected)
        self.assertLess(sockets_at(self.daemon.port) - before, 20)


class Nginx(ProxyTest):
    configuration, command = NGINX, ["nginx", "-p", "{path}", "-c", "{file}"]


class Haproxy(ProxyTest):
    configuration, command = HAPROXY, ["haproxy", "-db", "-f", "{file}"]


del ProxyTest

if __name__ == "__main__":
    main("curl", "nginx", "haproxy")
