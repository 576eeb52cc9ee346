"""A witness over HTTP: what it takes, what it turns away with which status, and that nobody holds it."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import witness_server
from portal.audit.checkpoints import open_checkpoint
from portal.audit.witness import MOST_BYTES
from portal.witness_server import MOST_CONNECTIONS, MOST_REQUESTS, PATH, WitnessServer
from tests.witnessed import KEY, TRUE, witness_in

BODY = TRUE.request(0, 5)


@contextmanager
def served(folder: Path) -> Iterator[int]:
    with witness_in(folder, new=True) as (witness, _), WitnessServer("127.0.0.1", 0, witness) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served(tmp_path_factory.mktemp("witness")) as found:
        yield found


def ask(port: int, method: str = "POST", path: str = PATH, body: bytes | None = BODY) -> tuple[HTTPResponse, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer, answer.read().decode()


def raw(port: int, *parts: bytes, wait: float = 0.0) -> bytes:
    """Send bytes as they are; gives all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for part in parts:
            connection.sendall(part)
            sleep(wait)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while more := connection.recv(65536):
            found += more
        return found


def test_a_checkpoint_is_cosigned_over_http(tmp_path: Path) -> None:
    with served(tmp_path) as port:
        answer, text = ask(port)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
        assert set(open_checkpoint(TRUE.checkpoint(5) + text, KEY.public()).signed) == set(KEY.public())
        answer, text = ask(port)
        assert (answer.status, answer.headers["Content-Type"], text) == (409, "text/x.tlog.size", "5\n")


def test_a_connection_takes_one_request_after_the_other_and_not_for_ever(tmp_path: Path) -> None:
    with served(tmp_path) as port, closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.connect()
        kept = connection.sock
        for number in range(MOST_REQUESTS):
            connection.request("POST", PATH, TRUE.request(number, number + 1) if number < 5 else b"nonsense")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == (200 if number < 5 else 400)
            last = number == MOST_REQUESTS - 1
            assert (answer.headers["Connection"] == "close") is last
            assert connection.sock is (None if last else kept)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "NONSENSE"])
def test_another_method_is_405(port: int, method: str) -> None:
    answer, text = ask(port, method, body=None)
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert text == ("" if method == "HEAD" else "POST a checkpoint here\n")


@pytest.mark.parametrize("path", ["/", "", "/add-checkpoint/", "/add-checkpoint?x", "/x/add-checkpoint"])
def test_another_path_is_404(port: int, path: str) -> None:
    assert ask(port, path=path)[0].status == 404
    assert ask(port, "GET", path, None)[0].status == 404


def head(*lines: str) -> bytes:
    return "\r\n".join([f"POST {PATH} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (head(), 411),
        (head("Transfer-Encoding: chunked") + b"5\r\nold 0\r\n0\r\n\r\n", 411),
        (head("Transfer-Encoding: chunked", "Content-Length: 3") + b"old", 411),
        (head("Content-Length: 3", "Content-Length: 3") + b"old", 400),
        (head("Content-Length: 3", "Content-Length: 4") + b"old", 400),
        (head("Content-Length: -3") + b"old", 400),
        (head("Content-Length: +3") + b"old", 400),
        (head("Content-Length: 0x3") + b"old", 400),
        (head("Content-Length: ٣") + b"old", 400),
        (head("Content-Length: 3") + b"old", 400),
        (head("Content-Length: 4") + b"old", 400),
        (head(f"Content-Length: {MOST_BYTES}") + b"x" * MOST_BYTES, 400),
        (head(f"Content-Length: {MOST_BYTES + 1}") + b"x" * (MOST_BYTES + 1), 413),
        (head("Content-Length: 999999999"), 413),
        (head(f"Content-Length: {'9' * 99}"), 400),
        (head(f"X: {'x' * 70_000}"), 431),
        (head(*[f"X{number}: x" for number in range(120)]), 431),
        (head(*[f"X{number}: {'x' * 60_000}" for number in range(10)]), 431),
        (b"POST " + b"x" * 200_000 + b" HTTP/1.1\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"\x1c \xa0\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n", 400),
        (b"POST /add-checkpoint HTTP/9.9\r\n\r\n", 505),
        (b"POST /add-checkpoint HTTP/x\r\n\r\n", 400),
    ],
)
def test_what_is_wrong_before_the_body_has_one_status(port: int, request_: bytes, status: int) -> None:
    found = raw(port, request_)
    assert found.startswith(b"HTTP/1.1 %d " % status), found[:200]
    first, _, content = found.partition(b"\r\n\r\n")
    assert b"Connection: close" in first or status == 400
    assert content.count(b"\n") == 1
    assert b"Traceback" not in content
    assert found.count(b"HTTP/1.1 ") == 1


def test_expect_is_answered_as_http_has_it(tmp_path: Path) -> None:
    with served(tmp_path) as port:
        found = raw(port, head(f"Content-Length: {len(BODY)}", "Expect: 100-continue"), BODY)
    assert found.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@settings(max_examples=100)
@given(sent=st.binary(min_size=1, max_size=400))
def test_whatever_comes_is_answered_by_a_status_and_never_by_a_trace(port: int, sent: bytes) -> None:
    found = raw(port, sent)
    assert found.startswith(b"HTTP/1.1 ")
    assert found[9:12].isdigit()
    assert b"Traceback" not in found


def test_it_writes_no_traces_and_nothing_of_a_request(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    ask(port, body=b"nonsense")
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head("Content-Length: 999")[:20])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    ask(port, body=b"nonsense")
    said = capfd.readouterr()
    assert said.out + said.err == ""


# --- nobody holds it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "beginning",
    [b"", b"POST", head("Content-Length: 300")[:-2], head("Content-Length: 300"), head("Content-Length: 300") + b"old"],
)
def test_a_request_that_comes_byte_by_byte_ends_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(witness_server, "SECONDS", 0.5)
    monkeypatch.setattr(witness_server, "LINGER_SECONDS", 0.1)
    with served(tmp_path) as port, socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        began, found = monotonic(), b""
        connection.sendall(beginning)
        connection.settimeout(0.05)
        while monotonic() - began < 10:
            try:
                if beginning:
                    connection.sendall(b"x")
                more = connection.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                break
            if not more:
                break
            found += more
        assert 0.4 < monotonic() - began < 3
        assert found.startswith(b"HTTP/1.1 408 ") if beginning else not found


def test_an_idle_connection_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_server, "SECONDS", 0.3)
    with served(tmp_path) as port, socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(head(f"Content-Length: {len(BODY)}") + BODY)
        found = connection.recv(65536)
        while more := connection.recv(65536):
            found += more
        assert found.startswith(b"HTTP/1.1 200 ")
        assert found.count(b"HTTP/1.1") == 1


def test_there_are_so_many_connections_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_server, "SECONDS", 1.5)
    with served(tmp_path) as port:
        idle = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(MOST_CONNECTIONS)]
        sleep(0.3)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            found = connection.recv(4096)
            assert found.startswith(b"HTTP/1.1 503 ")
            assert int(found.split(b"Content-Length: ")[1][:2]) == len(found.split(b"\r\n\r\n")[1])
        assert all(one.recv(1) == b"" for one in idle), "each is closed in its time"
        for one in idle:
            one.close()
        assert ask(port)[0].status == 200


def test_a_client_that_goes_away_frees_its_place(tmp_path: Path) -> None:
    with served(tmp_path) as port:
        for number in range(3 * MOST_CONNECTIONS):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(head("Content-Length: 300")[: number % 90])
            if number % 16 == 0:
                sleep(0.05)
        sleep(0.3)
        assert ask(port)[0].status == 200
