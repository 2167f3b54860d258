# SPDX-License-Identifier: MIT
"""Chromium: what a person sees, and what a path cannot make it do."""
import html
import http.server
import json
import re
import threading
import urllib.parse

from client import UNICODE_PATH, UNICODE_TEXT, ClientTest, Daemon, main

# Each makes a page ask for an address of its own, where it is taken for markup. No slash but one:
# hellod cleans a path, and the path is all that a stranger can choose.
BEACON = "new(Image)().src=['http:','','127.0.0.1:{port}','{name}'].join(String.fromCharCode(47))"
MARKUP = {
    "script": "<script>{beacon}</script>",
    "image": "<img src=x onerror=\"{beacon}\">",
    "vector": "<svg onload=\"{beacon}\">",
    "details": "<details open ontoggle=\"{beacon}\">",
    "document": "<!doctype html><html><body onload=\"{beacon}\">",
    "byte-order": "\ufeff<script>{beacon}</script>",
    "nul": "\0<script>{beacon}</script>",
    "long": "a" * 2000 + "<script>{beacon}</script>",
}


class Control(http.server.ThreadingHTTPServer):
    """What hellod must not be: a server that echoes a path as HTML. It takes the beacons, too."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), ControlHandler)
        self.beacons = set()
        self.page = b""  # at /
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def stop(self):
        self.shutdown()
        self.thread.join()
        self.server_close()


class ControlHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.beacons.add(self.path.strip("/"))
        body = urllib.parse.unquote_to_bytes(self.path) if self.path != "/" else self.server.page
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def path_of(kind, port, name):
    beacon = BEACON.format(port=port, name=name)
    return "/" + urllib.parse.quote(MARKUP[kind].format(beacon=beacon), safe="")


class Chromium(ClientTest):
    count = 0

    def open(self, address):
        """The page as it is once it is loaded."""
        Chromium.count += 1
        return self.run_tool(
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", f"--user-data-dir={self.path}/profile-{self.count}",
            "--no-proxy-server", "--dump-dom", address, environment={"HOME": str(self.path)}).decode()

    def see(self, path):
        """The text of a page."""
        page = self.open(self.daemon.url(path))
        pre = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
        self.assertIsNotNone(pre, page)
        return html.unescape(pre[1])

    def test_path_outside_ascii(self):
        for path in (UNICODE_TEXT, UNICODE_PATH):
            self.assertEqual(self.see(path), f"Hello, you've requested: {UNICODE_TEXT}\n")

    def test_markup_stays_text(self):
        self.assertEqual(self.see("/%3Cscript%3Edocument.title='x'%3C%2Fscript%3E"),
                         "Hello, you've requested: /<script>document.title='x'</script>\n")

    def test_follows_a_redirect(self):
        self.assertEqual(self.see("//a//b?c"), "Hello, you've requested: /a/b\n")


    def test_json_is_read(self):
        """By the browser's own parser: what a page of that origin would get."""
        with Daemon("--format=json") as daemon:
            page = self.open(daemon.url("/%3C%2Fscript%3E%22%FF" + UNICODE_PATH))
        pre = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
        self.assertEqual(json.loads(html.unescape(pre[1]))["path"], f'/</script>"\uefff{UNICODE_TEXT}')

    def test_runs_nothing(self):
        """The control's pages call for help, opened or in frames; hellod's do not."""
        control = Control()
        self.addCleanup(control.stop)
        shown = Daemon("--format=json")
        self.addCleanup(shown.__exit__)
        origins = {"control": control.url, "hellod": self.daemon.url(""), "redirect": self.daemon.url("/."),
                   "json": shown.url("")}
        for name, origin in origins.items():
            markup = {kind: origin + path_of(kind, control.server_port, f"{name}-{kind}") for kind in MARKUP}
            self.open(markup["script"])
            frames = "".join(f"<iframe src='{address}'></iframe>" for address in markup.values())
            control.page = (frames + f"<img src='/{name}'>").encode()
            self.open(control.url)
        beacons = {beacon for beacon in control.beacons if beacon.startswith(tuple(origins))}
        self.assertEqual(beacons, set(origins) | {f"control-{kind}" for kind in MARKUP})


if __name__ == "__main__":
    main("chromium")
