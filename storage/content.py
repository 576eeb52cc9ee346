"""Contents sealed in chunks: C2SP chunked-encryption v1, instance Cobblestone-256 (SHA-512, AES-256-GCM).

Specification: https://c2sp.org/chunked-encryption. The rules that this module keeps:

1. object = salt (24) || commitment (32) || sealed chunks; the commitment is checked before any chunk.
2. Chunks hold 16 KiB of plaintext, the last one always fewer, perhaps none: an object that ends at a chunk's
   edge is truncated, and a length that no message can have is refused unread.
3. Chunk n is sealed under the nonce "base nonce XOR n", without associated data; at most 2**38 chunks.
4. No byte of a chunk leaves before that chunk is authenticated.
5. An end is an end only once the final short chunk has been opened.

Whole streams go through `cryptography.cobblestone`; ranges through `Reader`, which follows the same formulas.
"""

import hmac
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from uuid import UUID

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from storage.errors import Damaged

CHUNK = 16384
HEADER = 56

_TAG = 16
_SEALED_CHUNK = CHUNK + _TAG
_MAX_CHUNKS = 2**38
_SALT = 24
_KEY = 32
_NONCE = 12
_COMMITMENT = 32
_LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"

# Found by measuring: smaller blocks cost more in calls than in the cipher, larger ones leave the caches.
_SEAL_BLOCK = 256 * 1024
_CHUNKS_AT_ONCE = 16


def version_context(version: UUID) -> bytes:
    """Name the document version that a content belongs to, so that it opens nowhere else."""
    return f"portal/v1/version/{version}".encode()


