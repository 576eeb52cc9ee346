"""The fonts of Debian that a paper is set in: which there are, and which characters each can draw.

A paper never shows an empty box. If a font for one of the languages of a review (ToR 48-50) isn't there, no paper is
made. A character that none of the fonts draws, such as a picture, is written as its number: [U+1F4CE].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import typst

FOLDER: Final = Path("/usr/share/fonts")
LATIN: Final = "Noto Sans"  # Latin, Cyrillic and Greek
ARABIC: Final = "Noto Naskh Arabic"
CHINESE: Final = "Noto Sans CJK SC"  # Japanese and Korean too
PACKAGES: Final = {LATIN: "fonts-noto-core", ARABIC: "fonts-noto-core", CHINESE: "fonts-noto-cjk"}
# looked at, in this order, for what the first three don't draw; they come with fonts-noto-core
_OTHERS: Final = tuple(
    f"Noto {family}"
    for family in (
        *("Sans Armenian", "Sans Georgian", "Sans Hebrew", "Sans Ethiopic", "Sans Devanagari", "Sans Bengali"),
        *(
            "Sans Gujarati",
            "Sans Gurmukhi",
            "Sans Kannada",
            "Sans Malayalam",
            "Sans Oriya",
            "Sans Tamil",
            "Sans Telugu",
        ),
        *("Sans Sinhala", "Sans Thai", "Sans Lao", "Sans Khmer", "Sans Myanmar", "Serif Tibetan", "Sans Mongolian"),
        *("Sans Thaana", "Sans Syriac", "Sans Tifinagh", "Sans Arabic", "Sans Math", "Sans Symbols", "Sans Symbols2"),
    )
)
_REGULAR: Final = 400
# drawn by no font because there is nothing to draw
_UNSEEN: Final = frozenset("\n\t \u00a0\u200b\u200c\u200d\u200e\u200f\u061c\u2028\u2068\u2069\ufe0e\ufe0f")


class FontsMissing(RuntimeError):
    """The machine has no font for a language of the reviews; `packages` of Debian bring them."""

    def __init__(self, packages: tuple[str, ...]) -> None:
        super().__init__(f"No paper can be made: install {' and '.join(packages)} and start the portal again.")
        self.packages = packages


@dataclass(frozen=True)
class Shelf:
    """The fonts that were found, and the file of each family's upright face."""

    fonts: "typst.Fonts"
    faces: Mapping[str, tuple[str, int]]


@cache
def shelf(folder: Path = FOLDER) -> Shelf:
    """Look once for the fonts.

    Raises:
        FontsMissing: There is none for one of the languages of a review.
    """
    import typst  # here, as in the other two places: a portal has the engine in its memory once it makes a paper

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
    faces = {
        font.family: (font.path, font.index)
        for font in fonts.fonts()
        if font.path and font.style == "normal" and font.weight == _REGULAR
    }
    missing = dict.fromkeys(package for family, package in PACKAGES.items() if family not in faces)
    if missing:
        raise FontsMissing(tuple(missing))
    return Shelf(fonts, faces)


@cache
def _drawn(path: str, index: int) -> frozenset[str]:
    """Return the characters that a font draws."""
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=index, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def choose(characters: frozenset[str], found: Shelf) -> tuple[tuple[str, ...], Mapping[int, str]]:
    """Return the families to set these characters in, and what to write for those that none of them draws."""
    left = characters - _UNSEEN
    families = []
    for family in (*PACKAGES, *_OTHERS):
        drawn = left & _drawn(*found.faces[family]) if family in found.faces and left else frozenset()
        if drawn or family in PACKAGES:
            families.append(family)
        left -= drawn
    return tuple(families), {ord(char): f"[U+{ord(char):04X}]" for char in left}
