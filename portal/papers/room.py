"""How much memory a paper takes while it is set, so that a long one is refused before it takes the service's.

Measured with typst 0.15 on papers of one kind of block each; what people write takes less than it says here.
"""

from collections.abc import Iterable
from typing import Final

from portal.papers.blocks import Block, blocks_of, words_of
from portal.papers.dialogue import Paper

ROOM: Final = 1_200_000  # KiB; the service has 2 GiB (deploy/systemd/portal.service)
# KiB for each
_QUESTION: Final = 60
_ENTRY: Final = 60
_BLOCK: Final = 13
_MARKER: Final = 20
_QUOTED: Final = 4
_CELL: Final = 10
_SPAN: Final = 3
_CHARACTERS: Final = 3  # to a KiB


class PaperTooLong(ValueError):
    """The dialogue doesn't fit into one paper; one article of it at a time does."""


def room_of(blocks: Iterable[Block]) -> int:
    """Return the memory that blocks take, in KiB, seldom less than they do."""
    room = 0
    for block in blocks:
        cells = [cell for row in block.rows for cell in row]
        lines = (block.line, *cells)
        room += _BLOCK + bool(block.marker) * _MARKER + block.quoted * _QUOTED + len(cells) * _CELL
        room += sum(len(line) for line in lines) * _SPAN
        room += sum(len(words_of(line)) for line in lines) // _CHARACTERS
    return room


def check_room(paper: Paper) -> None:
    """Look whether a paper fits, and no further than until it doesn't.

    Raises:
        PaperTooLong: It would take more memory than there is.
    """
    room = 0
    for article in paper.articles:
        for question in article.questions:
            room += _QUESTION
            for said in question.entries:
                room += _ENTRY + room_of(blocks_of(said.text))
                if room > ROOM:
                    raise PaperTooLong(f"no more than {ROOM} KiB may be taken to set a paper")
