"""The bytes of a wrapped key, and the cipher that wraps it: AES-256-GCM-SIV (RFC 8452) under a random nonce.

1. wrapped key = format (1, value 1) || key id (8) || nonce (12) || ciphertext || tag (16).
2. The associated data is format || key id || context: neither the key id nor the use can be exchanged.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from storage.errors import Damaged

KEY_ID_BYTES = 8

_FORMAT = b"\x01"
_HEAD = len(_FORMAT) + KEY_ID_BYTES
_NONCE = 12
_TAG = 16


def wrap(key_id: str, key: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Wrap a key under the key-encryption key that `key_id` (16 hex digits) names."""
    head = _FORMAT + bytes.fromhex(key_id)
    nonce = os.urandom(_NONCE)
    return head + nonce + AESGCMSIV(key).encrypt(nonce, plaintext, head + context)


def unwrap(key: bytes, blob: bytes, context: bytes) -> bytes:
    """Unwrap a key.

    Raises:
        Damaged: It was changed, or belongs to another key or context.

    """
    head, nonce, sealed = blob[:_HEAD], blob[_HEAD : _HEAD + _NONCE], blob[_HEAD + _NONCE :]
    try:
        return AESGCMSIV(key).decrypt(nonce, sealed, head + context)
    except InvalidTag as cause:
        raise Damaged from cause


def key_id_of(blob: bytes) -> str:
    """Say which key-encryption key wrapped this.

    Raises:
        Damaged: The format is unknown, or there are too few bytes for it.

    """
    if len(blob) < _HEAD + _NONCE + _TAG or blob[:1] != _FORMAT:
        raise Damaged
    return blob[1:_HEAD].hex()
