"""Reads the words of a PDF that the portal made, as far as it takes to see whether a word is in it.

A page names glyphs by two bytes each; a table of each font says which letters they stand for (ISO 32000-1, 9.10.3).
"""

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Final

import pikepdf

_GLYPHS: Final = re.compile(rb"beginbfchar\s(.*?)\sendbfchar", re.DOTALL)
_GLYPH: Final = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<((?:[0-9A-Fa-f]{4})+)>")

Table = Mapping[int, str]


def words_of(pdf: bytes) -> str:
    """Give what the pages say, one line for each piece of text; nothing of what is no PDF."""
    try:
        with pikepdf.open(BytesIO(pdf)) as read:
            return "\n".join(line for page in read.pages for line in _lines(page))
    except pikepdf.PdfError:
        return ""


def _lines(page: pikepdf.Page) -> Iterator[str]:
    fonts = dict(page.resources.Font.items()) if "/Font" in page.resources else {}
    tables = {name: _table(font.ToUnicode.read_bytes()) for name, font in fonts.items() if "/ToUnicode" in font}
    table: Table = {}
    line = ""
    for said in pikepdf.parse_content_stream(page):
        match str(said.operator):
            case "Tf":
                table = tables.get(str(said.operands[0]), {})
            case "Tj" | "TJ":
                one = said.operands[0]
                shown = list(one) if isinstance(one, pikepdf.Array) else [one]
                line += _read(b"".join(bytes(one) for one in shown if isinstance(one, pikepdf.String)), table)
            case "ET":
                yield line
                line = ""


def _table(stream: bytes) -> Table:
    return {
        int(glyph, 16): bytes.fromhex(letters.decode()).decode("utf-16-be", "replace")
        for part in _GLYPHS.findall(stream)
        for glyph, letters in _GLYPH.findall(part)
    }


def _read(text: bytes, table: Table) -> str:
    return "".join(table.get(int.from_bytes(text[at : at + 2]), "?") for at in range(0, len(text), 2))
