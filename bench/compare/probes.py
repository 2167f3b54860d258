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


def first_answer(peer, helper, cpus):
    """Microseconds from exec to the first answer."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="hello-bench-") as directory:
        command = peer.command(port, 1, False, directory)
        done = subprocess.run(["taskset", "-c", cpus, helper, str(port), *command],
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


def _strace(pids, summary):
    tracer = subprocess.Popen(
        ["strace", "-f", "-c", "-o", summary, *[word for pid in pids for word in ("-p", str(pid))]],
        stderr=subprocess.PIPE, text=True)
    for line in tracer.stderr:
        if "attached" in line:
            return tracer
    raise Wrong("strace does not attach")


def _summary(tracer, path):
    tracer.terminate()
    tracer.communicate(timeout=20)
    with open(path, encoding="ascii") as file:
        return file.read()


def idle_calls(peer, cpus):
    """System calls in ten seconds in which nobody asks anything."""
    with Server(peer, cpus) as server:
        wrk(server, cpus, 1, 1)
        path = os.path.join(server.directory, "strace")
        tracer = _strace(server.pids(), path)
        time.sleep(IDLE_SECONDS)
        return {"idle calls": _calls(_summary(tracer, path))}


def calls_per_request(peer, cpus, client_cpus, connections=64):
    with Server(peer, cpus) as server:
        path = os.path.join(server.directory, "strace")
        tracer = _strace(server.pids(), path)
        requests = wrk(server, client_cpus, connections, 1)["requests"]
        return {"calls": _calls(_summary(tracer, path)) / requests}


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
