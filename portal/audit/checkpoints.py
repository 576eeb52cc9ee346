"""Checkpoints (C2SP tlog-checkpoint): what the log was at one size, signed by the log and by its witnesses.

The log signs with Ed25519, as a note, and with ML-DSA-44, as a cosigner of its own (C2SP tlog-cosignature); a witness
likewise with either kind of cosignature.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from portal.audit.notes import (
    NAME_BYTES,
    TIME_BYTES,
    Key,
    Kind,
    Malformed,
    Note,
    Signature,
    decode,
    encode,
    is_right,
    number,
    of_key,
    read_note,
    time_of,
)
from portal.audit.tree import HASH_BYTES
from storage.signatures import Scheme, Signer

LABEL: Final = b"subtree/v1\n\0"
_LINES: Final = 3
_KINDS: Final = {Scheme.ED25519: Kind.NOTE_ED25519, Scheme.ML_DSA_44: Kind.COSIGNATURE_ML_DSA_44}
_WITNESS: Final = {Scheme.ED25519: Kind.COSIGNATURE_ED25519, Scheme.ML_DSA_44: Kind.COSIGNATURE_ML_DSA_44}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Which log, of how many entries, with which root."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """Write what is signed."""
        return f"{self.origin}\n{self.size}\n{encode(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkpoint whose signatures were checked: by which keys it is signed, each with its time in seconds."""

    checkpoint: Checkpoint
    signed: Mapping[Key, int]


def log_keys(origin: str, signers: Iterable[Signer]) -> tuple[Key, ...]:
    """Name the keys of a log by its signers."""
    return tuple(Key(origin, _KINDS[one.scheme], one.public) for one in signers)


def witness_keys(name: str, signers: Iterable[Signer]) -> tuple[Key, ...]:
    """Name the keys of a witness by its signers."""
    return tuple(Key(name, _WITNESS[one.scheme], one.public) for one in signers)


def sign(checkpoint: Checkpoint, signers: Iterable[Signer], at: datetime) -> str:
    """Sign a checkpoint as its log; gives the note."""
    body = checkpoint.body()
    lines = tuple(_signed(checkpoint, body, checkpoint.origin, _KINDS[one.scheme], one, at) for one in signers)
    return Note(body, lines).whole()


def cosign(note: Note, name: str, signers: Iterable[Signer], at: datetime) -> tuple[Signature, ...]:
    """Sign a checkpoint as a witness.

    Raises:
        Malformed: The note is no checkpoint.

    """
    checkpoint = read_checkpoint(note.text)
    return tuple(_signed(checkpoint, note.text, name, _WITNESS[one.scheme], one, at) for one in signers)


def open_checkpoint(whole: str, keys: Iterable[Key]) -> Opened:
    """Read a checkpoint with the signatures by known keys.

    Raises:
        Malformed: It is none, or a signature by a known key is wrong.

    """
    note, known = read_note(whole), tuple(keys)
    checkpoint = read_checkpoint(note.text)
    signed: dict[Key, int] = {}
    for signature in note.signatures:
        key = of_key(known, signature)
        if key is None:
            continue
        if not is_right(key, signature, partial(_message, checkpoint, note.text, key.name, key.kind)):
            raise Malformed(f"the signature of {key.name} is wrong")
        signed[key] = 0 if key.kind is Kind.NOTE_ED25519 else time_of(signature)
    return Opened(checkpoint, signed)


def read_checkpoint(text: str) -> Checkpoint:
    """Read what a checkpoint says; lines after the third are of no meaning here.

    Raises:
        Malformed: It is none.

    """
    lines = text.split("\n")
    if len(lines) <= _LINES or lines.pop() or not all(lines):
        raise Malformed("the checkpoint lacks a line, or has an empty one")
    origin, size, root = lines[0], number(lines[1]), decode(lines[2])
    if len(root) != HASH_BYTES or len(origin.encode("utf-8", "replace")) > NAME_BYTES:
        raise Malformed("the checkpoint's name or root has another length")
    return Checkpoint(origin, size, root)


def _signed(checkpoint: Checkpoint, text: str, name: str, kind: Kind, signer: Signer, at: datetime) -> Signature:
    seconds = int(at.timestamp())
    value = signer.sign(_message(checkpoint, text, name, kind, seconds))
    time = b"" if kind is Kind.NOTE_ED25519 else seconds.to_bytes(TIME_BYTES, "big")
    return Signature(name, Key(name, kind, signer.public).id, time + value)


def _message(checkpoint: Checkpoint, text: str, name: str, kind: Kind, at: int) -> bytes:
    """Give what is signed, by the kind of the signature."""
    if kind is Kind.NOTE_ED25519:
        return text.encode()
    if kind is Kind.COSIGNATURE_ED25519:
        return f"cosignature/v1\ntime {at}\n{text}".encode()
    start, end = (0).to_bytes(8, "big"), checkpoint.size.to_bytes(8, "big")
    named = _prefixed(name) + at.to_bytes(TIME_BYTES, "big") + _prefixed(checkpoint.origin)
    return LABEL + named + start + end + checkpoint.root


def _prefixed(text: str) -> bytes:
    raw = text.encode()
    return bytes([len(raw)]) + raw
