"""Looks for words and pieces of files in every byte that the portal wrote.

1. A needle is searched in the spellings in which a program would write it: UTF-8, UTF-16 in both orders, and as
   JSON escapes it.
2. Pieces of files are taken where they tell something: many different bytes, at the start, the middle and the end.
3. A search that finds nothing proves nothing by itself: the same needles are searched in the originals, too.
"""

import json
import mmap
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Final

PIECE: Final = 24
DISTINCT: Final = 12  # different bytes in a piece, or it could occur anywhere
PLACES: Final = 8  # in one file
SHORTEST: Final = 6  # bytes of a word: shorter ones occur by chance
WORK: Final = 4 << 40  # bytes times needles: beyond it, fewer pieces are looked for


@dataclass(frozen=True, slots=True)
class Needle:
    """Something that must not lie on the disk in the clear; `what` says what it is, never the thing itself."""

    what: str
    spellings: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A needle that was found, and where."""

    what: str
    path: Path


def word(what: str, text: str) -> Iterator[Needle]:
    """Make a needle of a word; one that is too short tells nothing."""
    plain = text.encode("utf-8", "surrogateescape")
    if len(plain) < SHORTEST:
        return
    spellings = {plain, json.dumps(text)[1:-1].encode()}
    spellings |= {text.encode(coding, "surrogatepass") for coding in ("utf-16-le", "utf-16-be")}
    yield Needle(what, tuple(sorted(spelling for spelling in spellings if len(spelling) >= SHORTEST)))


def pieces(what: str, path: Path) -> Iterator[Needle]:
    """Take pieces of a file."""
    size = path.stat().st_size
    with path.open("rb") as source:
        for place in range(PLACES):
            source.seek(max(0, (size - PIECE) * place // (PLACES - 1)))
            piece = source.read(PIECE)
            if len(piece) == PIECE and len(set(piece)) >= DISTINCT:
                yield Needle(what, (piece,))


def files_in(folders: Iterable[Path]) -> list[Path]:
    """List the files in folders, and in the folders in them."""
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def search(paths: Sequence[Path], needles: Sequence[Needle]) -> tuple[list[Found], int]:
    """Search files for needles; gives what was found, and how many bytes were read."""
    found: list[Found] = []
    read = 0
    for path in paths:
        try:
            source = path.open("rb")
        except FileNotFoundError:
            continue  # a server took it away meanwhile
        with source:
            size = os.fstat(source.fileno()).st_size
            found += _found(source, path, needles) if size else []
            read += size
    return found, read


def _found(source: BufferedReader, path: Path, needles: Sequence[Needle]) -> list[Found]:
    with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return [
            Found(needle.what, path)
            for needle in needles
            if any(content.find(spelling) >= 0 for spelling in needle.spellings)
        ]


def affordable(needles: Sequence[Needle], total: int) -> list[Needle]:
    """Choose as many needles, evenly, as can be searched for in so many bytes within minutes."""
    most = max(50, WORK // max(total, 1))
    step = max(1, -(-len(needles) // most))
    return list(needles[::step])
