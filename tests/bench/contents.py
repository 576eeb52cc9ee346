"""Sealing and opening contents in memory, beside plain AES-256-GCM of the same library."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.content import CHUNK, Reader, open_all, seal, sealed_size, version_context
from tests.bench.measure import Figure, speed_ratio

SIZE = 64 << 20
BLOCK = 1 << 20
ROUNDS = 15
FLOOR = "AES-256-GCM over 1 MiB blocks"


@dataclass(frozen=True, slots=True)
class Sample:
    """What is sealed and opened: 64 MiB of random bytes under random keys."""

    plain: bytes
    key: bytes
    nonce: bytes
    context: bytes

    def seal(self) -> list[bytes]:
        return list(seal(self.key, self.context, _blocks(self.plain)))


def figures() -> list[Figure]:
    sample = Sample(os.urandom(SIZE), os.urandom(32), os.urandom(12), version_context(uuid4()))
    sealed = b"".join(sample.seal())
    assert len(sealed) == sealed_size(SIZE)
    floor = opening_floor(sample)
    return [
        Figure(
            "seal content, hash included",
            speed_ratio(sealing(sample), sealing_floor(sample), ROUNDS),
            0.75,
            "ratio",
            f"{FLOOR} and one SHA-256",
        ),
        Figure("open content, whole", speed_ratio(opening(sample, sealed), floor, ROUNDS), 0.7, "ratio", FLOOR),
        Figure(
            "the same, beside chunks of its size",
            speed_ratio(opening(sample, sealed), opening_floor(sample, CHUNK), ROUNDS),
            0.7,
            "ratio",
            "AES-256-GCM over blocks of 16 KiB, as the format has them",
        ),
        Figure(
            "open content, by ranges of 1 MiB",
            speed_ratio(opening_ranges(sample, sealed), floor, ROUNDS),
            0.35,
            "ratio",
            FLOOR,
        ),
    ]


def _blocks(data: bytes, size: int = BLOCK) -> Iterator[bytes]:
    view = memoryview(data)
    for start in range(0, len(data), size):
        yield view[start : start + size]  # type: ignore[misc]  # any buffer is taken


def _drain(pieces: Iterator[object]) -> None:
    for _ in pieces:
        pass


def sealing(sample: Sample) -> Callable[[], None]:
    def hashed(digest: "hashlib._Hash") -> Iterator[bytes]:
        for block in _blocks(sample.plain):
            digest.update(block)
            yield block

    def act() -> None:
        digest = hashlib.sha256()
        _drain(seal(sample.key, sample.context, hashed(digest)))
        digest.digest()

    return act


def sealing_floor(sample: Sample) -> Callable[[], None]:
    cipher = AESGCM(sample.key)

    def act() -> None:
        digest = hashlib.sha256()
        for block in _blocks(sample.plain):
            digest.update(block)
            cipher.encrypt(sample.nonce, block, None)
        digest.digest()

    return act


def opening(sample: Sample, sealed: bytes) -> Callable[[], None]:
    return lambda: _drain(open_all(sample.key, sample.context, _blocks(sealed)))


def opening_floor(sample: Sample, size: int = BLOCK) -> Callable[[], None]:
    cipher = AESGCM(sample.key)
    boxes = [cipher.encrypt(sample.nonce, block, None) for block in _blocks(sample.plain, size)]

    def act() -> None:
        for box in boxes:
            cipher.decrypt(sample.nonce, box, None)

    return act


def opening_ranges(sample: Sample, sealed: bytes) -> Callable[[], None]:
    view = memoryview(sealed)

    def act() -> None:
        reader = Reader(sample.key, sample.context, len(sealed), lambda start, stop: iter([bytes(view[start:stop])]))
        for start in range(0, SIZE, BLOCK):
            _drain(reader.range(start, start + BLOCK))

    return act
