# SPDX-License-Identifier: MIT
"""curl, wget and Python's http.client."""
import http.client
import urllib.request

from client import UNICODE_PATH, UNICODE_TEXT, PATIENCE, ClientTest, greeting, main


class Curl(ClientTest):
    def test_http_1_0(self):
        self.assertEqual(self.curl("--http1.0", self.daemon.url("/a")), greeting("/a"))

    def test_http_1_0_keeps_alive_when_asked_to(self):
        each = ("--http1.0", "-H", "Connection: keep-alive", "-w", "%{num_connects}")
        got = self.curl(*each, self.daemon.url("/a"), "--next", "-sS", *each, self.daemon.url("/b"))
        self.assertEqual(got, greeting("/a") + b"1" + greeting("/b") + b"0")

    def test_http_1_1_reuses_one_connection_for_all(self):
        each = ("-sS", "-w", "%{num_connects},")
        command, expected = [], b""
        for i in range(20):
            command += ["--next", *each, self.daemon.url(f"/{i}")]
            expected += greeting(f"/{i}") + (b"0," if i else b"1,")
        self.assertEqual(self.curl(*command[1:]), expected)

    def test_offers_http_2_and_gets_1_1(self):
        got = self.curl("--http2", "-w", "%{http_version}", self.daemon.url("/a"))
        self.assertEqual(got, greeting("/a") + b"1.1")

    def test_path_as_it_is(self):
        for path, location in {"//evil.example/x": "/evil.example/x", "/a/../b?c": "/b?c",
                               "/./a//": "/a/", "/..": "/"}.items():
            got = self.curl("--path-as-is", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}",
                            self.daemon.url(path))
            self.assertEqual(got.decode(), "307 " + self.daemon.url(location), path)

    def test_follows_to_the_clean_path(self):
        got = self.curl("--path-as-is", "-L", self.daemon.url("/a//b/../" + UNICODE_PATH))
        self.assertEqual(got, greeting("/a" + UNICODE_TEXT))

    def test_bytes_that_are_not_escaped(self):
        self.assertEqual(self.curl(self.daemon.url(UNICODE_TEXT)), greeting(UNICODE_TEXT))

    def test_head(self):
        got = self.curl("--head", self.daemon.url("/a")).decode()
        self.assertTrue(got.startswith("HTTP/1.1 200 OK\r\n") and got.endswith("\r\n\r\n"), got)

    def test_form(self):
        got = self.curl("-F", "file=@" + self.make_file(1000), self.daemon.url("/a"))
        self.assertEqual(got, greeting("/a"))

    def test_uploads(self):
        for size in (0, 1, 1000, 100_000, 262_144, 2_000_000, 10_000_000):
            got = self.curl("-T", self.make_file(size), self.daemon.url(f"/{size}"))
            self.assertEqual(got, greeting(f"/{size}"))

    def test_uploads_that_do_not_wait_to_be_asked(self):
        for size in (100_000, 2_000_000, 10_000_000):
            got = self.curl("-T", self.make_file(size), "-H", "Expect:", self.daemon.url(f"/{size}"))
            self.assertEqual(got, greeting(f"/{size}"))

    def test_chunked_uploads(self):
        for size in (1, 1000, 100_000, 2_000_000):
            got = self.curl("-T", self.make_file(size), "-H", "Transfer-Encoding: chunked", "-H",
                            "Expect:", self.daemon.url(f"/{size}"))
            self.assertEqual(got, greeting(f"/{size}"))

    def test_goes_on_after_an_upload(self):
        # Where it asks first, it is told that the body is not wanted, and the connection ends.
        each = ("-sS", "-w", "%{num_connects}", "-T", self.make_file(100_000), "-H", "Expect:")
        got = self.curl(*each, self.daemon.url("/a"), "--next", *each, self.daemon.url("/b"))
        self.assertEqual(got, greeting("/a") + b"1" + greeting("/b") + b"0")


class Wget(ClientTest):
    def wget(self, *arguments):
        return self.run_tool("wget", "-q", "-O", "-", "--tries=1", f"--timeout={PATIENCE}",
                             "--no-proxy", *arguments)

    def test_gets(self):
        self.assertEqual(self.wget(self.daemon.url("/a%20b")), greeting("/a b"))

    def test_gets_several(self):
        got = self.wget(*(self.daemon.url(f"/{i}") for i in range(5)))
        self.assertEqual(got, b"".join(greeting(f"/{i}") for i in range(5)))

    def test_follows(self):
        self.assertEqual(self.wget(self.daemon.url("/a//b")), greeting("/a/b"))

    def test_posts(self):
        got = self.wget("--post-file=" + self.make_file(100_000), self.daemon.url("/a"))
        self.assertEqual(got, greeting("/a"))


class HttpClient(ClientTest):
    def test_goes_through_methods_on_one_connection(self):
        connection = http.client.HTTPConnection(self.daemon.host, self.daemon.port, PATIENCE)
        connection.connect()
        socket = connection.sock
        for method, body in (("GET", None), ("HEAD", None), ("POST", b"x" * 1000), ("PUT", b""),
                             ("DELETE", None), ("OPTIONS", None), ("BREW", b"coffee")):
            connection.request(method, "/" + method, body)
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.read()),
                             (200, b"" if method == "HEAD" else greeting("/" + method)), method)
            self.assertIs(connection.sock, socket, "a new connection was made")
        connection.close()

    def test_chunked_body(self):
        connection = http.client.HTTPConnection(self.daemon.host, self.daemon.port, PATIENCE)
        for _ in range(3):
            connection.request("POST", "/a", iter([b"x" * 100] * 50), encode_chunked=True)
            self.assertEqual(connection.getresponse().read(), greeting("/a"))
        connection.close()

    def test_urllib_follows(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.daemon.url("/a/./b"), timeout=PATIENCE) as answer:
            self.assertEqual(answer.read(), greeting("/a/b"))
            self.assertEqual(answer.url, self.daemon.url("/a/b"))


if __name__ == "__main__":
    main("curl", "wget")
