"""Challenges: what the portal hands out in a page and wants back once, in time, from the same browser.

1. A token carries random bits, its purpose, until when it works and a payload; a keyed hash over all of that and over
   what it is bound to (a browser's cookie, a link) proves that it is the portal's own. Nothing is kept meanwhile.
2. Of another purpose, another browser, altered or too late: refused alike.
3. Whatever used one keeps its mark in the same transaction (`spent`), so that none is used twice; marks are swept when
   the token has expired.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from portal.work import Portal

LIFE: Final = timedelta(minutes=10)
ENROLMENT_LIFE: Final = timedelta(minutes=30)  # a person looks for their telephone, and installs an app
RANDOM_BYTES: Final = 32
_MAC_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Challenge:
    """A token that was checked: what an authenticator signs, the mark under which it is spent, and its payload."""

    signed: bytes
    mark: bytes
    expires_at: datetime
    payload: bytes


def issue(portal: Portal, purpose: str, bound_to: str, life: timedelta = LIFE) -> str:
    """Make a token; its payload is its random bits."""
    expires = int((portal.clock() + life).timestamp())
    said = json.dumps([purpose, expires, _text(secrets.token_bytes(RANDOM_BYTES))], separators=(",", ":")).encode()
    return _text(_mac(portal, said, bound_to) + said)


def signed_bytes(token: str) -> bytes:
    """Give what an authenticator is to sign for a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def check(portal: Portal, purpose: str, bound_to: str, token: str) -> Challenge | None:
    """Check a token that came back; None: it isn't the portal's, for this, from here, or it is too late."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"==")
    except (binascii.Error, ValueError):
        return None
    mac, said = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if _text(raw) != token or not hmac.compare_digest(mac, _mac(portal, said, bound_to)):
        return None
    meant, expires, payload = json.loads(said)  # ours, so well-formed
    ends = datetime.fromtimestamp(expires, UTC)
    if meant != purpose or ends <= portal.clock():
        return None
    return Challenge(signed_bytes(token), hashlib.sha256(raw).digest(), ends, base64.urlsafe_b64decode(payload + "=="))


def _mac(portal: Portal, said: bytes, bound_to: str) -> bytes:
    bound = hashlib.sha256(bound_to.encode("utf-8", "replace")).digest()
    return portal.keyring.blind("challenge", bound + said)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
