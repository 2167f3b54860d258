# SPDX-License-Identifier: MIT
"""ab, wrk and h2load: no answer is wrong while they are many."""
from client import ClientTest, greeting, main

WRK_SCRIPT = """
local threads = {{}}
local expected = "{body}"
function setup(thread)
    table.insert(threads, thread)
end
function init()
    right, wrong = 0, 0
end
function response(status, headers, body)
    if status == 200 and body == expected then right = right + 1 else wrong = wrong + 1 end
end
function done(summary, latency, requests)
    local right, wrong, errors = 0, 0, 0
    for _, thread in ipairs(threads) do
        right = right + thread:get("right")
        wrong = wrong + thread:get("wrong")
    end
    for _, count in pairs(summary.errors) do errors = errors + count end
    io.write(string.format("RESULT %d %d %d\\n", right, wrong, errors))
end
"""


class Ab(ClientTest):
    def bench(self, *arguments):
        text = self.run_tool("ab", "-n", "2000", "-c", "20", *arguments,
                             self.daemon.url("/abc")).decode()
        values = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        return {name: value.split()[0] for name, value in values.items() if value.split()}

    def expect_right_answers(self, values):
        self.assertEqual(values["Complete requests"], "2000")
        self.assertEqual(values["Failed requests"], "0")  # in length, too
        self.assertNotIn("Non-2xx responses", values)
        self.assertEqual(values["Document Length"], str(len(greeting("/abc"))))

    def test_a_connection_each(self):
        self.expect_right_answers(self.bench())

    def test_kept_connections(self):
        values = self.bench("-k")
        self.expect_right_answers(values)
        self.assertEqual(values["Keep-Alive requests"], "2000")

    def test_bodies(self):
        self.expect_right_answers(self.bench("-p", self.make_file(1000), "-T", "text/plain"))

    def test_shows_the_body(self):
        text = self.run_tool("ab", "-n", "1", "-v", "4", self.daemon.url("/abc")).decode()
        self.assertIn(greeting("/abc").decode(), text)


class Wrk(ClientTest):
    def test_bodies_are_right(self):
        script = self.path / "check.lua"
        body = greeting("/abc").decode().replace("\n", "\\n")
        script.write_text(WRK_SCRIPT.format(body=body))
        text = self.run_tool("wrk", "-t", "1", "-c", "64", "-d", "2s", "-s", str(script),
                             self.daemon.url("/abc")).decode()
        right, wrong, errors = map(int, text.rpartition("RESULT ")[2].split())
        self.assertEqual((wrong, errors), (0, 0), text)
        self.assertGreater(right, 1000, text)


class H2load(ClientTest):
    """It pipelines: as many requests are under way on each connection as it is told."""

    def test_pipelines(self):
        text = self.run_tool("h2load", "--h1", "-n", "20000", "-c", "50", "-m", "16",
                             self.daemon.url("/abc")).decode()
        self.assertIn("requests: 20000 total, 20000 started, 20000 done, 20000 succeeded, 0 failed, "
                      "0 errored, 0 timeout\n", text)
        self.assertIn("status codes: 20000 2xx, 0 3xx, 0 4xx, 0 5xx\n", text)
        self.assertIn(f"({20000 * len(greeting('/abc'))}) data\n", text)


if __name__ == "__main__":
    main("ab", "wrk", "h2load")
