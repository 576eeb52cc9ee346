"""What an identity provider answers over HTTP, bounded in time, length and number.

1. The portal connects to addresses that `Reach` allows and to no other: it looks a name up, checks what it means, and
   connects to exactly that, so that a name that means something else a moment later gains nothing.
2. Certificates are checked as the system does; no redirect is followed, no proxy of the environment asked, no cookie
   kept.
3. From the connection to the last byte it takes SECONDS at the most, after a look-up that takes as long as the system
   lets it; at most AT_ONCE requests to one issuer run side by side, so that one that hangs doesn't take all threads.
4. What comes is one JSON object that says each thing once, or nothing.
"""

import json
import socket
import ssl
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import Any, Final, NoReturn
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import httpcore2

from portal.domain.issuers import Reach

SECONDS: Final = 5.0
MOST_BYTES: Final = 200 * 1024
AT_ONCE: Final = 4
OK: Final = 200
_BROKEN: Final = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    OSError,
    ValueError,  # of a name that can't be written for a look-up or a certificate
)


class Silent(Exception):
    """An issuer gave no usable answer; the code says in a word why, for the log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Answers:
    """Asks issuers."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._turns: dict[UUID, BoundedSemaphore] = {}
        self._lock = Lock()

    def get(self, issuer: UUID, url: str) -> dict[str, Any]:
        """Read a JSON object.

        Raises:
            Silent: There was none.

        """
        return self._ask(issuer, "GET", url, {}, None)

    def post(self, issuer: UUID, url: str, headers: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, Any]:
        """Send a form and read a JSON object.

        Raises:
            Silent: There was none.

        """
        sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._ask(issuer, "POST", url, sent, urlencode(fields).encode())

    def _ask(
        self, issuer: UUID, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> dict[str, Any]:
        if not self.reach.allows(url):
            raise Silent("insecure-address")
        with self._lock:
            turn = self._turns.setdefault(issuer, BoundedSemaphore(AT_ONCE))
        if not turn.acquire(blocking=False):
            raise Silent("busy")
        try:
            found = _exchange(self.reach, method, url, headers, body)
        except _BROKEN as error:
            raise Silent("no-answer") from error
        finally:
            turn.release()
        try:
            return read_object(found)
        except (ValueError, RecursionError) as error:
            raise Silent("no-json") from error


def read_object(text: bytes) -> dict[str, Any]:
    """Read a JSON object (RFC 8259).

    Raises:
        ValueError: It is none, says something twice, or has numbers that JSON doesn't have.
        RecursionError: It is too deep.

    """
    found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - as whatever else is wrong with it
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _exchange(reach: Reach, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    at = urlsplit(url)
    target = (at.path or "/") + (f"?{at.query}" if at.query else "")
    address = httpcore2.URL(scheme=at.scheme, host=at.hostname or "", port=at.port, target=target)
    asked = {"Host": at.netloc, "Accept": "application/json", "Accept-Encoding": "identity", **headers}
    way = _Way(reach, monotonic() + SECONDS)
    with (
        httpcore2.ConnectionPool(network_backend=way) as pool,
        pool.stream(method, address, headers=list(asked.items()), content=body) as answer,
    ):
        if answer.status != OK:
            raise Silent("wrong-status" if method == "GET" else "token-refused")
        found = bytearray()
        for part in answer.iter_stream():
            found += part
            if len(found) > MOST_BYTES:
                raise Silent("long-answer")
    return bytes(found)


class _Way(httpcore2.SyncBackend):
    """The way to an issuer, for one exchange that ends in time."""

    def __init__(self, reach: Reach, ends: float) -> None:
        self._reach = reach
        self._ends = ends

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the way says how long
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to one of the addresses that a name means now, if the portal may."""
        found = dict.fromkeys(str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        allowed = [address for address in found if self._reach.meets(ip_address(address))]
        for at, address in enumerate(allowed, 1):
            share = self.left() / (len(allowed) + 1 - at)  # one that hangs leaves the others time
            try:
                return _Stream(super().connect_tcp(address, port, share, local_address, socket_options), self)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if at == len(allowed):
                    raise
        raise Silent("inner-address")

    def left(self) -> float:
        """Give the seconds that are left.

        Raises:
            Silent: There are none.

        """
        seconds = self._ends - monotonic()
        if seconds <= 0:
            raise Silent("slow-answer")
        return seconds


class _Stream(httpcore2.NetworkStream):
    """A connection to an issuer that waits no longer than its way has time."""

    def __init__(self, stream: httpcore2.NetworkStream, way: _Way) -> None:
        self._stream = stream
        self._way = way

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, self._way.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, self._way.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._way.left()), self._way)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
