"""What is asked of an issuer goes to an address that may be asked, and what comes back is bounded and whole."""

import itertools
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from portal import outgoing
from portal.domain.reach import Reach
from portal.identity.answers import Answers
from portal.outgoing import Silent
from tests.issuer import FakeIssuer, serving
from tests.mail_server import certificate

NAME = "idp.example.org"
INNER = Reach((ip_network("127.0.0.2/32"),))
HERE = Reach(this_machine=True)
Meaning = Callable[..., None]


@pytest.fixture
def means(monkeypatch: pytest.MonkeyPatch) -> Meaning:
    """Let the name mean addresses, at each look-up the next ones."""
    real = socket.getaddrinfo

    def mean(*turns: Iterable[str]) -> None:
        coming = iter(turns)
        last: list[Iterable[str]] = []

        def look_up(host: Any, port: Any, *args: Any, **more: Any) -> Any:
            if host != NAME:
                return real(host, port, *args, **more)
            last[:] = [next(coming, *last)]
            return [found for address in last[0] for found in real(address, port, *args, **more)]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return mean


class Listener:
    """Counts who connects."""

    def __init__(self, host: str, port: int = 0) -> None:
        self.met = 0
        self.server = socket.create_server((host, port))
        self.port = self.server.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                with closing(self.server.accept()[0]):
                    self.met += 1
            except OSError:
                return

    def close(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


def ask(reach: Reach, url: str) -> dict[str, Any]:
    return Answers(reach).get(uuid4(), url)


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_a_name_that_means_an_inner_address_is_never_connected_to(means: Meaning, address: str) -> None:
    with closing(Listener("127.0.0.1")) as inner:
        means([address])
        with pytest.raises(Silent, match="inner-address"):
            ask(Reach(), f"https://{NAME}:{inner.port}/")
        with pytest.raises(Silent, match="inner-address"):
            Answers(Reach()).post(uuid4(), f"https://{NAME}:{inner.port}/", {}, {"client_secret": "x"})
        time.sleep(0.05)
        assert inner.met == 0


def test_a_name_that_means_something_else_a_moment_later_gains_nothing(means: Meaning) -> None:
    with closing(Listener("127.0.0.2")) as outer, closing(Listener("127.0.0.1", outer.port)) as inner:
        means(["127.0.0.2"], ["127.0.0.1"])
        with pytest.raises(Silent, match="no-answer"):
            ask(INNER, f"https://{NAME}:{outer.port}/")
        time.sleep(0.05)
        assert (outer.met, inner.met) == (1, 0)


def test_of_several_addresses_only_those_that_may_be_asked_are(means: Meaning) -> None:
    with closing(Listener("127.0.0.2")) as outer, closing(Listener("127.0.0.1", outer.port)) as inner:
        means(["127.0.0.1", "127.0.0.2"])
        with pytest.raises(Silent, match="no-answer"):
            ask(INNER, f"https://{NAME}:{outer.port}/")
        time.sleep(0.05)
        assert (outer.met, inner.met) == (1, 0)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "localhost", "127.0.0.1"])
def test_another_spelling_of_this_machine_is_not_asked_either(host: str) -> None:
    with closing(Listener("127.0.0.1")) as inner:
        with pytest.raises(Silent):
            ask(Reach(), f"https://{host}:{inner.port}/")
        time.sleep(0.05)
        assert inner.met == 0


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIssuer]:
    """An issuer with a certificate of 127.0.0.2, which the system knows."""
    pem, key = certificate(tmp_path, "127.0.0.2")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    with serving("127.0.0.2", context) as fake:
        yield fake


def test_the_certificate_must_be_of_the_name_that_was_asked_not_of_the_address(
    secure: FakeIssuer, means: Meaning
) -> None:
    port, path = urlsplit(secure.url).port, "/.well-known/openid-configuration"
    assert ask(INNER, f"https://127.0.0.2:{port}{path}")["issuer"] == secure.url
    means(["127.0.0.2"])
    with pytest.raises(Silent, match="no-answer"):
        ask(INNER, f"https://{NAME}:{port}{path}")


