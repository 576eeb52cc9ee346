"""A PDF file (ISO 32000-1) written from pictures and verified words alone: no object of another file gets in.

Each page is its pictures, as an artifact, and under them nothing. Words lie over them in text rendering mode 3, in an
empty font that maps codes to letters, as paragraphs of a structure tree in the order of reading: screen readers and
searches find them. There is no date, no identifier and no other property than title and language.
"""

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Final

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph

from portal.publishing.letters import reads_left
from portal.publishing.pictures import Picture
from portal.publishing.seeing import Sight, Word

_EM: Final = 1000
_ADVANCE: Final = 500
_TALL: Final = 700
_MOST_CODES: Final = 0xFFFF
_NEXT_LINE: Final = 1.9  # sizes: what is farther below begins a paragraph
_ALIKE: Final = 1.25
_CATALOG, _PAGES, _FONT, _DESCENDANT, _DESCRIPTOR, _FONT_FILE, _UNICODE, _MAP, _TREE, _DOCUMENT, _PARENTS, _INFO = (
    range(1, 13)
)


@dataclass
class Writer:
    """A PDF file in the making; pages are added one after the other."""

    title: str
    language: str
    _objects: dict[int, bytes] = field(default_factory=dict)
    _codes: dict[str, int] = field(default_factory=dict)
    _pages: list[int] = field(default_factory=list)
    _paragraphs: list[int] = field(default_factory=list)
    _parents: list[list[int]] = field(default_factory=list)

    def add_page(self, sight: Sight, pictures: Sequence[Picture]) -> None:
        """Add a page: its pictures and its words."""
        width, height = sight.canvas.width, sight.canvas.height
        page, content = self._next(2)
        names = []
        parts = [b"/Artifact BMC"]
        for number, picture in enumerate(pictures):
            (place,) = self._next(1)
            self._objects[place] = _stream(f"/Type /XObject /Subtype /Image {picture.entries}", picture.data)
            names.append(f"/P{number} {place} 0 R")
            across, down = (picture.right - picture.left) * width, (picture.bottom - picture.top) * height
            corner = f"{_number(picture.left * width)} {_number(height - picture.bottom * height)}"
            parts.append(f"q {_number(across)} 0 0 {_number(down)} {corner} cm /P{number} Do Q".encode())
        parts.append(b"EMC")
        parts += self._text(sight, page)
        self._objects[content] = _packed("", b"\n".join(parts))
        self._objects[page] = (
            f"<< /Type /Page /Parent {_PAGES} 0 R /MediaBox [0 0 {_number(width)} {_number(height)}] "
            f"/Contents {content} 0 R /Resources << /Font << /F {_FONT} 0 R >> /XObject << {' '.join(names)} >> >> "
            f"/StructParents {len(self._pages)} /Tabs /S >>"
        ).encode()
        self._pages.append(page)

    def finish(self) -> bytes:
        """Return the file."""
        self._objects |= self._fixed()
        out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        offsets = []
        for number in range(1, len(self._objects) + 1):
            offsets.append(len(out))
            out += b"%d 0 obj\n%b\nendobj\n" % (number, self._objects[number])
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
        out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        out += b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\n" % (len(offsets) + 1, _CATALOG, _INFO)
        return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)

    def _next(self, count: int) -> list[int]:
        first = _INFO + 1 + len(self._objects)
        for number in range(first, first + count):
            self._objects[number] = b"null"
        return [*range(first, first + count)]

    def _text(self, sight: Sight, page: int) -> list[bytes]:
        parts, own = [], []
        for number, paragraph in enumerate(_paragraphs(sight.words)):
            (place,) = self._next(1)
            self._objects[place] = (
                f"<< /Type /StructElem /S /P /P {_DOCUMENT} 0 R /Pg {page} 0 R /K {number} >>".encode()
            )
            own.append(place)
            parts.append(b"/P << /MCID %d >> BDC BT 3 Tr" % number)
            parts += [self._word(word, sight) for word in paragraph]
            parts.append(b"ET EMC")
        self._paragraphs += own
        self._parents.append(own)
        return parts

    def _word(self, word: Word, sight: Sight) -> bytes:
        scale, height = sight.canvas.scale, sight.canvas.height
        start, across, size = _run(word)
        x, y = start[0] / scale, height - start[1] / scale
        along_x, along_y = word.letters[0].along[0], -word.letters[0].along[1]
        text = word.text[::-1] if reads_left(list(word.letters)) else word.text
        points = max(size / scale, 1)
        wide = max(100 * (across / scale) / (len(text) * points * _ADVANCE / _EM), 1)
        codes = "".join(f"{self._code(letter):04x}" for letter in f"{text} ")
        turn = " ".join(_number(part) for part in (along_x, along_y, -along_y, along_x, x, y))
        return f"/F {_number(points)} Tf {_number(wide)} Tz {turn} Tm <{codes}> Tj".encode()

    def _code(self, letter: str) -> int:
        if len(self._codes) >= _MOST_CODES - 1:
            return self._codes[" "]
        return self._codes.setdefault(letter, len(self._codes) + 1)

    def _fixed(self) -> dict[int, bytes]:
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        parents = " ".join(f"{page} [{_references(own)}]" for page, own in enumerate(self._parents))
        font = blank_font()
        return {
            _CATALOG: (
                f"<< /Type /Catalog /Pages {_PAGES} 0 R /Lang {_text_string(self.language)} "
                f"/MarkInfo << /Marked true >> /StructTreeRoot {_TREE} 0 R "
                f"/ViewerPreferences << /DisplayDocTitle true >> >>"
            ).encode(),
            _PAGES: f"<< /Type /Pages /Kids [{kids}] /Count {len(self._pages)} >>".encode(),
            _FONT: (
                f"<< /Type /Font /Subtype /Type0 /BaseFont /Blank /Encoding /Identity-H "
                f"/DescendantFonts [{_DESCENDANT} 0 R] /ToUnicode {_UNICODE} 0 R >>"
            ).encode(),
            _DESCENDANT: (
                f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Blank /FontDescriptor {_DESCRIPTOR} 0 R "
                f"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW {_ADVANCE} "
                f"/CIDToGIDMap {_MAP} 0 R >>"
            ).encode(),
            _DESCRIPTOR: (
                f"<< /Type /FontDescriptor /FontName /Blank /Flags 4 /FontBBox [0 0 {_ADVANCE} {_EM}] /ItalicAngle 0 "
                f"/Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 /FontFile2 {_FONT_FILE} 0 R >>"
            ).encode(),
            _FONT_FILE: _packed(f"/Length1 {len(font)}", font),
            _UNICODE: _packed("", _to_unicode(self._codes)),
            _MAP: _packed("", b"\0\1" * (len(self._codes) + 1)),
            _TREE: f"<< /Type /StructTreeRoot /K {_DOCUMENT} 0 R /ParentTree {_PARENTS} 0 R >>".encode(),
            _DOCUMENT: (
                f"<< /Type /StructElem /S /Document /P {_TREE} 0 R /K [{_references(self._paragraphs)}] >>".encode()
            ),
            _PARENTS: f"<< /Nums [{parents}] >>".encode(),
            _INFO: f"<< /Title {_text_string(self.title)} >>".encode(),
        }


