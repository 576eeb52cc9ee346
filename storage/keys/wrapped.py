"""The bytes of a wrapped key, and the cipher of the provider `file`: AES-256-GCM-SIV (RFC 8452) under a random nonce.

1. wrapped key = format (1) || key id (8) || nonce (12) || ciphertext || tag (16).
2. The format says which kind of provider wrapped it, and by which cipher: 1 the keyring file, 2 a token.
3. The associated data is format || key id || context: neither the key id nor the use can be exchanged.
"""

import os
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from storage.errors import Damaged

KEY_ID_BYTES = 8
NONCE_BYTES = 12
BY_FILE = b"\x01"
BY_TOKEN = b"\x02"

_HEAD = 1 + KEY_ID_BYTES
_TAG = 16


class Parts(NamedTuple):
    """A wrapped key, taken apart."""

    head: bytes
    nonce: bytes
    sealed: bytes

    @property
    def key_id(self) -> str:
        """The id of the key-encryption key, as 16 hex digits."""
        return self.head[1:].hex()


def wrap(key_id: str, key: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Wrap a key under the key-encryption key that `key_id` (16 hex digits) names."""
    head = BY_FILE + bytes.fromhex(key_id)
    nonce = os.urandom(NONCE_BYTES)
    return head + nonce + AESGCMSIV(key).encrypt(nonce, plaintext, head + context)


def unwrap(key: bytes, blob: bytes, context: bytes) -> bytes:
    """Unwrap a key.

    Raises:
        Damaged: It was changed, or belongs to another key or context.

    """
    head, nonce, sealed = parts(blob, BY_FILE)
    try:
        return AESGCMSIV(key).decrypt(nonce, sealed, head + context)
    except InvalidTag as cause:
        raise Damaged from cause


def key_id_of(blob: bytes) -> str:
    """Say which key-encryption key of a keyring file wrapped this.

    Raises:
        Damaged: The format is another, or there are too few bytes for it.

    """
    return parts(blob, BY_FILE).key_id


def parts(blob: bytes, wanted: bytes) -> Parts:
    """Take a wrapped key of the wanted format apart.

    Raises:
        Damaged: The format is another, or there are too few bytes for it.

    """
    if len(blob) < _HEAD + NONCE_BYTES + _TAG or blob[:1] != wanted:
        raise Damaged
    return Parts(blob[:_HEAD], blob[_HEAD : _HEAD + NONCE_BYTES], blob[_HEAD + NONCE_BYTES :])
