"""A stranger's PDF file, opened within limits: what can't be drawn in bounded memory is refused before.

1. At most 2,000 pages in the file, 1,000 published at once; no page side over 14,400 points (ISO 32000-1, annex C).
2. No stream unpacks to more than 256 MiB, all together to no more than 1 GiB; no picture has over 120 million points.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final

import pikepdf

from portal.publishing.findings import Reason, Unpublishable

MOST_PAGES: Final = 2_000
MOST_PUBLISHED: Final = 1_000
MOST_POINTS: Final = 120_000_000
_LONGEST_SIDE: Final = 14_400
_LARGEST: Final = 256 << 20
_ALL: Final = 1 << 30
_STEP: Final = 1 << 20
_HEADER_WITHIN: Final = 1024


@contextmanager
def opened(file: bytes) -> Iterator[pikepdf.Pdf]:
    """Open a PDF file.

    Raises:
        Unpublishable: It is none, is encrypted or damaged, or passes a limit.
    """
    if b"%PDF-" not in file[:_HEADER_WITHIN]:
        raise Unpublishable(Reason.NOT_PDF)
    try:
        with pikepdf.Pdf.open(BytesIO(file), suppress_warnings=True) as pdf:
            _check(pdf)
            yield pdf
    except pikepdf.PasswordError as error:
        raise Unpublishable(Reason.ENCRYPTED) from error
    except (pikepdf.PdfError, RecursionError, UnicodeError) as error:
        raise Unpublishable(Reason.DAMAGED) from error


def _check(pdf: pikepdf.Pdf) -> None:
    pages = len(pdf.pages)
    if not pages:
        raise Unpublishable(Reason.DAMAGED)
    if pages > MOST_PAGES:
        raise Unpublishable(Reason.TOO_MANY_PAGES)
    for page in pdf.pages:
        left, bottom, right, top = (float(side) for side in page.mediabox)
        if max(abs(right - left), abs(top - bottom)) > _LONGEST_SIDE:
            raise Unpublishable(Reason.TOO_LARGE)
    total = 0
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream):
            _check_picture(thing)
            total += _unpacked(thing)
            if total > _ALL:
                raise Unpublishable(Reason.TOO_LARGE)


def _check_picture(stream: pikepdf.Stream) -> None:
    if stream.get("/Subtype") == "/Image":
        sides = [stream.get("/Width", 0), stream.get("/Height", 0)]
        if not all(isinstance(side, int) for side in sides) or sides[0] * sides[1] > MOST_POINTS:
            raise Unpublishable(Reason.TOO_LARGE)


def filters(stream: Any) -> list[str]:
    """Return the names of a stream's filters, in the order in which they are undone."""
    named = stream.get("/Filter", [])
    return [str(named)] if isinstance(named, pikepdf.Name) else [str(name) for name in named]


def _unpacked(stream: pikepdf.Stream) -> int:
    """Return how many bytes come out, undoing nothing but Flate, and no more than one step at once."""
    data = stream.read_raw_bytes()
    for name in filters(stream):
        if name not in {"/FlateDecode", "/Fl"}:
            break
        data = _inflated(data)
    return len(data)


def _inflated(data: bytes) -> bytes:
    machine = zlib.decompressobj()
    parts, size = [], 0
    try:
        while data and not machine.eof:
            parts.append(machine.decompress(data, _STEP))
            data = machine.unconsumed_tail
            size += len(parts[-1])
            if size > _LARGEST:
                raise Unpublishable(Reason.TOO_LARGE)
    except zlib.error:  # what is damaged is drawn as far as it goes, or not at all
        pass
    return b"".join(parts)
