"""What a picture says of itself besides its points: EXIF, XMP, IPTC, remarks in JPEG (T.81) and JPEG 2000 (T.800)."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pikepdf

from portal.publishing.opening import filters

_MARKER: Final = 0xFF
_START_OF_SCAN: Final = 0xDA
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xDA)})
_REMARK: Final = 0xFE
_PERSONAL: Final = frozenset({0xE1, 0xED, _REMARK, *range(0xE3, 0xEC), 0xEF})  # APP2 is a colour profile, APP14 Adobe's
_PRINTED: Final = re.compile(rb"[ -~]{5,}")
_BOX_NAMES: Final = (b"xml ", b"uuid")


def image_metadata(stream: Any) -> list[str]:
    """Return what a picture in a PDF file says of itself, one text for each piece."""
    kinds = filters(stream)
    try:
        if kinds == ["/DCTDecode"]:
            return list(jpeg_metadata(stream.read_raw_bytes()))
        if kinds == ["/JPXDecode"]:
            data = stream.read_raw_bytes()
            return [_printed(data[data.find(name) :][:4000]) for name in _BOX_NAMES if name in data]
    except pikepdf.PdfError:
        pass
    return []


def jpeg_metadata(data: bytes) -> Iterator[str]:
    """Return the personal segments of a JPEG file, and what stands after its end."""
    at = 2
    while at + 4 <= len(data) and data[at] == _MARKER and data[at + 1] != _START_OF_SCAN:
        if data[at + 1] in _STANDALONE or data[at + 1] == _MARKER:
            at += 1 if data[at + 1] == _MARKER else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] in _PERSONAL:
            yield _printed(data[at + 4 : at + 2 + length])
        at += 2 + max(length, 2)
    end = data.rfind(b"\xff\xd9")
    rest = data[end + 2 :].strip(b"\0\r\n ")
    if end >= 0 and rest:
        yield _printed(rest)


def _printed(data: bytes) -> str:
    return " ".join(part.decode("ascii") for part in _PRINTED.findall(data))
