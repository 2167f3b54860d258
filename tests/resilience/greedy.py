# SPDX-License-Identifier: MIT
"""Clients who want or send more than anybody needs."""
import socket
import time

from attack import Attack, least, most
from crowd import GET, connect, read_answers, send_some

REQUESTS = 100_000
PIPELINED = 10_000
BATCH = 100
HEADS = 20
BODIES = 2
# Of what has no end. Loopback is fast: the first is only there to end it.
MOST_BYTES, MOST_SECONDS = 8 << 30, 4


def one_connection(server):
    batches = int(REQUESTS * server.share) // BATCH
    before = server.resident_kb()
    with connect(server, patience=60) as client:
        for i in range(batches):
            if i == batches // 2:
                yield
            client.sendall(GET * BATCH)
            read_answers(client, BATCH)
    return {"grown_kb": server.resident_kb() - before}


def pipeline(server):
    """All of them are sent before an answer is read, as far as the buffers go."""
    with connect(server, patience=60) as client:
        requests = memoryview(GET * PIPELINED)
        client.setblocking(False)
        sent = 0
        while sent < len(requests) and (more := send_some(client, requests[sent:])):
            sent += more
        yield
        reader = PipelineReader(client)
        while sent < len(requests):
            sent += send_some(client, requests[sent:])
            reader.read_some()
        client.settimeout(60)
        reader.read_up_to(PIPELINED)
        return {"lost": PIPELINED - reader.seen}


class PipelineReader:
    """Counts answers that are all alike."""

    def __init__(self, client):
        self.client, self.rest, self.seen = client, b"", 0

    def _take(self, data):
        *answers, self.rest = (self.rest + data).split(b"HTTP/1.1 200 OK\r\n")
        self.seen += len(answers)

    def read_some(self):
        try:
            self._take(self.client.recv(1 << 20))
        except BlockingIOError:
            time.sleep(0.001)

    def read_up_to(self, count):
        while self.seen < count or not self.rest.endswith(b"/abc\n"):
            data = self.client.recv(1 << 20)
            if not data:
                break
            self._take(data)


def send_until_ended(client, more, most_bytes):
    """The status of the answer, 0 for none, how many seconds it was sent to, and bytes."""
    began = time.monotonic()
    sent, answer = 0, b""
    try:
        while sent < most_bytes and time.monotonic() - began < MOST_SECONDS:
            sent += client.send(more)
    except OSError:
        pass  # the server has ended it
    seconds = time.monotonic() - began
    try:
        client.shutdown(socket.SHUT_WR)
        while piece := client.recv(65536):
            answer += piece
    except OSError:
        pass
    return int(answer[9:12] or 0), seconds, sent


def endless(times, beginning, more, most_bytes):
    """An attack that sends the same again and again."""
    def steps(server):
        statuses, longest, most_sent = set(), 0, 0
        before = server.resident_kb()
        for i in range(times):
            with connect(server) as client:
                client.sendall(beginning)
                if i == times // 2:
                    yield
                status, seconds, sent = send_until_ended(client, more, most_bytes)
            statuses.add(status)
            longest, most_sent = max(longest, seconds), max(most_sent, sent)
        return {"sent_to_s": longest, "sent_mb": most_sent / 1e6, "least_status": min(statuses),
                "most_status": max(statuses), "grown_kb": server.resident_kb() - before}
    return steps


HEAD = b"GET /abc HTTP/1.1\r\nHost: h\r\n"
POST = b"POST /abc HTTP/1.1\r\nHost: h\r\n"
GROWTH = {"grown_kb": most(4096)}
REFUSED = GROWTH | {"least_status": least(400), "most_status": most(499)}
# After the answer it is read on for two seconds and 16 MiB at most, so that the answer is not lost
# to a reset; the buffers of both ends take some as well.
CUT = GROWTH | {"sent_to_s": most(2.5), "sent_mb": most(32)}

ATTACKS = [
    Attack("one-connection", f"{REQUESTS:,} requests on one connection", one_connection,
           bounds=GROWTH),
    Attack("pipeline", f"{PIPELINED:,} requests before an answer is read", pipeline,
           bounds={"lost": most(0)}),
    Attack("long-head", f"{HEADS} heads of 2 MB", endless(HEADS, HEAD + b"X: ", b"x" * 65536, 2 << 20),
           bounds=REFUSED, bites=("least_status",)),
    Attack("many-fields", f"{HEADS} heads of 10,000 fields",
           endless(HEADS, HEAD, b"a: b\r\n" * 10_000, 60_000), bounds=REFUSED),
    Attack("long-body", f"{BODIES} bodies of 64 GB are announced",
           endless(BODIES, POST + b"Content-Length: 68719476736\r\n\r\n", b"x" * 65536, MOST_BYTES),
           bounds=CUT, bites=("sent_to_s", "sent_mb")),
    Attack("endless-chunks", f"{BODIES} bodies of chunks without end",
           endless(BODIES, POST + b"Transfer-Encoding: chunked\r\n\r\n",
                   b"8000\r\n" + b"x" * 0x8000 + b"\r\n", MOST_BYTES), bounds=CUT, bites=("sent_to_s", "sent_mb")),
]
