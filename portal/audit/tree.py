"""The Merkle tree over the log's entries: RFC 6962, section 2.1, over SHA-256, kept as tiles (C2SP tlog-tiles).

1. A tile of level l holds up to 256 hashes in a row, each the root of 256 ** l entries; level 0 those of the entries.
2. Whatever is asked of the tree is computed from tiles; a tile that isn't full is the beginning of the full one, so
   tiles of a later tree answer for an earlier one too.
3. A proof is checked by its own rules, with no tree at hand.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

HASH_BYTES: Final = 32
WIDTH: Final = 256
HEIGHT: Final = 8  # levels of the tree that a tile spans
SUBTREES: Final = 1024  # whose roots are kept: what lies beside the way to an entry lies beside its neighbours' too
EMPTY: Final = hashlib.sha256(b"").digest()  # the root of no entries
MOST_SIZE: Final = 2**63 - 1

# gives the hashes of a tile, by level and number: at least as many as are asked for
Tiles = Callable[[int, int, int], bytes]


class Inconsistent(Exception):
    """Hashes that should fit together don't."""


def entry_hash(entry: bytes) -> bytes:
    """Hash an entry into a leaf of the tree."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours into what is above them."""
    return hashlib.sha256(b"\1" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Compute the root over hashes whose number is a power of two."""
    row, sha = list(hashes), hashlib.sha256
    while len(row) > 1:
        row = [sha(b"\1" + row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
    return row[0]


def tile_hashes(tile: bytes) -> list[bytes]:
    """Take a tile apart."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def tile_width(level: int, number: int, size: int) -> int:
    """Tell how many hashes a tile has in a tree of so many entries: 0 to 256."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH))


class Tree:
    """A tree of so many entries, read from tiles."""

    def __init__(self, size: int, tiles: Tiles) -> None:
        self.size = size
        self._tiles = tiles
        self._range = lru_cache(SUBTREES)(self._root_of)

    def root(self) -> bytes:
        """Compute the root."""
        return self._range(0, self.size) if self.size else EMPTY

    def inclusion(self, index: int) -> list[bytes]:
        """Prove that an entry is in the tree (RFC 6962, 2.1.1): from its sibling up to the root's child.

        Raises:
            ValueError: There is no such entry.

        """
        if not 0 <= index < self.size:
            raise ValueError("no such entry")
        proof: list[bytes] = []
        first, last = 0, self.size
        while last - first > 1:
            middle = first + _split(last - first)
            if index < middle:
                proof.append(self._range(middle, last))
                last = middle
            else:
                proof.append(self._range(first, middle))
                first = middle
        return proof[::-1]

    def consistency(self, old: int) -> list[bytes]:
        """Prove that a tree of fewer entries is the beginning of this one (RFC 6962, 2.1.2).

        Raises:
            ValueError: It isn't smaller.

        """
        if not 0 <= old <= self.size:
            raise ValueError("no earlier tree")
        if old in {0, self.size}:
            return []
        proof: list[bytes] = []
        first, last, whole = 0, self.size, True
        while last != old:
            middle = first + _split(last - first)
            if old <= middle:
                proof.append(self._range(middle, last))
                last = middle
            else:
                proof.append(self._range(first, middle))
                first, whole = middle, False
        if not whole:
            proof.append(self._range(first, last))
        return proof[::-1]

    def _root_of(self, first: int, last: int) -> bytes:
        """Compute the root of a subtree that the tree has: from one entry up to another."""
        count = last - first
        if count & (count - 1):
            middle = first + _split(count)
            return node_hash(self._range(first, middle), self._range(middle, last))
        level = (count.bit_length() - 1) // HEIGHT
        unit = 1 << (HEIGHT * level)
        start, many = first // unit, count // unit
        number, at = divmod(start, WIDTH)
        tile = self._tiles(level, number, tile_width(level, number, self.size))
        return perfect_root(tile_hashes(tile[at * HASH_BYTES : (at + many) * HASH_BYTES]))


class Growing:
    """The right edge of a tree, to which entries are added: all that a log has to hold of it.

    Args:
        size: How many entries there are.
        edge: The last tile of each level that isn't full, from level 0 up; empty where there is none.

    """

    def __init__(self, size: int, edge: Sequence[bytes]) -> None:
        if size < 0 or any(len(tile) != tile_count(size, level) * HASH_BYTES for level, tile in enumerate(edge)):
            raise Inconsistent("an edge of another size")
        if size >> (HEIGHT * len(edge)):
            raise Inconsistent("an edge that is too short")
        self.size = size
        self._edge = [bytearray(tile) for tile in edge]

    def add(self, hashes: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
        """Add entries by their hashes; gives the tiles that are new or longer, by level and number."""
        changed: dict[tuple[int, int], bytes] = {}
        self._add(0, hashes, self.size, changed)
        self.size += len(hashes)
        return changed

    def root(self) -> bytes:
        """Compute the root over the edge: what is full is a hash of the level above."""
        root = b""
        for tile in self._edge:
            for at, many in _peaks(len(tile) // HASH_BYTES):
                peak = perfect_root(tile_hashes(bytes(tile[at * HASH_BYTES : (at + many) * HASH_BYTES])))
                root = node_hash(peak, root) if root else peak
        return root or EMPTY

    def _add(self, level: int, hashes: Sequence[bytes], before: int, changed: dict[tuple[int, int], bytes]) -> None:
        if level == len(self._edge):
            self._edge.append(bytearray())
        tile, number, above = self._edge[level], before // WIDTH, []
        for start in range(0, len(hashes), WIDTH) if not tile else _steps(len(tile) // HASH_BYTES, len(hashes)):
            room = WIDTH - len(tile) // HASH_BYTES
            tile += b"".join(hashes[start : start + room])
            changed[level, number] = bytes(tile)
            if len(tile) == WIDTH * HASH_BYTES:
                above.append(perfect_root(tile_hashes(bytes(tile))))
                tile.clear()
                number += 1
        if above:
            self._add(level + 1, above, before // WIDTH, changed)


def tile_count(size: int, level: int) -> int:
    """Tell how many hashes the last tile of a level has that isn't full: 0 to 255."""
    return (size >> (HEIGHT * level)) % WIDTH


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf is the one at an index of a tree (RFC 9162, 2.1.3.2, on the proofs of RFC 6962).

    Raises:
        Inconsistent: It isn't proven.

    """
    if not 0 <= index < size:
        raise Inconsistent("no such entry")
    at, last, found = index, size - 1, leaf
    for one in proof:
        if not last:
            raise Inconsistent("a proof that is too long")
        if at & 1 or at == last:
            found = node_hash(one, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, one)
        at, last = at >> 1, last >> 1
    if last or found != root:
        raise Inconsistent("the entry isn't proven")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that a tree is the beginning of a later one (RFC 9162, 2.1.4.2, on the proofs of RFC 6962).

    Raises:
        Inconsistent: It isn't proven.

    """
    if not 0 <= old <= new:
        raise Inconsistent("sizes in the wrong order")
    if old in {0, new}:
        if proof or (old == new and old_root != new_root) or (old == 0 and old_root != EMPTY):
            raise Inconsistent("the later tree doesn't go on from the earlier one")
        return
    hashes = list(proof) if old & (old - 1) else [old_root, *proof]
    if not hashes or _climb(old, new, hashes) != (old_root, new_root):
        raise Inconsistent("the later tree doesn't go on from the earlier one")


def _climb(old: int, new: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Compute both roots from the hashes of a proof of consistency."""
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    was = now = hashes[0]
    for one in hashes[1:]:
        if not last:
            raise Inconsistent("a proof that is too long")
        if at & 1 or at == last:
            was, now = node_hash(one, was), node_hash(one, now)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            now = node_hash(now, one)
        at, last = at >> 1, last >> 1
    if last:
        raise Inconsistent("a proof that is too short")
    return was, now


def _split(count: int) -> int:
    """Give the largest power of two below a number above one."""
    return 1 << ((count - 1).bit_length() - 1)


def _steps(filled: int, count: int) -> list[int]:
    """Tell where hashes begin that fill up a tile, and those after it."""
    return [0, *range(WIDTH - filled, count, WIDTH)]


def _peaks(count: int) -> list[tuple[int, int]]:
    """Cut so many hashes in a row into perfect trees, from the last and smallest: where each begins, how many."""
    peaks = []
    while count:
        lowest = count & -count
        count -= lowest
        peaks.append((count, lowest))
    return peaks