def _references(numbers: Iterable[int]) -> str:
    return " ".join(f"{number} 0 R" for number in numbers)


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) >= 5e-5 else "0"  # noqa: PLR2004 - what four places show


def _text_string(text: str) -> str:
    return f"<feff{text.encode('utf-16-be').hex()}>"


def _stream(entries: str, data: bytes) -> bytes:
    return f"<< {entries} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def _packed(entries: str, data: bytes) -> bytes:
    return _stream(f"{entries} /Filter /FlateDecode".strip(), zlib.compress(data, 9))


def _run(word: Word) -> tuple[tuple[float, float], float, float]:
    """Return where a word begins at its left, its width and its size, in pixels."""
    along = word.letters[0].along
    across = (-along[1], along[0])
    starts, ends = [], []
    for letter in word.letters:
        left, top, right, bottom = letter.box
        spots = [x * along[0] + y * along[1] for x in (left, right) for y in (top, bottom)]
        starts.append(min(spots))
        ends.append(max(spots))
    x, y = word.letters[0].origin
    base = x * across[0] + y * across[1]
    start = min(starts)
    size = max(letter.size for letter in word.letters)
    point = (start * along[0] + base * across[0], start * along[1] + base * across[1])
    return point, max(max(ends) - start, 1.0), size


def _paragraphs(words: Sequence[Word]) -> list[list[Word]]:
    """Put words whose lines follow close under one another, in letters of like size, into one paragraph."""
    found: list[list[Word]] = []
    for word in words:
        if found and (found[-1][-1].line == word.line or _follows(found[-1][-1], word)):
            found[-1].append(word)
        else:
            found.append([word])
    return found


def _follows(before: Word, word: Word) -> bool:
    one, two = before.letters[0], word.letters[0]
    if one.along != two.along or max(one.size, two.size) > _ALIKE * min(one.size, two.size):
        return False
    down = (two.origin[1] - one.origin[1]) * one.along[0] - (two.origin[0] - one.origin[0]) * one.along[1]
    return 0 < down < _NEXT_LINE * two.size and math.isfinite(down)


def _to_unicode(codes: dict[str, int]) -> bytes:
    lines = [f"<{code:04x}> <{letter.encode('utf-16-be').hex()}>" for letter, code in codes.items()]
    blocks = [lines[at : at + 100] for at in range(0, len(lines), 100)]
    mapped = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Letters def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{mapped}\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()


@cache
def blank_font() -> bytes:
    """Make a TrueType font whose letters draw nothing."""
    builder = FontBuilder(_EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", "blank"])
    builder.setupCharacterMap({})
    pen = TTGlyphPen(None)  # a way up and back: readers want to know how high a letter is
    pen.moveTo((0, 0))
    pen.lineTo((_ADVANCE, _TALL))
    pen.closePath()
    builder.setupGlyf({".notdef": Glyph(), "blank": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (_ADVANCE, 0), "blank": (_ADVANCE, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupOS2()
    builder.setupPost(keepGlyphNames=False)
    builder.updateHead(created=0, modified=0)
    builder.font.recalcTimestamp = False
    out = BytesIO()
    builder.font.save(out)
    return out.getvalue()
