"""The small proxy of the scaled-out demonstration: hands connections to the replicas in turn, past one that is gone.

It reads nothing of what it carries and changes nothing; for real reviews take one that ends TLS (deploy/Caddyfile).
"""

import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Final

BLOCK: Final = 64 * 1024
CONNECT_SECONDS: Final = 5
HOST: Final = "127.0.0.1"


class Balancer(ThreadingTCPServer):
    """Listens at one port, and knows the ports of the replicas."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, replicas: Sequence[int]) -> None:
        self.replicas = replicas
        self.given: Counter[int] = Counter()  # connections, to each replica
        self._turn = count()
        super().__init__((HOST, port), _Connection)

    def next_line(self) -> socket.socket | None:
        """Connect to the replica whose turn it is, else to one that is there; None: none is."""
        first = next(self._turn)
        for step in range(len(self.replicas)):
            port = self.replicas[(first + step) % len(self.replicas)]
            with suppress(OSError):
                line = socket.create_connection((HOST, port), CONNECT_SECONDS)
                line.settimeout(None)
                self.given[port] += 1
                return line
        return None


class _Connection(BaseRequestHandler):
    def handle(self) -> None:
        """Carry bytes both ways until both sides have said all."""
        balancer = self.server
        line = balancer.next_line() if isinstance(balancer, Balancer) else None
        if line is None:
            return
        with line:
            back = Thread(target=_carry, args=(line, self.request), daemon=True)
            back.start()
            _carry(self.request, line)
            back.join()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(BLOCK):
            target.sendall(block)
    for end, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with suppress(OSError):  # the other side is gone
            end.shutdown(how)


@contextmanager
def balancing(port: int, replicas: Sequence[int]) -> Iterator[Balancer]:
    """Hand connections on until the block ends."""
    with Balancer(port, replicas) as balancer:
        thread = Thread(target=balancer.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield balancer
        finally:
            balancer.shutdown()
            thread.join()
