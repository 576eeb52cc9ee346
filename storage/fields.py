"""Sealed fields: one value of one row, AES-256-GCM-SIV (RFC 8452) under a random nonce.

1. sealed field = nonce (12) || ciphertext || tag (16).
2. The associated data is the place `table/column/row`: a value copied to another place doesn't open there.
3. A key serves one use; further keys are derived (HKDF-Expand with SHA-512, RFC 5869), never shared.
"""

import os
import re
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from storage.errors import Damaged

_KEY = 32
_NONCE = 12
_TAG = 16
_PURPOSE = re.compile(r"[a-z][a-z-]{0,31}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed field lies: the name of a table, of a column, and the id of a row."""

    table: str
    column: str
    row: UUID

    def __bytes__(self) -> bytes:
        # A slash inside a name would let two places share one spelling.
        if "/" in self.table or "/" in self.column:
            raise ValueError("The names of tables and columns contain no slash.")
        return f"{self.table}/{self.column}/{self.row}".encode()


class FieldCipher:
    """Seals and opens fields under one key; built once, since building costs as much as opening a field."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY:
            raise ValueError("A field key has 32 bytes.")
        self._cipher = AESGCMSIV(key)

    def seal(self, place: Place, plaintext: bytes) -> bytes:
        """Seal a value for one place."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plaintext, bytes(place))

    def open(self, place: Place, blob: bytes) -> bytes:
        """Open the value that was sealed for this place.

        Raises:
            Damaged: It was changed, or sealed for another place or under another key.

        """
        if len(blob) < _NONCE + _TAG:
            raise Damaged
        try:
            return self._cipher.decrypt(blob[:_NONCE], blob[_NONCE:], bytes(place))
        except InvalidTag as cause:
            raise Damaged from cause


def derive(key: bytes, purpose: str) -> bytes:
    """Derive the 32-byte key for one purpose; different purposes give unrelated keys.

    Raises:
        ValueError: The key hasn't 32 bytes, or the purpose isn't a word in lower case.

    """
    if len(key) != _KEY or not _PURPOSE.fullmatch(purpose):
        raise ValueError("A key has 32 bytes, and its purpose is a word in lower case.")
    return HKDFExpand(SHA512(), _KEY, b"portal/v1/key/" + purpose.encode()).derive(key)
