"""Reads the certificates by which the proxy and the portal know each other (certifying.py makes them).

A folder has the authority of both, one's own certificate, and its key, which is one's alone.
"""

import stat
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from storage.errors import Uncertified

HOSTS = ("localhost", "127.0.0.1", "::1")  # the portal listens on loopback alone, and is asked by these
AUTHORITY, CERTIFICATE, KEY = FILES = ("authority.pem", "certificate.pem", "key.pem")


def ends_of(folder: Path, now: datetime) -> datetime:
    """Tell when what is in a folder ends.

    Raises:
        Uncertified: It can't be used now; the sentence says what is wrong with which file.

    """
    try:
        return _ends(folder / AUTHORITY, folder / CERTIFICATE, folder / KEY, now)
    except OSError as error:
        raise Uncertified(f"{error.filename or folder} can't be read: {error.strerror}.") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Uncertified(f"What is in {folder} is no certificate and its key.") from error


def _ends(authority: Path, certificate: Path, key: Path, now: datetime) -> datetime:
    if stat.S_IMODE(key.stat().st_mode) & 0o077:
        raise Uncertified(f"Others can read {key}: make new ones.")
    authorities = x509.load_pem_x509_certificates(authority.read_bytes())
    own = x509.load_pem_x509_certificate(certificate.read_bytes())
    secret = load_pem_private_key(key.read_bytes(), None)
    if len(authorities) != 1:
        raise Uncertified(f"{authority} must have one authority, not {len(authorities)}.")
    try:
        own.verify_directly_issued_by(authorities[0])
    except (ValueError, TypeError, InvalidSignature) as error:
        raise Uncertified(f"{certificate} isn't of {authority}.") from error
    if own.public_key() != secret.public_key():
        raise Uncertified(f"{key} isn't the key of {certificate}.")
    begins = max(one.not_valid_before_utc for one in (authorities[0], own))
    ends = min(one.not_valid_after_utc for one in (authorities[0], own))
    if now < begins:
        raise Uncertified(f"{certificate} counts from {begins:%d %B %Y, %H:%M} UTC on: see that the clock is right.")
    if now >= ends:
        raise Uncertified(f"{certificate} ended on {ends:%d %B %Y, %H:%M} UTC: make new ones.")
    return ends
