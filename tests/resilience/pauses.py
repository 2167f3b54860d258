# SPDX-License-Identifier: MIT
"""The server is stopped in the middle of its work for longer than any of its time limits, as a
debugger, a full machine or a move to another one does. Who has sent in time what is asked for is
answered afterwards; who has not has no longer than before."""
import signal
import time

from attack import Attack, most
from crowd import GET, Crowd, read_answers
from healthy import Healthy

EACH = 50
ROUNDS = 3
LIMIT, PAUSE = 1, 2  # seconds; less than a patient client's patience
PATIENCE = 5
POST = b"POST /abc HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
HALF = len(GET) // 2

# What a client sends before the stop, and during it.
PATIENT = {
    "head": (GET[:HALF], GET[HALF:]),
    "body": (POST[:-2], POST[-2:]),
    "whole": (GET, b""),
    "next": (b"", GET),
    "pipeline": (GET * 50 + GET[:HALF], GET[HALF:] + GET * 50),
}
ANSWERS = {"pipeline": 101}


def count_lost(crowd, answers):
    lost = 0
    for client in crowd:
        client.settimeout(PATIENCE)
        try:
            read_answers(client, answers)
        except OSError:
            lost += 1
    return lost


def send_before(server):
    """The patient, and those who never send the rest."""
    crowds = {name: Crowd(server, EACH) for name in PATIENT}
    crowds["next"].greet()
    for name, (before, _) in PATIENT.items():
        crowds[name].send(before)
    dawdlers = Crowd(server, EACH)
    dawdlers.send(GET[:HALF])
    return crowds, dawdlers


def send_during(server, crowds):
    for name, (_, during) in PATIENT.items():
        crowds[name].send(during)
    crowds["new"] = Crowd(server, EACH)
    crowds["new"].send(GET)


def pause(server):
    """How many of the patient were lost, how many others are held, and how long it took."""
    crowds, dawdlers = send_before(server)
    server.send_signal(signal.SIGSTOP)
    send_during(server, crowds)
    time.sleep(PAUSE)
    server.send_signal(signal.SIGCONT)
    began = time.monotonic()
    lost = sum(count_lost(crowd, ANSWERS.get(name, 1)) for name, crowd in crowds.items())
    seconds = time.monotonic() - began
    dawdlers.wait(2 * LIMIT)
    held = len(dawdlers)
    for crowd in (*crowds.values(), dawdlers):
        crowd.close()
    return lost, held, seconds


def pauses(server):
    yield
    # Of two connections, one would idle for longer than it may while the other one waits.
    healthy = Healthy(server, "only-kept")
    lost, held, seconds = zip(*(pause(server) for _ in range(ROUNDS)))
    return {"lost": sum(lost), "held": sum(held), "recovery_ms": 1000 * max(seconds),
            "healthy_lost": healthy.report()["failed"]}


ATTACKS = [
    Attack("pauses", f"{ROUNDS} times, the server is stopped for {PAUSE} s", pauses,
           flags=("--header-timeout", f"{LIMIT}s", "--body-timeout", f"{LIMIT}s",
                  "--idle-timeout", f"{LIMIT}s", "--reply-timeout", f"{LIMIT}s"),
           bounds={"lost": most(0), "held": most(0), "recovery_ms": most(3000),
                   "healthy_lost": most(0)},
           bites=("held",), healthy="never"),
]
