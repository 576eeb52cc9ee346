"""Draws the letters that others are held against into `shapes.bin`: run once, where Debian's Noto fonts are.

    python -m portal.publishing.faces

The fonts are under the SIL Open Font License 1.1; what is kept of them are pictures of 16 by 16 points.
"""

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from portal.publishing.outlines import FILE, Shape, packed, shape_of

FOLDER: Final = Path("/usr/share/fonts")
_SIZE: Final = 64
_INK: Final = 96
_FACES: Final = ("Sans-Regular", "Sans-Bold", "Sans-Italic", "Serif-Regular", "Serif-Bold", "Serif-Italic")
_ARABIC: Final = ("NaskhArabic-Regular", "SansArabic-Regular")
_LETTERS: Final = (
    *(range(0x21, 0x7F), range(0xA1, 0x180), range(0x218, 0x21C), range(0x386, 0x3CF), range(0x400, 0x460)),
    *(range(0x490, 0x4F8), range(0x1E80, 0x1E86), range(0x1EA0, 0x1EFA), range(0x2010, 0x2027), range(0xFB00, 0xFB05)),
    *((0x2032, 0x2033, 0x2039, 0x203A, 0x2044, 0x20AC, 0x2116, 0x2122, 0x2190, 0x2192, 0x2212, 0x2248, 0x2260),),
    *((0x2264, 0x2265, 0x25A0, 0x25AA, 0x25CB, 0x25CF, 0x25E6, 0x2713),),
)
_ARABIC_LETTERS: Final = (range(0x60C, 0x670), range(0x6F0, 0x6FA), range(0xFB50, 0xFBFF), range(0xFE80, 0xFEFD))
_HAN_MARKS: Final = (range(0x3001, 0x3018), range(0xFF01, 0xFF5F), range(0x2460, 0x2474))


def draw_all() -> bytes:
    """Draw all letters that the fonts have."""
    drawn = [*_latin(), *_arabic(), *_han()]
    return packed([label for label, _ in drawn], [shape for _, shape in drawn])


def _latin() -> Iterator[tuple[str, Shape]]:
    for face in _FACES:
        font = _font(f"truetype/noto/Noto{face}.ttf")
        for char in _all(_LETTERS):
            label = unicodedata.normalize("NFKC", char) if "\ufb00" <= char <= "\ufb04" else char
            yield from _drawn(font, char, label)


def _arabic() -> Iterator[tuple[str, Shape]]:
    for face in _ARABIC:
        font = _font(f"truetype/noto/Noto{face}.ttf")
        for char in _all(_ARABIC_LETTERS):
            yield from _drawn(font, char, unicodedata.normalize("NFKC", char))


def _han() -> Iterator[tuple[str, Shape]]:
    font = _font("opentype/noto/NotoSansCJK-Regular.ttc", index=2)
    pairs = (bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    common = "".join(pair.decode("gb2312", "ignore") for pair in pairs)  # GB/T 2312, levels 1 and 2
    for char in (*_all(_HAN_MARKS), *common):
        yield from _drawn(font, char, char)


def _all(ranges: tuple[range | tuple[int, ...], ...]) -> Iterator[str]:
    return (chr(code) for part in ranges for code in part if chr(code).isprintable())


def _font(name: str, index: int = 0) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FOLDER / name, _SIZE, index=index, layout_engine=ImageFont.Layout.BASIC)


def _drawn(font: ImageFont.FreeTypeFont, char: str, label: str) -> Iterator[tuple[str, Shape]]:
    if unicodedata.combining(char) or bytes(font.getmask(char)) == bytes(font.getmask("\U0010ffff")):
        return  # nothing of its own, or the box for what the font hasn't
    image = Image.new("L", (_SIZE * 4, _SIZE * 4))
    ImageDraw.Draw(image).text((_SIZE, _SIZE), char, fill=255, font=font)
    mask = np.asarray(image) >= _INK
    if mask.any():
        yield label, shape_of(mask)


if __name__ == "__main__":
    FILE.write_bytes(draw_all())
