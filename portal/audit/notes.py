"""Signed notes (C2SP signed-note): a text with lines of signatures below, and the keys that they are checked with.

A key is written as `name+id+key`: eight hexadecimal figures of its id, then in base64 the kind of the signature and
the public key. Signatures of keys that one doesn't know say nothing; one of a key that one knows must be right.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from storage.signatures import PUBLIC_BYTES, SIGNATURE_BYTES, Scheme, is_signed

MOST_BYTES: Final = 512 * 1024
MOST_SIGNATURES: Final = 100
NAME_BYTES: Final = 255
ID_BYTES: Final = 4
TIME_BYTES: Final = 8
LARGEST: Final = 2**63 - 1  # number that a note holds: a size, or a time in seconds
DASH: Final = "\N{EM DASH}"
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SPACE: Final = re.compile(r"\s")


class Malformed(Exception):
    """What was read isn't in the form that it should have."""


class Kind(IntEnum):
    """The kinds of signatures: of a note's text; with a time, of a checkpoint (C2SP tlog-cosignature)."""

    NOTE_ED25519 = 0x01
    COSIGNATURE_ED25519 = 0x04
    COSIGNATURE_ML_DSA_44 = 0x06


SCHEMES: Final = {
    Kind.NOTE_ED25519: Scheme.ED25519,
    Kind.COSIGNATURE_ED25519: Scheme.ED25519,
    Kind.COSIGNATURE_ML_DSA_44: Scheme.ML_DSA_44,
}


@dataclass(frozen=True, slots=True)
class Key:
    """A public key under a name."""

    name: str
    kind: Kind
    public: bytes

    @property
    def id(self) -> bytes:
        """Compute the four bytes that a signature bears."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:ID_BYTES]

    def text(self) -> str:
        """Write the key as people hand it on."""
        return f"{self.name}+{self.id.hex()}+{encode(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """A line of a note: whose it says it is, and the bytes after the key's id."""

    name: str
    id: bytes
    value: bytes

    def line(self) -> str:
        """Write the line."""
        return f"{DASH} {self.name} {encode(self.id + self.value)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, ending in a newline, with its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def whole(self) -> str:
        """Write the note."""
        return f"{self.text}\n{''.join(one.line() for one in self.signatures)}"


def read_note(whole: str) -> Note:
    """Read a signed note.

    Raises:
        Malformed: It is none.

    """
    if len(whole) > MOST_BYTES or len(whole.encode("utf-8", "replace")) > MOST_BYTES:
        raise Malformed("the note is too long")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not text or not lines.endswith("\n"):
        raise Malformed("the note has no text, or no signatures")
    if _CONTROL.search(whole) or not _encodes(whole):
        raise Malformed("the note holds letters that a note can't have")
    return Note(f"{text}\n", read_signatures(lines))


def read_signatures(lines: str) -> tuple[Signature, ...]:
    """Read lines of signatures.

    Raises:
        Malformed: One is none, or there are too many.

    """
    found = lines.split("\n")
    if found.pop() or not 0 < len(found) <= MOST_SIGNATURES:
        raise Malformed("the note has no signatures, or too many")
    return tuple(_signature(line) for line in found)


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != DASH:  # noqa: PLR2004 - the dash, the name, the rest
        raise Malformed("a line below the note isn't a signature")
    value = decode(parts[2])
    if len(value) <= ID_BYTES:
        raise Malformed("a signature is too short")
    return Signature(_name(parts[1]), value[:ID_BYTES], value[ID_BYTES:])


def read_key(text: str) -> Key:
    """Read a key as people hand it on.

    Raises:
        Malformed: It is none, or of a kind that the portal doesn't know.

    """
    name, _, rest = text.partition("+")
    known_as, _, value = rest.partition("+")
    raw = decode(value)
    if not raw or raw[0] not in set(Kind):
        raise Malformed("the key is of a kind that isn't known here")
    key = Key(_name(name), Kind(raw[0]), raw[1:])
    if len(key.public) != PUBLIC_BYTES[SCHEMES[key.kind]]:
        raise Malformed("the key has another length than its kind has")
    if known_as != key.id.hex():
        raise Malformed("the key doesn't fit its own id")
    return key


def of_key(keys: Iterable[Key], signature: Signature) -> Key | None:
    """Find the key that a signature says it is of."""
    return next((key for key in keys if (key.name, key.id) == (signature.name, signature.id)), None)


def is_right(key: Key, signature: Signature, message: Callable[[int], bytes]) -> bool:
    """Tell whether a signature is right.

    Args:
        key: The key that it is of.
        signature: The signature.
        message: Gives what was signed, by the time that a cosignature bears (0 for others).

    """
    scheme, at, value = SCHEMES[key.kind], 0, signature.value
    if key.kind is not Kind.NOTE_ED25519:
        at, value = time_of(signature), value[TIME_BYTES:]
    if len(value) != SIGNATURE_BYTES[scheme] or at > LARGEST:
        return False
    return is_signed(scheme, key.public, message(at), value)


def time_of(signature: Signature) -> int:
    """Read the time of a cosignature, in seconds."""
    return int.from_bytes(signature.value[:TIME_BYTES], "big")


def encode(raw: bytes) -> str:
    """Write bytes in base64."""
    return base64.b64encode(raw).decode()


def decode(text: str) -> bytes:
    """Read base64 in its one spelling.

    Raises:
        Malformed: It isn't.

    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("something isn't in base64") from error
    if encode(raw) != text:
        raise Malformed("something isn't in the one spelling of base64")
    return raw


def number(text: str) -> int:
    """Read a number as notes write it.

    Raises:
        Malformed: It is none.

    """
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text) or int(text) > LARGEST:
        raise Malformed("a number isn't one")
    return int(text)


def _name(text: str) -> str:
    if not text or _SPACE.search(text) or _CONTROL.search(text) or "+" in text or not _encodes(text):
        raise Malformed("a name that a key can't have")
    if len(text.encode()) > NAME_BYTES:
        raise Malformed("a name that is too long for a key")
    return text


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
