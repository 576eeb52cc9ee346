"""The small proxy: each connection goes to the next replica, whole, and past one that is gone."""

import socket
from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from portal.demo.balancer import HOST, balancing
from portal.demo.servers import free_port

MUCH = bytes(range(256)) * 20_000


class Echo(ThreadingTCPServer):
    """A replica that says its number, and then what it was told, once all was said."""

    daemon_threads = True

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__((HOST, 0), Answer)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Answer(StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Echo)
        self.wfile.write(b"%d" % self.server.number + self.rfile.read())


@pytest.fixture
def replicas() -> Iterator[list[Echo]]:
    made = [Echo(number) for number in (1, 2)]
    for one in made:
        Thread(target=one.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield made
    for one in made:
        one.shutdown()
        one.server_close()


def ask(port: int, said: bytes = b"") -> bytes:
    with socket.create_connection((HOST, port), 5) as line:
        line.sendall(said)
        line.shutdown(socket.SHUT_WR)
        with line.makefile("rb") as answer:
            return answer.read()


def test_connections_go_to_the_replicas_in_turn_and_whole(replicas: list[Echo]) -> None:
    port = free_port()
    with balancing(port, [one.port for one in replicas]) as balancer:
        assert [ask(port)[:1] for _ in range(4)] == [b"1", b"2", b"1", b"2"]
        assert ask(port, MUCH) == b"1" + MUCH
        assert sorted(balancer.given.values()) == [2, 3]


def test_a_replica_that_is_gone_is_passed_over_and_found_again(replicas: list[Echo]) -> None:
    port, gone = free_port(), free_port()
    with balancing(port, [gone, replicas[1].port]):
        assert [ask(port) for _ in range(3)] == [b"2"] * 3
        with socket.socket() as back:
            back.bind((HOST, gone))
            back.listen()
            back.settimeout(5)
            lines = [socket.create_connection((HOST, port), 5) for _ in range(2)]
            back.accept()[0].close()
            for line in lines:
                line.close()


def test_where_nobody_is_there_the_connection_ends() -> None:
    port = free_port()
    with balancing(port, [free_port(), free_port()]):
        assert ask(port) == b""


def test_whoever_leaves_early_keeps_nobody_else_waiting(replicas: list[Echo]) -> None:
    port = free_port()
    with balancing(port, [one.port for one in replicas]):
        for _ in range(10):
            socket.create_connection((HOST, port), 5).close()
        assert ask(port, b"x")[1:] == b"x"
