"""A client that costs little: one kept connection, raw HTTP/1.1 over a socket, or over TLS as a proxy."""

import socket
import ssl
from collections.abc import Iterator

PIECE = 1 << 20


class Wire:
    """One connection to a server on loopback."""

    def __init__(self, port: int, token: str, tls: ssl.SSLContext | None = None) -> None:
        self._socket: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket, server_hostname="127.0.0.1")
        self._head = f"Host: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nCookie: portal-local={token}\r\n"
        self._port = port

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask for a page."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())
        return self._answer(keep=True)

    def drain(self, path: str) -> int:
        """Ask for something large and throw it away; gives its status."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())
        return self._answer(keep=False)[0]

    def send(self, path: str, content_type: str, pieces: Iterator[bytes | memoryview], length: int, csrf: str) -> int:
        """Send a body."""
        head = f"POST {path} HTTP/1.1\r\n{self._head}X-CSRF-Token: {csrf}\r\nX-Upload: 1\r\n"
        head += f"Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        self._socket.sendall(head.encode())
        for piece in pieces:
            self._socket.sendall(piece)
        return self._answer(keep=True)[0]

    def _answer(self, *, keep: bool) -> tuple[int, bytes]:
        buffer = bytearray()
        while b"\r\n\r\n" not in buffer:
            received = self._socket.recv(65536)
            if not received:
                raise ConnectionError("the server closed the connection")
            buffer += received
        head, _, rest = bytes(buffer).partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if b"content-length" not in headers:
            raise ConnectionError("a floor or page without a length")
        left = int(headers[b"content-length"]) - len(rest)
        body = bytearray(rest) if keep else bytearray()
        piece = bytearray(PIECE)
        while left > 0:
            count = self._socket.recv_into(piece, min(PIECE, left))
            if count == 0:
                raise ConnectionError("the server cut the answer")
            left -= count
            if keep:
                body += piece[:count]
        return status, bytes(body)
