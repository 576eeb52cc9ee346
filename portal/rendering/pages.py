"""The job that shows a PDF: one page as an image with the reader's mark burnt in, and the page's words.

PDFium draws what is on the page and its annotations. It runs no JavaScript (it is built without), fills in no form and
fetches nothing. The image is WebP: letters in few steps of grey without loss, or with loss where that is shorter.
"""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from portal.domain.rendering import Failure, NotRendered
from portal.rendering.jobs import Given, Made
from portal.rendering.placing import LINE_OPACITY, TILE_OPACITY, Place, line_places, tile_places

LEAST_DPI: Final = 36
MOST_DPI: Final = 200
_MOST_PIXELS: Final = 6_000_000
_LONGEST_SIDE: Final = 8000  # pixels: WebP takes twice as many
_MOST_CHARACTERS: Final = 200_000
_POINTS: Final = 72
_QUALITY: Final = 40
_EFFORT: Final = 2  # of 6: higher ones take three times as long for a tenth of the bytes
_STEPS: Final = 7
_GREYS: Final = [round(round(grey * _STEPS / 255) * 255 / _STEPS) for grey in range(256)]
_HALF: Final = 128
_KEPT: Final = frozenset("\n\t\u200c\u200d\u200e\u200f")
_PASSWORDS: Final = frozenset({pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY})

Image.init()  # reads the formats' own code, which is too late once files are closed


def page(given: Given) -> Made:
    """Draw one page.

    The parameters are `number` (from 1), `dpi`, and `text`: whether its words are told too. The further piece, if
    there is one, is the mark (portal/papers/mark.py), which is burnt in.
    """
    wanted = given.parameters
    with opened(given.file) as document:
        if not 1 <= wanted["number"] <= len(document):
            raise NotRendered(Failure.DAMAGED)
        pdfium.FPDFPage_Flatten(document[wanted["number"] - 1], pdfium.FLAT_NORMALDISPLAY)  # what was filled into forms
        shown = document[wanted["number"] - 1]
        scale = _scale(shown.get_size(), wanted["dpi"])
        image = shown.render(scale=scale, grayscale=True).to_pil()
        facts: dict[str, Any] = {"pages": len(document), "width": image.width, "height": image.height}
        if wanted["text"]:
            facts["text"] = _words(shown)
    for mark in given.pieces[1:]:
        image = _burnt(image, mark, scale)
    return Made(facts, _written(image))


@contextmanager
def opened(file: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """Open a PDF.

    Raises:
        NotRendered: It is damaged, or opens with a password.
    """
    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in _PASSWORDS
        raise NotRendered(Failure.ENCRYPTED if locked else Failure.DAMAGED) from None
    try:
        yield document
    except pypdfium2.PdfiumError:
        raise NotRendered(Failure.DAMAGED) from None
    finally:
        document.close()


def _written(image: Image.Image) -> bytes:
    with_loss = BytesIO()
    image.save(with_loss, "WEBP", quality=_QUALITY, method=_EFFORT)
    without_loss = BytesIO()
    image.point(_GREYS).convert("RGB").save(without_loss, "WEBP", lossless=True, quality=50, method=_EFFORT)
    return min(without_loss.getvalue(), with_loss.getvalue(), key=len)


def _scale(size: tuple[float, float], dpi: int) -> float:
    """Give pixels for a point, fewer where the page is so large that there would be too many."""
    scale = min(max(dpi, LEAST_DPI), MOST_DPI) / _POINTS
    pixels = size[0] * size[1] * scale * scale
    return min(scale * min(1.0, math.sqrt(_MOST_PIXELS / max(pixels, 1.0))), _LONGEST_SIDE / max(size))


def _words(shown: pypdfium2.PdfPage) -> str:
    text = shown.get_textpage().get_text_bounded()[:_MOST_CHARACTERS].replace("\r\n", "\n")
    return "".join(char for char in text if char.isprintable() or char in _KEPT)


def _burnt(image: Image.Image, mark: bytes, scale: float) -> Image.Image:
    """Draw the mark's two pieces over an image."""
    page_size = (image.width / scale, image.height / scale)
    over = Image.new("RGBA", image.size, (0, 0, 0, 0))
    with opened(mark) as document:
        tile, line = document[0], document[1]
        _draw(over, tile, TILE_OPACITY, tile_places(page_size, tile.get_size()), scale)
        _draw(over, line, LINE_OPACITY, line_places(page_size, line.get_size()), scale)
    drawn = image.convert("RGBA")
    drawn.alpha_composite(over)
    return drawn.convert(image.mode)


def _draw(over: Image.Image, piece: pypdfium2.PdfPage, opacity: float, places: Iterable[Place], scale: float) -> None:
    """Draw a piece at its places; all have one size and angle."""
    drawn: Image.Image | None = None
    width, height = piece.get_size()
    for place in places:
        if drawn is None:
            factor = min(scale * place.scale, _most(width, height))
            drawn = piece.render(scale=factor, fill_color=(0, 0, 0, 0)).to_pil().convert("RGBA")
            drawn = drawn.rotate(math.degrees(place.angle), Image.Resampling.BILINEAR, expand=True)
            drawn.putalpha(drawn.getchannel("A").point(_cover(opacity, soft=not place.angle)))
        cos, sin = math.cos(place.angle), math.sin(place.angle)
        half = width * place.scale / 2, height * place.scale / 2
        x, y = place.x + half[0] * cos - half[1] * sin, place.y + half[0] * sin + half[1] * cos
        left, top = round(x * scale - drawn.width / 2), round(over.height - y * scale - drawn.height / 2)
        box = max(left, 0), max(top, 0), min(left + drawn.width, over.width), min(top + drawn.height, over.height)
        if box[0] < box[2] and box[1] < box[3]:
            seen = drawn.crop((box[0] - left, box[1] - top, box[2] - left, box[3] - top))
            over.alpha_composite(seen, box[:2])


def _cover(opacity: float, *, soft: bool) -> list[int]:
    """Give how a piece covers the page; soft edges of the slanted ones would double the bytes of an image."""
    return [round(opacity * (step if soft else 255 * (step >= _HALF))) for step in range(256)]


def _most(width: float, height: float) -> float:
    return math.sqrt(_MOST_PIXELS / max(width * height, 1.0))
