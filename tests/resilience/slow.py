# SPDX-License-Identifier: MIT
"""Clients who take their time: 500 of them, each with a byte every two seconds."""
import time

from attack import Attack, most
from crowd import Crowd, Drip, send_some

AT_ONCE = 10
CLIENTS = 500
FLOOD = 5000
READERS = 100
# An answer takes as many bytes as its request, near enough.
GREEDY = b"GET /" + b"a" * 7000 + b" HTTP/1.1\r\nHost: h\r\n\r\n"
GREED = memoryview(GREEDY * ((1 << 20) // len(GREEDY)))  # its slices are no copies
# Seconds. CPU time is of all that are watched, the healthy client's share included.
FILLING, QUIET, WATCHED = 5, 0.5, 12


def drop_bytes(crowd, text):
    """Each sends a text byte by byte, its last byte for ever."""
    at = {client: 0 for client in crowd}

    def act(client):
        send_some(client, text[at[client]:at[client] + 1])
        at[client] = min(at[client] + 1, len(text) - 1)
    return Drip(crowd, act)


def watch(server, crowd, drip, look=lambda: None):
    """The attack's figures, once the crowd has been watched, with a look every second."""
    server.cpu_percent()
    for _ in range(WATCHED):
        look()
        drip.run(1)
    figures = {"gone_s": crowd.longest(), "held": len(crowd), "cpu_percent": server.cpu_percent()}
    crowd.close()
    return figures


def slow_head(server):
    crowd = Crowd(server, CLIENTS)
    drip = drop_bytes(crowd, b"GET /abc HTTP/1.1\r\nHost: h\r\nX: y")
    drip.run(drip.PERIOD)
    yield
    return watch(server, crowd, drip)


def silent(server):
    crowd = Crowd(server, CLIENTS)
    yield
    return watch(server, crowd, Drip(crowd, lambda client: None))


def idle_flood(server):
    crowd = Crowd(server, int(FLOOD * server.share))
    yield
    return watch(server, crowd, Drip(crowd, lambda client: None))


def slow_body(server):
    crowd = Crowd(server, CLIENTS)
    crowd.send(b"POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
    crowd.restart_clocks()
    drip = drop_bytes(crowd, b"x")
    drip.run(drip.PERIOD)
    yield
    return watch(server, crowd, drip)


def slow_second_head(server):
    crowd = Crowd(server, CLIENTS)
    crowd.greet()
    drip = drop_bytes(crowd, b"GET /abc HTTP/1.1\r\nHost: h\r\nX: y")
    crowd.restart_clocks()
    drip.run(drip.PERIOD)
    yield
    return watch(server, crowd, drip)


def be_greedy(crowd):
    """Ask for more than the buffers of both ends hold: until none of it is taken any longer."""
    sent = dict.fromkeys(crowd, 0)
    now = time.monotonic()
    end, taken = now + FILLING, now
    while now < end and now < taken + QUIET:
        for client in crowd:
            count = send_some(client, GREED[sent[client] % len(GREEDY):])
            sent[client] += count
            if count > 0:
                taken = time.monotonic()
        time.sleep(0.01)
        now = time.monotonic()


def slow_reader(server):
    """They read next to nothing of what they ask for."""
    crowd = Crowd(server, READERS)
    be_greedy(crowd)
    crowd.restart_clocks()
    drip = Drip(crowd, lambda client: client.recv(1))
    drip.run(drip.PERIOD)
    yield
    pinned = []  # on a busy machine, it takes seconds to fill the buffers
    figures = watch(server, crowd, drip, lambda: pinned.append(server.kernel_bytes()))
    return figures | {"kernel_mb": max(pinned) / 1e6}


HELD = {"gone_s": most(5.5), "held": most(0), "cpu_percent": most(3)}

ATTACKS = [
    Attack("slow-head", "500 clients drop a byte of a head every 2 s", slow_head,
           flags=("--header-timeout", "5s"), bounds=HELD, bites=("gone_s", "held")),
    Attack("silent", "500 clients say nothing", silent,
           flags=("--header-timeout", "5s"), bounds=HELD, bites=("gone_s", "held")),
    Attack("idle-flood", f"{FLOOD:,} clients say nothing", idle_flood,
           flags=("--header-timeout", "5s", "--max-connections", str(FLOOD + 100)),
           plain=("2", str(FLOOD + 100)), bounds=HELD, bites=("gone_s", "held")),
    Attack("slow-body", "500 clients drop a byte of a body every 2 s", slow_body,
           flags=("--body-timeout", "8s"), bounds=HELD | {"gone_s": most(8.5)},
           bites=("gone_s", "held")),
    Attack("slow-reader", "100 clients want megabytes, and read a byte every 2 s", slow_reader,
           flags=("--reply-timeout", "7500ms"),
           bounds=HELD | {"gone_s": most(8.5), "kernel_mb": most(350)},
           bites=("gone_s", "held", "kernel_mb")),
    Attack("slow-second-head", "500 clients drop a byte of their second head every 2 s",
           slow_second_head, flags=("--header-timeout", "4500ms"),
           bounds=HELD | {"gone_s": most(7.5)}, bites=("gone_s", "held")),
]
