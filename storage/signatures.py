"""Signatures: Ed25519 (RFC 8032) and ML-DSA-44 (FIPS 204), from seeds of 32 bytes.

The one holds today, the other against a quantum computer too; what is signed for decades carries both.
"""

from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey


class Scheme(StrEnum):
    """How something is signed."""

    ED25519 = "ed25519"
    ML_DSA_44 = "ml-dsa-44"


PUBLIC_BYTES: Final = {Scheme.ED25519: 32, Scheme.ML_DSA_44: 1312}
SIGNATURE_BYTES: Final = {Scheme.ED25519: 64, Scheme.ML_DSA_44: 2420}


class Signer:
    """A private key in use."""

    def __init__(self, scheme: Scheme, seed: bytes) -> None:
        self.scheme = scheme
        self._key: Ed25519PrivateKey | MLDSA44PrivateKey
        if scheme is Scheme.ED25519:
            self._key = Ed25519PrivateKey.from_private_bytes(seed)
        else:
            self._key = MLDSA44PrivateKey.from_seed_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Sign a message."""
        return self._key.sign(message)


def is_signed(scheme: Scheme, public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether a signature is that of a message by a public key; whatever is malformed is none."""
    key: Ed25519PublicKey | MLDSA44PublicKey
    try:
        if scheme is Scheme.ED25519:
            key = Ed25519PublicKey.from_public_bytes(public)
        else:
            key = MLDSA44PublicKey.from_public_bytes(public)
        key.verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
