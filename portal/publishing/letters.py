"""The letters that a page claims to show, each with its place on the page's picture, and the words that they make."""

import ctypes
import math
import sys
import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
import pypdfium2
from pypdfium2 import raw

from portal.publishing.drawing import Canvas, address
from portal.publishing.findings import Reason, Unpublishable

MOST_LETTERS: Final = 60_000
_LOOSE: Final = 0.2  # of the size: how far what a letter draws may pass its box
_UNMAPPED: Final = frozenset({0, 0xFFFD, 0xFFFE, 0xFFFF})


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter: `box` is left, top, right, bottom in pixels; `origin`, `along` (a unit vector) and `size` likewise."""

    text: str
    thing: int
    box: tuple[float, float, float, float]
    origin: tuple[float, float]
    along: tuple[float, float]
    size: float

    @property
    def known(self) -> bool:
        """Tell whether the file says which letter it is."""
        return (
            bool(self.text) and ord(self.text) not in _UNMAPPED and unicodedata.category(self.text) not in {"Cc", "Co"}
        )

    @property
    def reach(self) -> tuple[float, float, float, float]:
        """Return the box with room for what passes it."""
        left, top, right, bottom = self.box
        room = self.size * _LOOSE + 1
        return left - room, top - room, right + room, bottom + room


def letters_of(page: pypdfium2.PdfPage, canvas: Canvas) -> list[list[list[Letter]]]:
    """Return the letters of a page as lines of words, in the order in which they are read.

    Raises:
        Unpublishable: There are more than can be looked at.
    """
    textpage = page.get_textpage()
    try:
        if textpage.count_chars() > MOST_LETTERS:
            raise Unpublishable(Reason.TOO_LARGE)
        return _lines(textpage, canvas)
    finally:
        textpage.close()


def _lines(textpage: pypdfium2.PdfTextPage, canvas: Canvas) -> list[list[list[Letter]]]:
    lines: list[list[list[Letter]]] = [[[]]]
    for index in range(textpage.count_chars()):
        code = raw.FPDFText_GetUnicode(textpage, index)
        if code in {10, 13} and raw.FPDFText_IsGenerated(textpage, index):
            lines.append([[]])
            continue
        char = chr(min(code, sys.maxunicode))
        if unicodedata.category(char) == "Cf":
            continue  # what turns or joins letters isn't drawn
        letter = None if char.isspace() else _letter(textpage, index, char, canvas)
        if letter is None:
            lines[-1].append([])
        elif lines[-1][-1] and _turned(lines[-1][-1][-1], letter):
            lines[-1].append([letter])
        else:
            lines[-1][-1].append(letter)
    kept = ([word for word in line if word] for line in lines)
    return [_ordered(part) for line in kept for part in _straight(line)]


def _straight(line: list[list[Letter]]) -> list[list[list[Letter]]]:
    """Part a line where its words stand in different directions."""
    parts: list[list[list[Letter]]] = []
    for word in line:
        if parts and not _turned(parts[-1][-1][-1], word[0]):
            parts[-1].append(word)
        else:
            parts.append([word])
    return parts


def reads_left(word: list[Letter]) -> bool:
    """Tell whether a word is read from right to left."""
    return any(unicodedata.bidirectional(letter.text) in {"R", "AL"} for letter in word)


def _ordered(line: list[list[Letter]]) -> list[list[Letter]]:
    """Put a line in the order of reading, from where its words stand: PDFium turns whole pages by a single word."""

    def spot(letter: Letter) -> float:
        return letter.origin[0] * along[0] + letter.origin[1] * along[1]

    along = line[0][0].along
    words = [_untwisted(word) if reads_left(word) else sorted(word, key=spot) for word in line]
    leftward = [reads_left(word) for word in words]
    turned = sum(map(len, words)) < 2 * sum(len(word) for word, left in zip(words, leftward, strict=True) if left)
    ordered = sorted(words, key=lambda word: min(map(spot, word)), reverse=turned)
    return _turned_back(ordered, turned=turned)


def _untwisted(word: list[Letter]) -> list[Letter]:
    """Put the letters of each ligature, which PDFium turns with the word, into their order."""
    return [
        letter for _, ligature in groupby(word, key=lambda letter: letter.box) for letter in reversed(list(ligature))
    ]


def _turned_back(words: list[list[Letter]], *, turned: bool) -> list[list[Letter]]:
    """Turn the runs of words that are read against their line (UAX #9, rule L2, of two levels)."""
    done: list[list[Letter]] = []
    run: list[list[Letter]] = []
    for word in words:
        if reads_left(word) is turned:
            done += [*reversed(run), word]
            run = []
        else:
            run.append(word)
    return [*done, *reversed(run)]


def _turned(before: Letter, letter: Letter) -> bool:
    return before.along[0] * letter.along[0] + before.along[1] * letter.along[1] < 0.99  # noqa: PLR2004 - about 8 degrees


def _letter(textpage: pypdfium2.PdfTextPage, index: int, char: str, canvas: Canvas) -> Letter | None:
    thing = address(raw.FPDFText_GetTextObject(textpage, index))
    if not thing or raw.FPDFText_IsGenerated(textpage, index):
        return None
    edges = [ctypes.c_double() for _ in range(4)]
    raw.FPDFText_GetCharBox(textpage, index, *edges)
    left, right, bottom, top = (edge.value for edge in edges)
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(textpage, index, x, y)
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(textpage, index, matrix)
    linear = canvas.affine[:, :2]
    across = linear @ np.array([matrix.a, matrix.b])
    up = linear @ np.array([matrix.c, matrix.d])
    length = math.hypot(*across)
    tall = abs(across[0] * up[1] - across[1] * up[0]) / length if length else 0.0
    size = raw.FPDFText_GetFontSize(textpage, index) * min(length, tall)
    corners = canvas.affine @ np.array([[left, right, left, right], [bottom, bottom, top, top], [1, 1, 1, 1]])
    spot = canvas.affine @ np.array([x.value, y.value, 1])
    values = [float(value) for value in (*corners.min(axis=1), *corners.max(axis=1), *spot, size)]
    if not all(map(math.isfinite, values)):
        return None
    return Letter(
        "-" if raw.FPDFText_IsHyphen(textpage, index) == 1 else char,
        thing,
        (values[0], values[1], values[2], values[3]),
        (values[4], values[5]),
        (float(across[0]) / length, float(across[1]) / length) if length else (1.0, 0.0),
        abs(values[6]),
    )
