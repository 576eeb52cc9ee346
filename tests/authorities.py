"""An authority for certificates, and servers of PostgreSQL that prove their address by it, for tests."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.databases import FAST, Server

CERTIFIED = "certified"  # a role of the server whom it knows by a certificate


def authority(folder: Path, host: str) -> None:
    """Make an authority, `ca.pem`, and what it gave to the server of this host and to a role."""
    signer, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An authority for tests")])
    now = datetime.now(UTC)

    def certificate(subject: x509.Name, of: ec.EllipticCurvePrivateKey, *, ca: bool) -> bytes:
        made = x509.CertificateBuilder(name, subject, of.public_key(), x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if not ca:
            made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        return made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    (folder / "ca.pem").write_bytes(certificate(name, signer, ca=True))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    for file, said in (("server", "A server for tests"), ("client", CERTIFIED)):
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, said)])
        (folder / f"{file}.pem").write_bytes(certificate(subject, key, ca=False))
        (folder / f"{file}.key").write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
        (folder / f"{file}.key").chmod(0o600)


def speak_tls(server: Server, folder: Path, host: str) -> None:
    """Let a server listen at an address too, where it takes nobody without TLS; the folder has what it proves."""
    server.stop()
    for name in ("server.pem", "server.key", "ca.pem"):
        shutil.copy(folder / name, server.data)
        os.chown(server.data / name, server.data.stat().st_uid, server.data.stat().st_gid)
        (server.data / name).chmod(0o600)
    with (server.data / "pg_hba.conf").open("a") as rules:
        rules.write(f"hostssl all {CERTIFIED} all cert\nhostssl all all all trust\n")
    shown = ("ssl=on", "ssl_cert_file=server.pem", "ssl_key_file=server.key", "ssl_ca_file=ca.pem")
    server.settings = (*FAST, f"listen_addresses={host}", *shown)
    server.start()
