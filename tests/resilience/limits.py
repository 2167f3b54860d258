# SPDX-License-Identifier: MIT
"""No place left: at the limit of connections, and out of descriptors."""
import select
import time

from attack import Attack, least, most
from crowd import GET, Crowd, connect, read_answers

LIMIT = 64
WAITING = 60
FREED = 20
FILES = 64
CLIENTS = 200
WATCHED = 2  # seconds, for CPU time
PATIENCE = 3


def ask(client):
    client.settimeout(PATIENCE)
    client.sendall(GET)
    read_answers(client, 1)


class Answers:
    """Which of some clients have been answered."""

    def __init__(self, clients):
        self.epoll = select.epoll()
        for client in clients:
            self.epoll.register(client, select.EPOLLIN)

    def wait(self, seconds, count=1):
        """How many have been within that time; no longer than until as many as count have."""
        deadline = time.monotonic() + seconds
        seen = 0
        while seen < count and (left := deadline - time.monotonic()) > 0:
            for fd, _ in self.epoll.poll(left):
                self.epoll.unregister(fd)
                seen += 1
        return seen


def fill(server):
    """Take every place that is left, and be served on each."""
    crowd = Crowd(server, LIMIT - server.connections())
    for client in crowd:
        ask(client)
    return crowd


def limit(server):
    """Each place that gets free goes to one of those who wait, at once."""
    crowd = fill(server)
    waiting = Crowd(server, WAITING)
    waiting.send(GET)
    yield
    answers = Answers(waiting)
    server.cpu_percent()
    figures = {"over_limit": answers.wait(WATCHED), "cpu_percent": server.cpu_percent()}
    slowest = 0
    for client in list(crowd)[:FREED]:
        began = time.monotonic()
        client.close()
        answers.wait(PATIENCE)
        slowest = max(slowest, time.monotonic() - began)
    crowd.close()
    figures["free_to_answer_ms"] = 1000 * slowest
    figures["never_answered"] = WAITING - FREED - answers.wait(PATIENCE, WAITING - FREED)
    waiting.close()
    return figures


def out_of_files(server):
    """The limit of descriptors is low from the start; clients hold what there is."""
    crowd = Crowd(server, CLIENTS)
    crowd.send(GET)
    answers = Answers(crowd)
    served = answers.wait(1, CLIENTS)
    yield
    figures = {"served": served}
    server.cpu_percent()
    time.sleep(WATCHED)
    figures["cpu_percent"] = server.cpu_percent()
    began = time.monotonic()
    crowd.close()
    late = connect(server, patience=PATIENCE)
    ask(late)
    late.close()
    figures["recovery_ms"] = 1000 * (time.monotonic() - began)
    return figures


def no_file_left(server):
    """Nothing is left at all while 200 clients want in: the limit falls to what is in use."""
    before = server.limit_files()
    crowd = Crowd(server, CLIENTS)
    crowd.send(GET)
    answers = Answers(crowd)
    figures = {"served": answers.wait(1, CLIENTS)}
    yield
    server.cpu_percent()
    time.sleep(WATCHED)
    figures["cpu_percent"] = server.cpu_percent()
    server.limit_files(before)
    began = time.monotonic()
    answers.wait(PATIENCE, CLIENTS - figures["served"])
    figures["recovery_ms"] = 1000 * (time.monotonic() - began)
    crowd.close()
    return figures


ONE_THREAD = ("--threads", "1")
TWO_THREADS = ("--threads", "2")  # and one line in the log
NO_FILE = r"hellod: cannot accept connections: Too many open files\n"
QUIET = {"cpu_percent": most(5)}

ATTACKS = [
    Attack("limit", f"{LIMIT} connections are open, {WAITING} wait, {FREED} places get free one by one",
           limit, flags=ONE_THREAD + ("--max-connections", str(LIMIT)), plain=("1", str(LIMIT)),
           bounds=QUIET | {"over_limit": most(0), "free_to_answer_ms": most(100),
                           "never_answered": most(0)},
           healthy="kept"),
    Attack("few-files", f"{CLIENTS} clients, {FILES} descriptors", out_of_files,
           files=FILES, bounds=QUIET | {"served": least(16), "recovery_ms": most(250)},
           healthy="kept"),
    Attack("no-file", f"{CLIENTS} clients, and no descriptor left", no_file_left, flags=TWO_THREADS,
           plain=("1",), bounds=QUIET | {"recovery_ms": most(250)}, bites=("recovery_ms",),
           healthy="kept", says=NO_FILE),
    Attack("no-file-at-all", "the same, and nobody is connected", no_file_left, flags=TWO_THREADS,
           plain=("1",), bounds=QUIET | {"recovery_ms": most(250)}, bites=("cpu_percent",),
           healthy="never", says=NO_FILE),
]
