# SPDX-License-Identifier: MIT
"""Clients who come and go: 50,000 of each kind. Nothing of them stays."""
import itertools
import socket
import time

from attack import Attack, most
from crowd import GET, SOURCES, connect, read_answers, reset_on_close

TIMES = 50_000
# After so many refused connections, the attack ends.
MOST_REFUSED = 10


def come_and_go(server, visit):
    """Yields half-way."""
    times = int(TIMES * server.share)
    sources = itertools.cycle(SOURCES)
    began = time.monotonic()
    refused = 0
    for i in range(times):
        if i == times // 2:
            yield
        try:
            with connect(server, next(sources)) as client:
                visit(client)
        except OSError as error:
            refused += 1
            if refused > MOST_REFUSED:
                break
    if i < times // 2:
        yield
    return {"refused": refused, "visits_per_s": i / (time.monotonic() - began)}


def connect_and_close(client):
    pass


def reset(client):
    reset_on_close(client)


def request_and_reset(client):
    client.sendall(GET)
    reset_on_close(client)


def request_and_end(client):
    client.sendall(GET)
    client.shutdown(socket.SHUT_WR)
    read_answers(client, 1)


def partial_and_close(client):
    client.sendall(GET[:20])


def request(client):
    client.sendall(GET)
    read_answers(client, 1)


def churn(name, what, visit, bites=()):
    return Attack(name, f"{TIMES:,} times: {what}", lambda server: come_and_go(server, visit),
                  bounds={"refused": most(0)}, bites=bites)


ATTACKS = [
    churn("connect-close", "connect, close", connect_and_close),
    churn("reset", "connect, reset", reset),
    churn("request-reset", "request, reset", request_and_reset),
    churn("request-end", "request, end of sending, answer, close", request_and_end, bites=("leaked",)),
    churn("partial-close", "half a request, close", partial_and_close, bites=("leaked",)),
    churn("request", "request, answer, close", request),
]
