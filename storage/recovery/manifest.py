"""The manifest of a backup: what it holds, signed by the portal (FORMAT.md, "Backups").

1. It is canonical JSON with two signatures over it, Ed25519 and ML-DSA-44; both must be right.
2. The keys of these signatures stand in it, vouched for by the recovery key's seed: whoever has joined the shares
   knows that it is this portal's. The portal itself knows its own keys.
3. It is in the clear: numbers, times, sizes, hashes of what is sealed, random names.
"""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import rfc8785

from storage.errors import Damaged
from storage.objects.store import is_name
from storage.recovery import offline
from storage.signatures import Scheme, Signer, is_signed

FORMAT: Final = "portal-backup/1"
SCHEMES: Final = (Scheme.ED25519, Scheme.ML_DSA_44)
_LABEL: Final = b"portal/v1/backup-manifest\0"
_HASH: Final = 32


@dataclass(frozen=True, slots=True)
class Recovery:
    """The recovery key's public part, and the keys that it vouches for."""

    public: bytes
    edwards: bytes
    lattice: bytes
    vouched: bytes

    def statement(self) -> bytes:
        """Write what the seed vouches for."""
        names = {"edwards": _text(self.edwards), "lattice": _text(self.lattice), "public": _text(self.public)}
        return rfc8785.dumps({"format": "portal-recovery/1", **names})


@dataclass(frozen=True, slots=True)
class Kept:
    """One sealed file: its bytes and their SHA-256."""

    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        key: The key of the sealed database, sealed to the recovery key.
        objects: By their names.
        missing: Objects that records name and that the portal itself didn't have any more.

    """

    id: UUID
    number: int
    made: datetime
    recovery: Recovery
    database: Kept
    key: bytes
    objects: Mapping[str, Kept]
    missing: tuple[str, ...]


def write(manifest: Manifest, signers: Sequence[Signer]) -> bytes:
    """Write a manifest, signed."""
    said = _said(manifest)
    by = {one.scheme: one for one in signers}
    return _whole(said, [by[scheme].sign(_LABEL + rfc8785.dumps(said)) for scheme in SCHEMES])


def read(raw: bytes, keys: tuple[bytes, bytes] | None) -> Manifest:
    """Read a manifest and check its signatures: by these keys, or (None) by those that stand in it.

    Raises:
        Damaged: It is none, or not signed by them.

    """
    try:
        whole = json.loads(raw)
        said = whole.pop("said")
        values = [_bytes(whole["signatures"][scheme.value]) for scheme in SCHEMES]
        manifest = _manifest(said)
        if raw != _whole(said, values):
            raise Damaged
        message = _LABEL + rfc8785.dumps(said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as cause:
        raise Damaged from cause
    publics = keys or (manifest.recovery.edwards, manifest.recovery.lattice)
    signed = zip(SCHEMES, publics, values, strict=True)
    if not all(is_signed(scheme, public, message, value) for scheme, public, value in signed):
        raise Damaged
    return manifest


def check_vouched(manifest: Manifest, opener: offline.Opener) -> None:
    """See that a manifest is of the portal for which the recovery key was made.

    Raises:
        Damaged: It is sealed to another recovery key, or signed by keys that this one doesn't vouch for.

    """
    said = manifest.recovery
    if said.public != opener.public or not hmac.compare_digest(said.vouched, opener.vouch(said.statement())):
        raise Damaged


def _whole(said: dict[str, Any], signatures: Sequence[bytes]) -> bytes:
    signed = {scheme.value: _text(value) for scheme, value in zip(SCHEMES, signatures, strict=True)}
    return rfc8785.dumps({"said": said, "signatures": signed}) + b"\n"


def _said(manifest: Manifest) -> dict[str, Any]:
    recovery = manifest.recovery
    return {
        "format": FORMAT,
        "id": str(manifest.id),
        "number": manifest.number,
        "made": manifest.made.isoformat(),
        "recovery": {
            "public": _text(recovery.public),
            "edwards": _text(recovery.edwards),
            "lattice": _text(recovery.lattice),
            "vouched": _text(recovery.vouched),
        },
        "database": {"size": manifest.database.size, "sha256": manifest.database.sha256.hex()},
        "key": _text(manifest.key),
        "objects": {name: [kept.size, kept.sha256.hex()] for name, kept in manifest.objects.items()},
        "missing": sorted(manifest.missing),
    }


def _manifest(said: dict[str, Any]) -> Manifest:
    """Read what is said; whatever has more, less or another form than `_said` writes isn't taken."""
    recovery = Recovery(*(_bytes(said["recovery"][name]) for name in ("public", "edwards", "lattice", "vouched")))
    objects = {name: Kept(_count(size), _hash(digest)) for name, (size, digest) in said["objects"].items()}
    database = Kept(_count(said["database"]["size"]), _hash(said["database"]["sha256"]))
    manifest = Manifest(
        UUID(said["id"]),
        _count(said["number"]),
        datetime.fromisoformat(said["made"]),
        recovery,
        database,
        _bytes(said["key"]),
        objects,
        tuple(said["missing"]),
    )
    named = all(map(is_name, [*objects, *manifest.missing]))
    if not named or _said(manifest) != said or manifest.made.tzinfo is None:
        raise ValueError
    return manifest


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _count(value: object) -> int:
    if type(value) is not int or value < 0:  # neither true nor 1.0
        raise ValueError
    return value


def _hash(text: str) -> bytes:
    raw = bytes.fromhex(text)
    if len(raw) != _HASH:
        raise ValueError
    return raw
