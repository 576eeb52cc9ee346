"""Serves a witness over plain HTTP, to whoever asks: a small server that nobody can hold.

1. A request has a bounded length, head and body together, and a bounded time, the wait for it included.
2. So many connections at a time and no more; each takes a bounded number of requests.
3. It takes `POST /add-checkpoint` with a Content-Length; whatever else is answered by one status and a sentence.
"""

import io
import re
import socket
import sys
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import BoundedSemaphore
from time import monotonic
from typing import Any, Final

from portal.audit.witness import MOST_BYTES, PATH, Answer, Witness

SECONDS: Final = 10.0  # for a request to arrive
LINGER_SECONDS: Final = 1.0  # for a client to stop sending what isn't wanted
MOST_CONNECTIONS: Final = 64
MOST_REQUESTS: Final = 100  # of one connection
HEAD_BYTES: Final = 16 * 1024
_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 23\r\n"
    b"Connection: close\r\n\r\ntoo many are connected\n"
)
_LENGTH: Final = re.compile(r"[0-9]{1,9}")


class WitnessServer(ThreadingMixIn, TCPServer):
    """A witness at an address, with a thread for each connection."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, host: str, port: int, witness: Witness) -> None:
        self.witness = witness
        self._room = BoundedSemaphore(MOST_CONNECTIONS)
        self.address_family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        super().__init__((host, port), Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection a thread, or turn it away while there are as many as may be."""
        if not self._room.acquire(blocking=False):
            request.setblocking(False)
            with suppress(OSError):
                request.sendall(_FULL)
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._room.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, and make room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, *_arguments: object) -> None:
        """Say in one line what went wrong, unless a connection broke."""
        if not isinstance(error := sys.exception(), OSError):
            sys.stderr.write(f"portal: a request ended in an error: {type(error).__name__}\n")


class _TooLong(Exception):
    """More arrives than a request may have."""


class _Arriving(io.RawIOBase):
    """What comes in over a connection, of one request after the other, each within its length and time."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.begin()

    def begin(self) -> None:
        """Let the length and time of a request begin."""
        self.count, self._ends = 0, monotonic() + SECONDS

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there."""
        seconds, room = self._ends - monotonic(), HEAD_BYTES + MOST_BYTES - self.count
        if seconds <= 0:
            raise TimeoutError
        if not room:
            raise _TooLong
        self._connection.settimeout(seconds)
        count = self._connection.recv_into(buffer, min(len(buffer), room))
        self.count += count
        return count


class Connection(BaseHTTPRequestHandler):
    """One connection to the witness."""

    server: WitnessServer
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"  # or what can't be read would be answered without a status
    server_version = "portal-witness"
    sys_version = ""
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Bound what arrives."""
        super().setup()
        self.rfile.close()
        self._arriving = _Arriving(self.connection)
        self.rfile = io.BufferedReader(self._arriving)
        self._requests = 0

    def handle_one_request(self) -> None:
        """Read a request and answer it."""
        self.close_connection = True
        self.command, self.requestline, self.request_version = "", "", self.default_request_version
        self._arriving.begin()
        self._requests += 1
        try:
            self._read_and_answer()
        except TimeoutError:
            if self._arriving.count:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the request came too slowly")
        except _TooLong:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the head of the request is too long")

    def _read_and_answer(self) -> None:
        self.raw_requestline = self.rfile.readline(HEAD_BYTES)
        if not self.raw_requestline:
            return
        if not self.raw_requestline.decode("latin-1").strip():  # or the base class would answer nothing
            self._refuse(HTTPStatus.BAD_REQUEST, "the request has no first line")
        elif self.parse_request():
            if refusal := self._refusal():
                self._refuse(*refusal)
            else:
                self._take(int(self.headers["Content-Length"]))

    def _refusal(self) -> tuple[HTTPStatus, str] | None:
        """Say why a request isn't taken, by its head."""
        if self.path != PATH:
            return HTTPStatus.NOT_FOUND, f"a witness has {PATH} and nothing else"
        if self.command != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED, "POST a checkpoint here"
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or not lengths:
            return HTTPStatus.LENGTH_REQUIRED, "say how long the request is"
        if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]):
            return HTTPStatus.BAD_REQUEST, "the request's length isn't one"
        if int(lengths[0]) > MOST_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has {MOST_BYTES} bytes at the most"
        return None

    def _take(self, length: int) -> None:
        body = self.rfile.read(length)
        if len(body) < length:
            self._refuse(HTTPStatus.BAD_REQUEST, "the request ended early")
            return
        self.close_connection |= self._requests >= MOST_REQUESTS
        self._send(self.server.witness.add_checkpoint(body))

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        """Answer, let what is still coming pass for a moment, so that the answer arrives, and close."""
        self.close_connection = True
        self._send(Answer(status, f"{why}\n"))
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            ends = monotonic() + LINGER_SECONDS
            while (seconds := ends - monotonic()) > 0:
                self.connection.settimeout(seconds)
                if not self.connection.recv(64 * 1024):
                    return

    def _send(self, answer: Answer) -> None:
        content = answer.text.encode()
        self.connection.settimeout(SECONDS)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media)
        self.send_header("Content-Length", str(len(content)))
        if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "POST")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, _explain: str | None = None) -> None:
        """Answer what the base class refuses."""
        self._refuse(HTTPStatus(code), message or HTTPStatus(code).phrase)

    def log_message(self, *_words: object) -> None:
        """Write nothing down of requests: the witness tells what matters."""