# --- what comes back

HEAD = b"HTTP/1.1 200 OK\r\n"


def _drip(text: bytes) -> Iterator[bytes]:
    for letter in itertools.chain(text, itertools.cycle(b"x")):
        yield bytes([letter])
        time.sleep(0.02)


CROOKED: dict[str, Callable[[], Iterable[bytes]]] = {
    "nothing": list,
    "no head": lambda: [b"\r\n\r\n{}"],
    "not HTTP": lambda: [b"220 mail ESMTP\r\n"],
    "cut in the head": lambda: [HEAD + b"Content-Le"],
    "cut in the body": lambda: [HEAD + b"Content-Length: 100\r\n\r\n{}"],
    "cut in a chunk": lambda: [HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}"],
    "no chunks": lambda: [HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"],
    "two lengths": lambda: [HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"],
    "a length below nothing": lambda: [HEAD + b"Content-Length: -1\r\n\r\n{}"],
    "a length past all": lambda: [HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}"],
    "a head without end": lambda: [HEAD + b"X: " + b"x" * 300_000],
    "many heads": lambda: [HEAD, *(b"X-%d: x\r\n" % at for at in range(20_000)), b"\r\n{}"],
    "bytes in a head": lambda: [HEAD + b"X\xff: \x00\x01\r\n\r\n{}"],
    "a dripping head": lambda: _drip(HEAD + b"X: "),
    "a dripping body": lambda: _drip(HEAD + b"Content-Length: 100000\r\n\r\n"),
    "continue without end": lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "another protocol": lambda: [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{}"],
    "no content": lambda: [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "status 299": lambda: [b"HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\n{}"],
    "status 999": lambda: [b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}"],
    "status 42": lambda: [b"HTTP/1.1 42 Odd\r\nContent-Length: 2\r\n\r\n{}"],
    "error of its own": lambda: [b'HTTP/1.1 418 Odd\r\n\r\n{"error": {"a": ["invalid_grant"]}}'],
    "compressed": lambda: [HEAD + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08"],
}
BODIES = {
    "empty": b"",
    "no UTF-8": b'{"a": "\xff\xfe"}',
    "a list": b"[]",
    "a word": b'"a"',
    "NaN": b'{"a": NaN}',
    "infinite": b'{"a": -Infinity}',
    "twice": b'{"issuer": "a", "issuer": "b"}',
    "twice inside": b'{"a": {"b": 1, "b": 1}}',
    "deep lists": b'{"a": ' + b"[" * 50_000,
    "deep objects": b'{"a":' * 30_000,
    "a huge number": b'{"a": 1' + b"0" * 50_000 + b"}",
    "half": b'{"a": ',
    "more": b"{} {}",
    "control characters": b'{"a": "\x00"}',
}


@pytest.mark.parametrize("name", CROOKED)
@pytest.mark.parametrize("way", ["get", "post"])
def test_an_answer_that_is_none_is_silence_in_time(name: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.5)
    with serving() as fake:
        fake.told["/x"] = CROOKED[name]()
        asking, began = Answers(HERE), time.monotonic()
        with pytest.raises(Silent):
            asking.get(uuid4(), f"{fake.url}/x") if way == "get" else asking.post(uuid4(), f"{fake.url}/x", {}, {})
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("name", BODIES)
def test_what_is_no_json_object_is_silence(name: str) -> None:
    with serving() as fake:
        fake.told["/x"] = [HEAD + b"Connection: close\r\n\r\n" + BODIES[name]]
        with pytest.raises(Silent, match="no-json"):
            ask(HERE, f"{fake.url}/x")


def test_the_one_that_asks_names_no_more_than_it_must() -> None:
    with serving() as fake:
        fake.told["/x?a=b;c"] = [HEAD + b"Connection: close\r\nSet-Cookie: a=b\r\n\r\n{}"]
        assert ask(HERE, f"{fake.url}/x?a=b;c") == {}
