"""Proofs that entries are in the tree: made for many at once, written and read as text (C2SP tlog-proof).

1. A proof is of one checkpoint, which stands in it with its signatures, as it was given out.
2. What is read has the one spelling that the specification has; whether the proof holds is checked apart.
3. `extra` is a word of whoever made the proof, and proves nothing by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from portal.audit.checkpoints import Checkpoint
from portal.audit.notes import MOST_BYTES, Malformed, decode, encode, number
from portal.audit.tree import HASH_BYTES, Inconsistent, Tiles, Tree, check_inclusion

HEADER: Final = "c2sp.org/tlog-proof@v1"
MOST_HASHES: Final = 63  # the height of the highest tree
MOST_CHARACTERS: Final = 4 * MOST_BYTES  # the checkpoint, its extra data, and all that is between
_TILES: Final = 32  # kept: those of one path, and of the right edge
_EXTRA: Final = "extra "
_INDEX: Final = "index "


@dataclass(frozen=True, slots=True)
class Proof:
    """That the entry at an index is in the tree of a checkpoint (its signed note), from its sibling up."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""

    def text(self) -> str:
        """Write the proof."""
        lines = [HEADER, *([_EXTRA + encode(self.extra)] if self.extra else []), f"{_INDEX}{self.index}"]
        return "\n".join([*lines, *written(self.hashes), "", self.checkpoint])


class Prover:
    """Proves entries of one tree; while they come in order, each tile is read once."""

    def __init__(self, size: int, tiles: Tiles) -> None:
        self._tree = Tree(size, lru_cache(_TILES)(tiles))

    def prove(self, index: int) -> list[bytes]:
        """Prove an entry: from its sibling up to the root's child.

        Raises:
            ValueError: There is no such entry.

        """
        return self._tree.inclusion(index)


def written(hashes: Iterable[bytes]) -> list[str]:
    """Write the hashes of a proof."""
    return [encode(one) for one in hashes]


def read_hashes(lines: Iterable[str]) -> tuple[bytes, ...]:
    """Read the hashes of a proof.

    Raises:
        Malformed: They aren't any.

    """
    hashes = tuple(decode(line) for line in lines)
    if len(hashes) > MOST_HASHES or any(len(one) != HASH_BYTES for one in hashes):
        raise Malformed("a proof has too many hashes, or one of another length")
    return hashes


def read_proof(text: str) -> Proof:
    """Read a proof.

    Raises:
        Malformed: It is none.

    """
    if len(text) > MOST_CHARACTERS:
        raise Malformed("the proof is too long")
    head, gap, checkpoint = text.partition("\n\n")
    header, *lines = head.split("\n")
    if header != HEADER or not gap:
        raise Malformed("this isn't a proof, or lacks its checkpoint")
    extra = decode(lines.pop(0).removeprefix(_EXTRA)) if lines and lines[0].startswith(_EXTRA) else None
    if extra == b"" or not lines or not lines[0].startswith(_INDEX):
        raise Malformed("the proof doesn't say of which entry it is")
    return Proof(number(lines[0].removeprefix(_INDEX)), read_hashes(lines[1:]), checkpoint, extra or b"")


def check_proof(hash_: bytes, index: int, hashes: Iterable[bytes], checkpoint: Checkpoint) -> None:
    """Check that an entry, by its hash, is the one at an index of a checkpoint's tree.

    Raises:
        Malformed: It isn't proven.

    """
    try:
        check_inclusion(hash_, index, checkpoint.size, tuple(hashes), checkpoint.root)
    except Inconsistent as error:
        raise Malformed(f"entry {index} isn't proven to be in the tree of {checkpoint.size} entries") from error
