# SPDX-License-Identifier: MIT
"""What is measured without load: start-up, silence, memory, system calls per request."""
import os
import re
import socket
import subprocess
import tempfile
import time

from load import Wrong, wrk
from servers import Server, free_port

IDLE_SECONDS = 10


def first_answer(peer, helper, cpus, client_cpus):
    """Microseconds from exec to the first answer."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="hello-bench-") as directory:
        command = peer.command(port, 1, False, directory)
        done = subprocess.run(["taskset", "-c", client_cpus, helper, str(port), cpus, *command],
                              capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise Wrong(f"{peer.name}: {done.stderr}")
    return {"start": float(done.stdout)}


def _calls(text):
    """The number of system calls in a summary of strace's."""
    total = 0
    for line in text.splitlines():
        match = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*?(\w+)$", line)
        if match and match[2] != "total":
            total += int(match[1])
    return total


def _strace(pids, output, *more):
    tracer = subprocess.Popen(
        ["strace", "-f", *more, "-o", output, *[word for pid in pids for word in ("-p", str(pid))]],
        stderr=subprocess.PIPE, text=True)
    for line in tracer.stderr:
        if "attached" in line:
            return tracer
    raise Wrong("strace does not attach")


def _end(tracer, path):
    tracer.terminate()
    tracer.communicate(timeout=20)
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()


def idle_calls(peer, cpus):
    """System calls in ten seconds in which nobody asks anything, and which begin a second after the
    tracer came: its coming interrupts those who wait, and they wait again."""
    with Server(peer, cpus) as server:
        wrk(server, cpus, 1, 1)
        path = os.path.join(server.directory, "strace")
        tracer = _strace(server.pids(), path, "-ttt")
        time.sleep(1)
        start = time.time()
        time.sleep(IDLE_SECONDS)
        end = time.time()
        times = re.findall(r"^\d+ +([\d.]+) (?!<\.\.\.|---|\+\+\+)", _end(tracer, path), re.M)
        return {"idle calls": sum(start < float(at) < end for at in times)}


def calls_per_request(peer, cpus, client_cpus, closes, connections=64):
    with Server(peer, cpus, closes=closes) as server:
        path = os.path.join(server.directory, "strace")
        tracer = _strace(server.pids(), path, "-c")
        requests = wrk(server, client_cpus, connections, 1, closes=closes)["requests"]
        return {"calls of one" if closes else "calls": _calls(_end(tracer, path)) / requests}


def _open(port):
    client = socket.create_connection(("127.0.0.1", port), 20)
    client.sendall(b"GET /memory HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = b""
    while not answer.endswith(b"Hello, you've requested: /memory\n"):
        piece = client.recv(4096)
        if not piece:
            raise Wrong(f"the connection ended after {answer!r}")
        answer += piece
    return client


def memory(peer, cpus, counts):
    """Bytes resident: after the start, and for each connection that has asked once and waits."""
    with Server(peer, cpus) as server:
        idle = server.memory()
        found = {"idle memory": idle}
        clients = []
        try:
            for count in sorted(counts):
                while len(clients) < count:
                    clients.append(_open(server.port))
                found[f"memory at {count}"] = (server.memory() - idle) / count
        finally:
            for client in clients:
                client.close()
        return found
