"""What the portal asks of other servers by HTTP, bounded in time and length, and only where it may.

1. It connects to addresses that `Reach` allows and to no other: it looks a name up, checks what it means, and connects
   to exactly that, so that a name that means something else a moment later gains nothing.
2. Certificates are checked as the system does; no redirect is followed, no proxy of the environment asked, no cookie
   kept.
3. From the connection to the last byte it takes SECONDS at the most, after a look-up that takes as long as the system
   lets it.
"""

import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore2

from portal.domain.reach import Reach

SECONDS: Final = 5.0
MOST_BYTES: Final = 200 * 1024
OK: Final = 200
_BROKEN: Final = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    OSError,
    ValueError,  # of a name that can't be written for a look-up or a certificate
)


class Silent(Exception):
    """There was no usable answer; the code says in a word why, for the log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: its status, the kind of content that it says (empty: none), and the content."""

    status: int
    kind: str
    body: bytes


def exchange(reach: Reach, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
    """Send a request and read the answer.

    Raises:
        Silent: There was none, in time and whole.

    """
    if not reach.allows(url):
        raise Silent("insecure-address")
    try:
        return _exchange(reach, method, url, headers, body)
    except _BROKEN as error:
        raise Silent("no-answer") from error


def _exchange(reach: Reach, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
    at = urlsplit(url)
    target = (at.path or "/") + (f"?{at.query}" if at.query else "")
    address = httpcore2.URL(scheme=at.scheme, host=at.hostname or "", port=at.port, target=target)
    asked = {"Host": at.netloc, "Accept-Encoding": "identity", **headers}
    way = _Way(reach, monotonic() + SECONDS)
    with (
        httpcore2.ConnectionPool(network_backend=way) as pool,
        pool.stream(method, address, headers=list(asked.items()), content=body) as answer,
    ):
        found = bytearray()
        for part in answer.iter_stream():
            found += part
            if len(found) > MOST_BYTES:
                raise Silent("long-answer")
        kinds = [value.decode("latin-1") for name, value in answer.headers if name.lower() == b"content-type"]
    return Answer(answer.status, "".join(kinds), bytes(found))


class _Way(httpcore2.SyncBackend):
    """The way to a server, for one exchange that ends in time."""

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
    """A connection that waits no longer than its way has time."""

    def __init__(self, stream: httpcore2.NetworkStream, way: _Way) -> None:
        self._stream = stream
        self._way = way

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the way's time counts
        return self._stream.read(max_bytes, self._way.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the way's time counts
        self._stream.write(buffer, self._way.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - likewise
    ) -> httpcore2.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._way.left()), self._way)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
