"""Reads the words of a PDF that the portal made, as far as it takes to see whether a word is in it.

1. A page names glyphs by two bytes each; a table of each font says which letters they stand for (ISO 32000-1, 9.10.3).
2. Every page is read by every table: by that of another font it gives other letters, and no word that was planted.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

_STREAM: Final = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_GLYPHS: Final = re.compile(rb"beginbfchar\s(.*?)\sendbfchar", re.DOTALL)
_GLYPH: Final = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<((?:[0-9A-Fa-f]{4})+)>")
_SHOWN: Final = re.compile(rb"\[((?:\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f]*>|[^\[\]()<>])*)\]\s*TJ", re.DOTALL)
_STRING: Final = re.compile(rb"\(((?:[^()\\]|\\.)*)\)|<([0-9A-Fa-f]*)>", re.DOTALL)
_ESCAPED: Final = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def words_of(pdf: bytes) -> str:
    """Give what the pages say, by each table; what comes of a wrong one is there, too."""
    streams = [unpacked for found in _STREAM.finditer(pdf) if (unpacked := _unpacked(found[1]))]
    tables = [table for stream in streams if (table := _table(stream))]
    shown = [glyphs for stream in streams if b"TJ" in stream for glyphs in _glyphs(stream)]
    return "\n".join("".join(table.get(glyph, "?") for glyph in glyphs) for table in tables for glyphs in shown)


def _unpacked(stream: bytes) -> bytes:
    try:
        # without asking for the checksum: its last byte may look like the end of the line that follows it
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return b""


def _table(stream: bytes) -> Mapping[int, str]:
    return {
        int(glyph, 16): bytes.fromhex(letters.decode()).decode("utf-16-be", "replace")
        for part in _GLYPHS.findall(stream)
        for glyph, letters in _GLYPH.findall(part)
    }


def _glyphs(page: bytes) -> Iterator[list[int]]:
    for shown in _SHOWN.findall(page):
        text = b"".join(
            bytes.fromhex(coded.decode()) if coded else _plain(plain) for plain, coded in _STRING.findall(shown)
        )
        yield [int.from_bytes(text[at : at + 2]) for at in range(0, len(text), 2)]


def _plain(text: bytes) -> bytes:
    def meant(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8) & 0xFF]) if code.isdigit() else _NAMED.get(code, code)

    return _ESCAPED.sub(meant, text)