def sealed_size(plain_size: int) -> int:
    """Say how many bytes a content of `plain_size` bytes takes when sealed.

    Raises:
        ValueError: No content has this size.

    """
    if not 0 <= plain_size < _MAX_CHUNKS * CHUNK:
        raise ValueError("A content has between 0 bytes and 4 PiB.")
    return HEADER + plain_size + _TAG * (plain_size // CHUNK + 1)


def plain_size(sealed_size: int) -> int:
    """Say how many bytes of content a sealed object of `sealed_size` bytes holds.

    Raises:
        Damaged: No sealed object has this size.

    """
    full, last = divmod(sealed_size - HEADER, _SEALED_CHUNK)
    if sealed_size < HEADER or last < _TAG or full >= _MAX_CHUNKS:
        raise Damaged
    return full * CHUNK + last - _TAG


def seal(key: bytes, context: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Seal a content while it passes by; one key seals one content."""
    encryptor = Cobblestone256Encryptor(key, context)
    for block in _regrouped(chunks, _SEAL_BLOCK):
        if sealed := encryptor.update(block):
            yield sealed
    yield encryptor.finalize()


def open_all(key: bytes, context: bytes, sealed: Iterable[bytes]) -> Iterator[bytes]:
    """Open a whole content while it passes by.

    Each chunk is authenticated before it leaves, but that nothing is missing shows only at the end: who hands
    the bytes on announces their number beforehand (`plain_size`) and breaks the connection on Damaged.

    Raises:
        Damaged: Wrong key or context, or not the bytes that were sealed, all of them and in their order.

    """
    decryptor = Cobblestone256Decryptor(key, context)
    try:
        # nothing here holds what is sealed while its reader is busy with what was opened
        yield from filter(None, map(decryptor.update, sealed))
        if plain := decryptor.finalize():
            yield plain
    except InvalidTag as cause:
        raise Damaged from cause


class Reader:
    """A sealed content that can be read from any place; opens only the chunks that are asked for.

    `read(start, stop)` gives the sealed bytes of that span, in blocks of any size.

    `size` follows from the object's length. It is certain once the end has been opened: by a range that
    reaches it, or by `check_end`. Changes outside the chunks of a range are not seen by that range.

    Raises:
        Damaged: The length is impossible, or key or context don't fit the header.

    """

    def __init__(
        self, key: bytes, context: bytes, size_sealed: int, read: Callable[[int, int], Iterator[bytes]]
    ) -> None:
        if len(key) != _KEY:
            raise ValueError("A content key has 32 bytes.")
        self.size = plain_size(size_sealed)
        self._size_sealed = size_sealed
        self._read = read
        with _closed(read(0, HEADER)) as blocks:
            header = b"".join(blocks)
        salt, commitment = header[:_SALT], header[_SALT:]
        material = HKDFExpand(SHA512(), _KEY + _NONCE + _COMMITMENT, _LABEL + salt + context).derive(key)
        if not hmac.compare_digest(material[_KEY + _NONCE :], commitment):
            raise Damaged
        self._cipher = AESGCM(material[:_KEY])
        self._base_nonce = int.from_bytes(material[_KEY : _KEY + _NONCE], "big")

    def check_end(self) -> None:
        """Open the final chunk, after which `size` is certain.

        Raises:
            Damaged: The object doesn't end where it was sealed to end.

        """
        for _ in self.range(self.size, self.size):
            pass

    def range(self, start: int, stop: int) -> Iterator[bytes]:
        """Open the bytes from `start` up to `stop`; a range up to the end also opens the final chunk.

        Raises:
            Damaged: A chunk of this range is not what was sealed there.
            ValueError: The range doesn't lie inside the content.

        """
        if not 0 <= start <= stop <= self.size:
            raise ValueError("The range must lie inside the content.")
        return self._range(start, stop)

    def _range(self, start: int, stop: int) -> Iterator[bytes]:
        if start == stop < self.size:
            return
        first = start // CHUNK
        # A content whose size is a multiple of 16 KiB ends with an empty chunk, and that chunk is its end.
        end = self.size // CHUNK + 1 if stop == self.size else (stop - 1) // CHUNK + 1
        skip = start - first * CHUNK
        left = stop - start
        for plain in self._opened(first, end):
            block = bytes(plain[skip : skip + left])
            skip = 0
            left -= len(block)
            if block:
                yield block

    def _opened(self, first: int, end: int) -> Iterator[memoryview]:
        """Open the chunks from `first` up to `end`, some at a time; the view is good until the next step."""
        start = HEADER + first * _SEALED_CHUNK
        stop = min(HEADER + end * _SEALED_CHUNK, self._size_sealed)
        plain = memoryview(bytearray(_CHUNKS_AT_ONCE * CHUNK))
        number = first
        with _closed(self._read(start, stop)) as blocks:
            for sealed in _regrouped(blocks, _CHUNKS_AT_ONCE * _SEALED_CHUNK):
                start += len(sealed)
                filled = self._open_into(plain, sealed, number)
                number += _CHUNKS_AT_ONCE
                yield plain[:filled]
        if start != stop:
            raise Damaged

    def _open_into(self, plain: memoryview, sealed: memoryview, number: int) -> int:
        decrypt_into = self._cipher.decrypt_into
        filled = 0
        try:
            for place in range(0, len(sealed), _SEALED_CHUNK):
                nonce = (self._base_nonce ^ number).to_bytes(_NONCE, "big")
                chunk = sealed[place : place + _SEALED_CHUNK]
                filled += decrypt_into(nonce, chunk, None, plain[filled : filled + len(chunk) - _TAG])
                number += 1
        except (InvalidTag, ValueError) as cause:  # ValueError: a rest too short to hold a tag
            raise Damaged from cause
        return filled


def _regrouped(blocks: Iterable[bytes], size: int) -> Iterator[memoryview]:
    """Cut blocks into blocks of exactly `size`, the last one perhaps shorter; copies only at the seams."""
    pending: list[memoryview] = []
    held = 0
    for block in blocks:
        view = memoryview(block)
        if pending and held + len(view) >= size:
            seam = size - held
            yield memoryview(b"".join([*pending, view[:seam]]))
            view = view[seam:]
            pending.clear()
            held = 0
        while len(view) >= size and not pending:
            yield view[:size]
            view = view[size:]
        if view:
            pending.append(view)
            held += len(view)
    if pending:
        yield memoryview(b"".join(pending))


def _closed(blocks: Iterator[bytes]) -> AbstractContextManager[Iterator[bytes]]:
    """Give back what a reading generator holds (a file, a connection) as soon as the reading ends."""
    return closing(blocks) if isinstance(blocks, Generator) else nullcontext(blocks)
