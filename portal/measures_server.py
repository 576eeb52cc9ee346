"""Gives the numbers of `measures.py` out, at a port of its own and in a thread of its own: `GET /metrics`.

1. It is off until `metrics_port` is set, and listens on this machine alone: others ask the proxy, with TLS.
2. Nobody gets anything without the token; where proxy and portal have certificates (tls.py), nor but by the proxy.
3. A request is bounded in time and in its head, and holds up no other: where too many are open, the oldest is cut.
   What was asked stands in no log.
4. Whatever else is asked gets a status and nothing more; so do numbers that can't be told now.
"""

import hmac
import logging
import socket
import ssl
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread, Timer
from types import TracebackType
from typing import Any, Final, Self

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from portal.errors import Invalid
from portal.measures import Measures
from portal.settings import Settings
from portal.tls import certificates

SECONDS: Final = 5.0  # for a request to arrive and its answer to leave, all in all
MOST_OPEN: Final = 32
LEAST_TOKEN: Final = 20
_ENDS_WITHIN: Final = 0.1

log = logging.getLogger("portal.measures")


def check_measures(settings: Settings) -> None:
    """Refuse to give numbers without a token.

    Raises:
        Invalid: The sentence says which setting.

    """
    if not settings.metrics_port:
        return
    if len(settings.metrics_token) < LEAST_TOKEN:
        raise Invalid(
            f"with metrics_port, set metrics_token, at least {LEAST_TOKEN} characters chosen at random: "
            "who asks for numbers must send it"
        )
    if settings.metrics_port == settings.port:
        raise Invalid("the setting metrics_port must be another than port")


class MeasuresServer:
    """Serves while its block lasts, or does nothing if no port is set."""

    def __init__(self, settings: Settings, measures: Measures) -> None:
        self._settings, self._measures = settings, measures
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        """Begin to listen.

        Raises:
            Invalid: The port can't be listened to.

        """
        if not self._settings.metrics_port:
            return self
        where, found = ("127.0.0.1", self._settings.metrics_port), certificates(self._settings)
        try:
            tls = found.server() if found else None
            self._server = _Server(where, self._measures, self._settings.metrics_token, tls)
        except OSError as error:
            raise Invalid(f"the setting metrics_port: {where[0]}, port {where[1]}: {error.strerror}") from error
        serve = self._server.serve_forever
        Thread(target=serve, kwargs={"poll_interval": _ENDS_WITHIN}, name="measures", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, where: tuple[str, int], measures: Measures, token: str, tls: ssl.SSLContext | None = None
    ) -> None:
        self.measures, self.token, self._tls = measures, token, tls
        self._open: dict[socket.socket, Timer] = {}  # oldest first; what cuts each once its time is over
        self._lock = Lock()
        self.address_family = socket.getaddrinfo(*where, type=socket.SOCK_STREAM)[0][0]
        super().__init__(where, _Asked)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; its thread greets it, so that one that is silent holds up no other."""
        line, where = super().get_request()
        if self._tls is not None:
            line = self._tls.wrap_socket(line, server_side=True, do_handshake_on_connect=False)
        return line, where

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, in time or not at all."""
        timer = Timer(SECONDS, _cut, (request,))
        timer.daemon = True
        with self._lock:
            if len(self._open) >= MOST_OPEN:
                oldest = next(iter(self._open))
                self._open.pop(oldest).cancel()
                _cut(oldest)
            self._open[request] = timer
        timer.start()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        with self._lock:
            timer = self._open.pop(request, None)
        if timer is not None:
            timer.cancel()
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a request that broke off: Python's own would print who it was, and the error's words."""


def _cut(request: socket.socket) -> None:
    with suppress(OSError):
        # whoever waits for it finds it ended; TLS's own way of it would let what is still written out in the clear
        socket.socket.shutdown(request, socket.SHUT_RDWR)


class _Asked(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer."""
        token = self.server.token
        sent = self.headers.get("Authorization", "").encode("latin-1", "replace")
        if not hmac.compare_digest(sent, f"Bearer {token}".encode()):
            self._tell(HTTPStatus.UNAUTHORIZED, b"", "text/plain")
        elif self.path != "/metrics":
            self._tell(HTTPStatus.NOT_FOUND, b"", "text/plain")
        else:
            self._tell(*self._numbers())

    def send_error(self, code: int, _message: str | None = None, _explain: str | None = None) -> None:
        """Refuse by a status alone: Python's own page names its version, and repeats what was sent."""
        self.request_version = self.protocol_version  # whatever was asked for gets a status
        self._tell(HTTPStatus(code), b"", "text/plain")

    def _numbers(self) -> tuple[HTTPStatus, bytes, str]:
        try:
            return HTTPStatus.OK, self.server.measures.text(), CONTENT_TYPE_PLAIN_0_0_4
        except Exception as error:  # noqa: BLE001 - or nobody would hear that they are gone, nor why
            log.warning("the numbers can't be told: %s", type(error).__qualname__)
            return HTTPStatus.SERVICE_UNAVAILABLE, b"", "text/plain"

    def _tell(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing of who asked for what."""
