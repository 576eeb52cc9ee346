"""A real mail server on loopback, with a certificate of its own, that takes, refuses, drops or dawdles as told."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.demo.servers import free_port

USER, PASSWORD, FROM = "portal", "a secret of the mail server", "portal@mail.example.org"
SLOW_SECONDS = 1.5


@dataclass
class Taken:
    """A mail as it came: to whom, its bytes, whether over TLS and by whom."""

    to: list[str]
    raw: bytes
    tls: bool


@dataclass
class MailServer:
    """The handler, which does as `mode` says, and where it listens."""

    port: int
    certificate: Path
    mode: str = "takes"
    refuses: str = ""  # one address that is never taken
    taken: list[Taken] = field(default_factory=list)
    during: Callable[[], None] = lambda: None  # while a mail is under way

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.mode == "refuses" or address == self.refuses:
            return f"550 there is no {address} here"
        if self.mode == "drops" and server.transport is not None:
            server.transport.abort()
        if self.mode == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.to_thread(self.during)
        if self.mode == "busy":
            return "451 later"
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        self.taken.append(Taken(list(envelope.rcpt_tos), content, session.ssl is not None))
        if self.mode == "drops afterwards" and server.transport is not None:
            server.transport.abort()
        return "250 OK"

    @property
    def settings(self) -> dict[str, Any]:
        """Give the portal's settings for this server."""
        return {
            "smtp_host": "127.0.0.1",
            "smtp_port": self.port,
            "smtp_ca_file": str(self.certificate),
            "smtp_user": USER,
            "smtp_password": PASSWORD,
            "mail_from": FROM,
        }


def certificate(folder: Path, name: str = "127.0.0.1") -> tuple[Path, Path]:
    """Make a certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "mail.pem", folder / "mail.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    return paths


@contextmanager
def mail_server(folder: Path, *, name: str = "127.0.0.1", starttls: bool = True) -> Iterator[MailServer]:
    """Run a server that wants STARTTLS and a sign-in; without `starttls`, one that has neither."""
    pem, key = certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    port = free_port()
    handler = MailServer(port, pem)
    walls: dict[str, Any] = {"auth_required": True, "require_starttls": True, "tls_context": context}
    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=port,
        authenticator=_signs_in,
        **(walls if starttls else {}),
    )
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


def _signs_in(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)
