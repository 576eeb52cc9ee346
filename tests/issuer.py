"""An identity provider on this machine for the tests, which can misbehave in every way that they name."""

import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jws
from joserfc.jwk import RSAKey

CLIENT = "the-portal"
SECRET = "a secret that only the portal knows"  # of this test


_turns = cycle(range(4))  # so that two issuers of one test have two keys


@cache
def _key(_turn: int) -> RSAKey:
    return RSAKey.generate_key(2048)


class FakeIssuer:
    """What it says, and how it misbehaves; `claims` overrule those of a good token (None: left out)."""

    def __init__(self) -> None:
        self.url = ""
        self.keys = {"one": _key(next(_turns))}
        self.kid = "one"
        self.document: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.subject = "anna"
        self.token: Any = None  # in place of a token
        self.mode = ""  # slow, long, redirect, broken
        self.jwks: Any = None  # in place of its keys
        self.told: dict[str, Iterable[bytes]] = {}  # what it sends for a path, byte for byte, heads included
        self.asked: list[str] = []
        self.clock = time.time
        self.codes: dict[str, dict[str, str]] = {}

    def authorize(self, address: str, **more: str) -> dict[str, str]:
        """Do what the issuer's page does: take the request in the address, give what comes back in the next."""
        fields = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = fields
        return {"code": code, "state": fields["state"], "iss": self.url, **more}

    def good(self, fields: dict[str, str]) -> dict[str, Any]:
        now = int(self.clock())
        claims = {
            "iss": self.url,
            "sub": self.subject,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": fields.get("nonce"),
            "auth_time": now,
            "sid": "session-1",
            **self.claims,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def signed(self, claims: dict[str, Any], algorithm: str = "RS256") -> str:
        return self.signed_text(json.dumps(claims).encode(), algorithm)

    def signed_text(self, text: bytes, algorithm: str = "RS256") -> str:
        """Sign whatever it is, be it claims or not."""
        header = {"alg": algorithm, "kid": self.kid}
        return jws.serialize_compact(header, text, self.keys[self.kid], algorithms=[algorithm])

    def redeem(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        fields = self.codes.pop(sent.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest())
        if fields is None or challenge.decode().rstrip("=") != fields["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        token = self.token(self.good(fields)) if self.token else self.signed(self.good(fields))
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": token}

    def answer(self, path: str, body: str) -> tuple[int, bytes, dict[str, str]]:  # noqa: PLR0911 - what it can do
        self.asked.append(path)
        if self.mode == "redirect":
            return 302, b"", {"Location": f"{self.url}/elsewhere"}
        if self.mode == "slow":
            time.sleep(1.2)
        if self.mode == "long":
            return 200, b'{"a":"' + b"x" * 10_000_000 + b'"}', {}
        if self.mode == "broken":
            return 200, b"{", {}
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/jwks"}
            found = {"issuer": self.url, **{name: self.url + end for name, end in ends.items()}, **self.document}
            return 200, json.dumps(found).encode(), {}
        if path == "/jwks":
            keys = [{**key.as_dict(private=False), "kid": kid} for kid, key in self.keys.items()]
            return 200, json.dumps(self.jwks or {"keys": keys}).encode(), {}
        if path == "/token":
            status, told = self.redeem({name: values[0] for name, values in parse_qs(body).items()})
            return status, json.dumps(told).encode(), {}
        return 404, b"{}", {}


def bare(header: dict[str, Any], claims: dict[str, Any], key: bytes = b"") -> str:
    """Make a token as no sound issuer does: unsigned, or signed with any bytes as a shared secret."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    text = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    return f"{text}.{part(hmac.digest(key, text.encode(), 'sha256')) if key else ''}"


@contextmanager
def serving(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[FakeIssuer]:
    """Serve an issuer on a port of this machine."""
    issuer = FakeIssuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            if self.path in issuer.told:
                issuer.asked.append(self.path)
                with suppress(OSError):  # who asked has heard enough
                    for part in issuer.told[self.path]:
                        self.wfile.write(part)
                self.close_connection = True
                return
            status, told, headers = issuer.answer(self.path, body)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(told)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # who asked has read enough
                self.wfile.write(told)

        do_POST = do_GET  # noqa: N815  # the name that the server asks for

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    issuer.url = f"http://{host}:{server.server_port}"
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
