# SPDX-License-Identifier: MIT
"""Requests that chance has damaged: 15,000 of them. Whatever they have become, the server answers,
or closes, or does so when their time is up. RESILIENCE_SEED repeats a run."""
import os
import pathlib
import random
import socket
import sys

from attack import Attack, least, most
from crowd import Crowd, send_some

PARITY = pathlib.Path(__file__).resolve().parent.parent / "parity"
sys.path.insert(0, str(PARITY))
import cases  # noqa: E402
import messages  # noqa: E402

TIMES = 15_000
BATCH = 500
LIMITS = ("--header-timeout", "1s", "--body-timeout", "1s", "--idle-timeout", "1s",
          "--reply-timeout", "1s")
# Of a pipeline, each request has its time. Then the last answer is read on for a while.
PATIENCE = 6
MOST_CHANGES = 6
# Nobody reads before the end, which comes behind the answers.
RECEIVE_BUFFER = 4 << 20
MOST_SHOWN = 5
LONGEST = 1 << 16
BYTES = (b"\0", b"\n", b"\r", b"\r\n", b" ", b"\t", b":", b";", b",", b"%", b"/", b"0", b"\x7f", b"\xff",
         b"18446744073709551616", b"-1", b"\r\n\r\n", b"Content-Length: 5\r\n",
         b"Transfer-Encoding: chunked\r\n", b"Host: h\r\n", b"GET / HTTP/1.1\r\n")


# ---- A change each, of some bytes and by chance; other: bytes of another message ----

def flip(chance, data, at, _):
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1:]


def replace(chance, data, at, _):
    return data[:at] + chance.choice(BYTES) + data[at + 1:]


def insert(chance, data, at, _):
    return data[:at] + chance.choice(BYTES) + data[at:]


def cut_out(chance, data, at, _):
    return data[:at] + data[at + chance.randint(1, 40):]


def repeat(chance, data, at, _):
    end = at + chance.randint(1, 200)
    return data[:end] + data[at:end] * chance.choice((1, 1, 1, 2, 50)) + data[end:]


def splice(chance, data, at, other):
    return data[:at] + other[chance.randrange(len(other)):]


def truncate(_, data, at, __):
    return data[:at]


CHANGES = (flip, flip, replace, replace, insert, insert, cut_out, repeat, splice, truncate)


class Mutator:
    def __init__(self, seed):
        self.seed = seed
        self.fixed = [case.sent() for case in cases.read_all(PARITY / "cases")]

    def _original(self, chance, index):
        if chance.random() < 0.3:
            return chance.choice(self.fixed)
        return messages.make_message(self.seed, index).sent()

    def make(self, index):
        """A damaged message; the same for the same seed and index."""
        chance = random.Random(f"{self.seed}/mutation/{index}")
        data = self._original(chance, index)
        for _ in range(chance.randint(1, MOST_CHANGES)):
            other = self._original(chance, index + 1) or b"GET"
            if data:
                data = chance.choice(CHANGES)(chance, data, chance.randrange(len(data)), other)
        return data[:LONGEST]


class Mutants(Crowd):
    """Connections with a damaged message each."""

    def __init__(self, server, mutator, indexes):
        super().__init__(server, len(indexes), receive_buffer=RECEIVE_BUFFER)
        self.sent = dict(zip(list(self), map(mutator.make, indexes)))
        self.index = dict(zip(list(self), indexes))
        self.answered = self.strange = 0

    def play(self):
        """In two pieces each, for the server to read them one by one; every other client says
        that this was all."""
        for client, data in self.sent.items():
            send_some(client, data[:len(data) // 2])
        self.look()
        for client, data in self.sent.items():
            if client.fileno() < 0:
                continue
            send_some(client, data[len(data) // 2:])
            if self.index[client] % 2:
                self._finish_sending(client)

    @staticmethod
    def _finish_sending(client):
        try:
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server has ended it

    def let_go(self, client):
        try:
            beginning = client.recv(9)
        except OSError:
            beginning = b""
        self.answered += beginning == b"HTTP/1.1 "
        if beginning not in (b"HTTP/1.1 ", b""):
            self.strange += 1
            self.show(client, f"is answered {beginning!r}")
        super().let_go(client)

    def show(self, client, what):
        print(f"  message {self.index[client]} {what}: {cases.shorten(self.sent[client], 200)}")


def send_batch(server, mutator, indexes):
    """How many were answered, how many strangely, and how many of them are held."""
    mutants = Mutants(server, mutator, indexes)
    mutants.play()
    mutants.wait(PATIENCE)
    for client in list(mutants)[:MOST_SHOWN]:
        mutants.show(client, "is neither answered nor closed")
    counts = mutants.answered, mutants.strange, len(mutants)
    mutants.close()
    return counts


def mutations(server):
    seed = os.environ.get("RESILIENCE_SEED") or os.urandom(4).hex()
    mutator = Mutator(seed)
    times = int(TIMES * server.share)
    print(f"mutations: {times} to {server.name}, RESILIENCE_SEED={seed}", flush=True)
    counts, before = [], 0
    for first in range(0, times, BATCH):
        counts.append(send_batch(server, mutator, range(first, min(first + BATCH, times))))
        if first == times // (4 * BATCH) * BATCH:
            yield
            before = server.resident_kb()
    answered, strange, held = map(sum, zip(*counts))
    return {"replied_percent": 100 * answered / times, "strange": strange, "held": held,
            "grown_kb": server.resident_kb() - before}


ATTACKS = [
    Attack("mutations", f"{TIMES:,} requests that chance has damaged", mutations, flags=LIMITS,
           bounds={"replied_percent": least(50), "strange": most(0), "held": most(0),
                   "grown_kb": most(4096)},
           bites=("held",)),
]
