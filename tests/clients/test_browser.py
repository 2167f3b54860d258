# SPDX-License-Identifier: MIT
"""Chromium: what a person sees."""
import html
import re

from client import UNICODE_PATH, UNICODE_TEXT, ClientTest, main


class Chromium(ClientTest):
    count = 0

    def see(self, path):
        """The text of a page."""
        Chromium.count += 1
        page = self.run_tool(
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", f"--user-data-dir={self.path}/profile-{self.count}",
            "--no-proxy-server", "--dump-dom", self.daemon.url(path),
            environment={"HOME": str(self.path)}).decode()
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


if __name__ == "__main__":
    main("chromium")
