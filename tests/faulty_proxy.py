"""A proxy in front of an S3 server that does harm when it is told to: late, with 503, cut, altered, something else."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from urllib.parse import urlsplit

from storage.objects.s3 import Bucket

SLOW_DOWN = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>"
NO_SUCH_KEY = b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>Not yet.</Message></Error>"
DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Not yours.</Message></Error>"
UNKNOWN = b"<?xml version='1.0'?><Error><Code>NotImplemented</Code><Message>No such thing.</Message></Error>"
INSTEAD = {"503": (503, SLOW_DOWN), "denied": (403, DENIED), "unknown": (501, UNKNOWN)}
INSTEAD |= {"absent": (404, NO_SUCH_KEY), "other": (200, b"<html><p>Sign in to the network")}
Matches = Callable[[str, str], bool]


@dataclass
class Faults:
    """What is done to which requests, and how often still; what was asked."""

    kind: str = ""
    matches: Matches = lambda _method, _path: False
    left: int = 0
    met: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def set(self, kind: str, matches: Matches, times: int = 1_000_000) -> None:
        """Do this to the next requests that match."""
        self.kind, self.matches, self.left, self.met = kind, matches, times, 0

    def end(self) -> None:
        """Pass everything on again."""
        self.left = 0

    def take(self, method: str, path: str) -> str:
        """Tell what is done to a request."""
        with self.lock:
            self.asked.append((method, path))
            if self.left <= 0 or not self.matches(method, path):
                return ""
            self.left -= 1
            self.met += 1
            return self.kind


def altered(content: bytes) -> bytes:
    """Change one bit in the middle."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: Faults
    upstream: str

    def _pass(self) -> None:
        fault = self.faults.take(self.command, self.path)
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length // 2 if fault == "request cut" else length)
        if fault == "request cut":
            self._leave()
        elif fault in INSTEAD:
            self._answer(*INSTEAD[fault])
        else:
            if fault == "request altered":
                body = altered(body)
            if fault == "slow":
                self.faults.over.wait(30)
            self._forward(body, fault)

    def _forward(self, body: bytes, fault: str) -> None:
        with closing(HTTPConnection(self.upstream, timeout=30)) as connection:
            connection.request(self.command, self.path, body or None, dict(self.headers.items()))
            got = connection.getresponse()
            content = altered(got.read()) if fault == "answer altered" else got.read()
        if fault == "answer lost":
            self._leave()
            return
        self.send_response(got.status)
        for name, value in got.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "content-length", "date", "server"}:
                self.send_header(name, value)
        declared = got.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        if declared is not None:
            self.send_header("Content-Length", declared)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if fault == "answer cut" else content)
        if fault == "answer cut":
            self._leave()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass  # noqa: N815 - the names of the methods

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _leave(self) -> None:
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_given: object) -> None:
        """Say nothing of clients that left."""


@contextmanager
def faulty(bucket: Bucket, proof: Path | None = None) -> Iterator[tuple[Bucket, Faults]]:
    """Put a proxy before a bucket; with the folder of what it proves its address by, it speaks TLS."""
    faults = Faults()
    handler = type("Handler", (_Proxy,), {"faults": faults, "upstream": urlsplit(bucket.endpoint).netloc})
    with _Server(("127.0.0.1", 0), handler) as server:
        if proof is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(proof / "server.pem", proof / "server.key")
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        Thread(target=server.serve_forever, daemon=True).start()
        yield replace(bucket, endpoint=f"http{'s' if proof else ''}://127.0.0.1:{server.server_port}"), faults
        faults.over.set()
        server.shutdown()
