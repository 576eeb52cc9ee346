"""The job that names the copy that a found file comes from: a PDF, or a picture or scan of a page."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Final

import pikepdf
from pikepdf import Dictionary, Pdf, Stream
from PIL import Image, UnidentifiedImageError

from portal.domain.copies import read, written
from portal.domain.rendering import Failure, NotRendered
from portal.rendering.dot_finding import find_number
from portal.rendering.jobs import Given, Made
from portal.rendering.marks import INFO_KEY, NAMESPACE
from portal.rendering.pages import opened

FORMATS: Final = ("PNG", "JPEG", "WEBP", "TIFF")
_PDF_WITHIN: Final = 1024
_MOST_PIXELS: Final = 60_000_000
_MOST_PAGES: Final = 500  # looked into for words and operators
_DRAWN_PAGES: Final = 4  # for dots
_DRAWN_DPI: Final = 150
_MOST_DRAWN: Final = 2400  # pixels
_POINTS: Final = 72
_WRITTEN: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}")
_IN_WORDS: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(?:[-\s\u2010\u2011]{1,3}[0-9A-HJKMNP-TV-Z]{4}){3}")
_OPERATORS: Final = re.compile(rb"/Mk([0-9A-HJKMNP-TV-Z]{16})[TLD]")
_PROPERTIES: Final = re.compile(rb"/Copy \(([0-9A-Z-]{19})\)")

Image.init()  # reads the formats' own code, which is too late once files are closed

Found = tuple[str, str]  # by which mark, and the number as it is written


def trace(given: Given) -> Made:
    """Tell which copies a file comes from, and by which marks: `found`, a list of `copy`, as written, and `by`.

    Marks are `properties` (of the file), `operators` (of pages), `words` and `dots`.
    """
    marks = _of_pdf(given.file) if b"%PDF-" in given.file[:_PDF_WITHIN] else _of_picture(given.file)
    found: dict[str, list[str]] = {}
    for mark, words in marks:
        number = read(words)
        if number is not None and mark not in found.setdefault(written(number), []):
            found[written(number)].append(mark)
    return Made({"found": [{"copy": copy, "by": by} for copy, by in found.items()]})


def _of_picture(file: bytes) -> Iterator[Found]:
    try:
        with Image.open(BytesIO(file), formats=FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise NotRendered(Failure.TOO_LARGE)
            picture.draft("L", (_MOST_DRAWN, _MOST_DRAWN))
            yield from _dots(picture)
    except UnidentifiedImageError:
        raise NotRendered(Failure.NOT_SUPPORTED) from None
    except (OSError, SyntaxError, ValueError):
        raise NotRendered(Failure.DAMAGED) from None


def _dots(picture: Image.Image) -> Iterator[Found]:
    number = find_number(picture)
    if number is not None:
        yield "dots", written(number)


def _of_pdf(file: bytes) -> Iterator[Found]:
    try:
        with pikepdf.open(BytesIO(file)) as pdf:
            yield from _properties(pdf)
            yield from _operators(pdf)
    except pikepdf.PasswordError:
        raise NotRendered(Failure.ENCRYPTED) from None
    except pikepdf.PdfError:
        pass  # the other reader may take it
    with opened(file) as document:
        for number in range(min(len(document), _MOST_PAGES)):
            words = document[number].get_textpage().get_text_bounded()
            yield from (("words", re.sub("\\s", "", found)) for found in _IN_WORDS.findall(words))
        for number in range(min(len(document), _DRAWN_PAGES)):
            page = document[number]
            scale = min(_DRAWN_DPI / _POINTS, _MOST_DRAWN / max(page.get_size()))
            found = list(_dots(page.render(scale=scale, grayscale=True).to_pil()))
            yield from found
            if found:
                return


def _properties(pdf: Pdf) -> Iterator[Found]:
    about = pdf.trailer.get("/Info")
    if isinstance(about, Dictionary) and INFO_KEY in about:
        yield "properties", str(about[INFO_KEY])
    packet = pdf.Root.get("/Metadata")
    if isinstance(packet, Stream) and NAMESPACE.encode() in (told := packet.read_bytes()):
        yield from (("properties", words) for words in _WRITTEN.findall(told.decode("utf-8", "replace")))


def _operators(pdf: Pdf) -> Iterator[Found]:
    for page in list(pdf.pages)[:_MOST_PAGES]:
        try:
            page.contents_coalesce()
            content = page.obj.Contents.read_bytes()
        except (AttributeError, pikepdf.PdfError):
            continue
        for pattern in (_OPERATORS, _PROPERTIES):
            for words in set(pattern.findall(content)):
                yield "operators", words.decode("ascii")
