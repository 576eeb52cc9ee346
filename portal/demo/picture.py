"""A picture that looks like a scanned letter: grey lines on paper and a round seal, as PNG (RFC 2083)."""

import struct
import zlib

_WIDTH, _HEIGHT = 420, 594
_PAPER, _INK, _SEAL = 250, 90, 150
_MARGIN, _STROKE, _GAP = 50, 5, 6
_SEAL_X, _SEAL_Y, _SEAL_RADIUS = 320, 490, 46


def png(title: str, lines: int) -> bytes:
    """Return a picture with that many lines of unreadable writing; the title stands in its text chunk."""
    rows = bytearray()
    for y in range(_HEIGHT):
        rows.append(0)  # this row isn't filtered
        rows += bytes(_shade(x, y, lines) for x in range(_WIDTH))
    text = b"Title\x00\x00\x00\x00\x00" + title.encode()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, body)
        for kind, body in (
            (b"IHDR", struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 0, 0, 0, 0)),
            (b"iTXt", text),
            (b"IDAT", zlib.compress(bytes(rows), 9)),
            (b"IEND", b""),
        )
    )


def _shade(x: int, y: int, lines: int) -> int:
    from_seal = ((x - _SEAL_X) ** 2 + (y - _SEAL_Y) ** 2) ** 0.5
    if _SEAL_RADIUS - 4 < from_seal < _SEAL_RADIUS or from_seal < _SEAL_RADIUS // 3:
        return _SEAL
    line, within = divmod(y - 90, 18)
    length = 300 - (line * 37 % 110)
    written = 0 <= line < lines and within < _STROKE and _MARGIN <= x < _MARGIN + length
    # words: runs of ink with gaps at places that look like chance and are the same every time
    gap = zlib.crc32(b"%d/%d" % (line, x // _GAP)) % 5 == 0
    if written and not gap:
        return _INK
    return _PAPER


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
