# SPDX-License-Identifier: MIT
"""Many connections at once, as attackers hold them."""
import collections
import errno
import math
import select
import socket
import struct
import time

GET = b"GET /abc HTTP/1.1\r\nHost: h\r\n\r\n"
# From Linux: choose the local port when it is known whom it connects to.
IP_BIND_ADDRESS_NO_PORT = 24
# Of the loopback network; one address alone runs out of ports within seconds.
SOURCES = [f"127.0.0.{i}" for i in range(2, 10)]


def connect(server, source=None, receive_buffer=None, patience=5):
    """A connection, blocking; or OSError."""
    client = socket.socket()
    client.settimeout(patience)
    try:
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            client.bind((source, 0))
        client.connect((server.host, server.port))
    except OSError:
        client.close()
        raise
    return client


def reset_on_close(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def read_answers(client, count, wanted=b"HTTP/1.1 200 "):
    """Read as many answers as were asked for; OSError when there are less."""
    data, seen = b"", 0
    while True:
        head, end, rest = data.partition(b"\r\n\r\n")
        while end:
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            if len(rest) < length:
                break
            if not head.startswith(wanted):
                raise OSError(f"the answer is {head!r}")
            seen, data = seen + 1, rest[length:]
            if seen == count:
                return
            head, end, rest = data.partition(b"\r\n\r\n")
        piece = client.recv(1 << 20)
        if not piece:
            raise OSError(f"{seen} of {count} answers")
        data += piece


class Crowd:
    """Connections that tell when the server ends them."""

    def __init__(self, server, count, **options):
        self.epoll = select.epoll()
        self.clients = {}
        self.began = {}  # client -> when
        self.lasted = []  # seconds, of those that have ended
        self.server, self.options = server, options
        self.add(count)

    def add(self, count):
        """So many more. Returns them."""
        added = [connect(self.server, **self.options) for _ in range(count)]
        for client in added:
            client.setblocking(False)
            self.clients[client.fileno()] = client
            self.began[client] = time.monotonic()
            self.epoll.register(client, select.EPOLLRDHUP)
        return added

    def __iter__(self):
        return iter(self.clients.values())

    def __len__(self):
        return len(self.clients)

    def send(self, data):
        for client in self:
            send_some(client, data)

    def greet(self, clients=None):
        """Each asks and gets its answer; by default, all of them."""
        clients = list(self if clients is None else clients)
        for client in clients:
            client.send(GET)
        for client in clients:
            client.settimeout(30)
            read_answers(client, 1)
            client.setblocking(False)

    def look(self, seconds=0.0):
        """Take note of those that have ended, and let them go."""
        for fd, _ in self.epoll.poll(seconds, max(1, len(self.clients))):
            # A process that is just being started holds the socket, too: closing is not enough.
            self.epoll.unregister(fd)
            client = self.clients.pop(fd)
            self.lasted.append(time.monotonic() - self.began[client])
            self.let_go(client)

    def let_go(self, client):
        client.close()

    def wait(self, seconds):
        """Until all have ended; not longer than that."""
        end = time.monotonic() + seconds
        while self.clients and (left := end - time.monotonic()) > 0:
            self.look(left)

    def restart_clocks(self):
        """What they do to last begins now."""
        self.began = dict.fromkeys(self.began, time.monotonic())

    def longest(self):
        """How long the last one has lasted, in seconds; infinity while there is one."""
        return math.inf if self.clients else max(self.lasted)

    def close(self, reset=False):
        for client in self:
            if reset:
                reset_on_close(client)
            client.close()
        self.clients.clear()
        self.epoll.close()


def send_some(client, data):
    """How many bytes a socket that does not block takes; none when it has ended."""
    try:
        return client.send(data)
    except BlockingIOError:
        return 0
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ECONNRESET):
            raise
        return 0


class Drip:
    """Each of a crowd does something every two seconds, not all at the same moment."""
    PERIOD, SLOTS = 2.0, 20

    def __init__(self, crowd, act):
        self.act = act
        self.slots = collections.deque([] for _ in range(self.SLOTS))
        for number, client in enumerate(crowd):
            self.slots[number % self.SLOTS].append(client)
        self.crowd = crowd
        self.next = time.monotonic()

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.crowd.look(max(0.0, min(self.next, end) - time.monotonic()))
            if time.monotonic() < self.next:
                continue
            self.next += self.PERIOD / self.SLOTS
            for client in self.slots[0]:
                if client.fileno() >= 0:
                    self.act(client)
            self.slots.rotate(-1)
