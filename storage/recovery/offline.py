"""The recovery key: HPKE (RFC 9180) with MLKEM768-X25519, from a seed of 32 bytes that lies nowhere but in shares.

1. Its private parts follow from the seed (`storage.fields.derive`): ML-KEM-768 from `recovery-lattice-d` || `-z`,
   X25519 from `recovery-exchange`. Its public part is that of ML-KEM (1,184 bytes) and that of X25519 (32).
2. What is sealed says by HPKE's `info` what it is for; it opens for nothing else. HKDF-SHA-512, AES-256-GCM.
3. Anybody can seal to a public key, so the seed also vouches (HMAC-SHA-256) for the keys that sign backups: whoever
   joins the shares knows by it whose a backup is, without a list kept elsewhere.
"""

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey, Suite

from storage.errors import Damaged
from storage.fields import derive

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 1184 + 32
MARK_DIGITS: Final = 16

_LATTICE: Final = 1184
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA512, AEAD.AES_256_GCM)


class Opener:
    """A recovery key in use, once its shares were joined."""

    def __init__(self, seed: bytes) -> None:
        first, second = derive(seed, "recovery-lattice-d"), derive(seed, "recovery-lattice-z")
        lattice = MLKEM768PrivateKey.from_seed_bytes(first + second)
        exchange = X25519PrivateKey.from_private_bytes(derive(seed, "recovery-exchange"))
        self._key = MLKEM768X25519PrivateKey(lattice, exchange)
        self._vouching = derive(seed, "recovery-vouch")
        self.public = lattice.public_key().public_bytes_raw() + exchange.public_key().public_bytes_raw()

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Open what was sealed to the public part for this use.

        Raises:
            Damaged: It was changed, or sealed to another key or for another use.

        """
        try:
            return _SUITE.decrypt(sealed, self._key, context)
        except (InvalidTag, ValueError) as cause:
            raise Damaged from cause

    def vouch(self, statement: bytes) -> bytes:
        """Vouch for a statement: HMAC-SHA-256 under a key of the seed."""
        return hmac.digest(self._vouching, statement, hashlib.sha256)


def new_seed() -> bytes:
    """Make the seed of a new recovery key."""
    return secrets.token_bytes(SEED_BYTES)


def fingerprint(public: bytes) -> str:
    """Name a recovery key: the first 16 hex digits of its public part's SHA-256."""
    return hashlib.sha256(public).hexdigest()[:MARK_DIGITS]


def seal(public: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Seal a key to a recovery key, for one use.

    Raises:
        Damaged: The public part isn't one.

    """
    if len(public) != PUBLIC_BYTES:
        raise Damaged
    try:
        lattice = MLKEM768PublicKey.from_public_bytes(public[:_LATTICE])
        exchange = X25519PublicKey.from_public_bytes(public[_LATTICE:])
    except ValueError as cause:
        raise Damaged from cause
    return _SUITE.encrypt(plaintext, MLKEM768X25519PublicKey(lattice, exchange), context)
