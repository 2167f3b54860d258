# SPDX-License-Identifier: MIT
"""What the README promises, with curl."""

import unittest

from daemon import Daemon, curl, main


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def test_greets_with_the_decoded_path(self):
        answer = curl("-i", self.daemon.url("/any/path%20here")).decode()
        head, body = answer.split("\r\n\r\n")
        self.assertTrue(head.startswith("HTTP/1.1 200 OK\r\n"), head)
        self.assertIn("\r\nContent-Type: text/plain; charset=utf-8\r\n", head + "\r\n")
        self.assertIn("\r\nX-Content-Type-Options: nosniff\r\n", head + "\r\n")
        self.assertIn("\r\nContent-Length: 40\r\n", head + "\r\n")
        self.assertRegex(head, r"\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")
        self.assertEqual(body, "Hello, you've requested: /any/path here\n")

    def test_head_has_the_fields_of_get_and_no_body(self):
        answer = curl("--head", self.daemon.url("/abc")).decode()
        self.assertIn("Content-Length: 30\r\n", answer)
        self.assertTrue(answer.endswith("\r\n\r\n"), answer)

    def test_follows_its_own_redirect(self):
        body = curl("--location", "--path-as-is", self.daemon.url("/a/../b//c/?x=y"))
        self.assertEqual(body, b"Hello, you've requested: /b/c/\n")

    def test_takes_an_upload(self):
        body = curl("--data-binary", "@" + __file__, self.daemon.url("/upload"))
        self.assertEqual(body, b"Hello, you've requested: /upload\n")

    def test_http_1_0(self):
        answer = curl("-i", "--http1.0", self.daemon.url("/old")).decode()
        self.assertIn("Connection: close\r\n", answer)
        self.assertTrue(answer.endswith("Hello, you've requested: /old\n"), answer)

    def test_reuses_a_connection(self):
        format = "%{num_connects}"
        answer = curl("-w", format, self.daemon.url("/1"), "--next", "-sS", "-w", format,
                      self.daemon.url("/2"))
        self.assertEqual(answer, b"Hello, you've requested: /1\n1Hello, you've requested: /2\n0")


class Addresses(unittest.TestCase):
    def test_a_port_alone_takes_both_families(self):
        with Daemon(listen=":0") as daemon:
            self.assertEqual(daemon.host, "::")
            for host in ("127.0.0.1", "[::1]"):
                body = curl(f"http://{host}:{daemon.port}/abc")
                self.assertEqual(body, b"Hello, you've requested: /abc\n")


if __name__ == "__main__":
    main()
