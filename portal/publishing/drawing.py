"""A page as PDFium draws it: within its crop, without annotations, forms and hidden layers; parts can be left out."""

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import raw

from portal.publishing.findings import Reason, Unpublishable

Pixels: TypeAlias = NDArray[np.uint8]

TEXT: Final = raw.FPDF_PAGEOBJ_TEXT
IMAGE: Final = raw.FPDF_PAGEOBJ_IMAGE
FORM: Final = raw.FPDF_PAGEOBJ_FORM
DPI: Final = 200
POINTS: Final = 72
MOST_PIXELS: Final = 16_000_000
_DEEPEST: Final = 12
_FINE: Final = 1_000
_MOST_OBJECTS: Final = 200_000


@dataclass(frozen=True)
class Canvas:
    """How the points of a page lie on its picture.

    `width` and `height` are those of the page as it is shown, in points; `affine` takes (x, y, 1) of the page's own
    space to pixels, y down.
    """

    width: float
    height: float
    scale: float
    affine: NDArray[np.float64]


def load_page(document: pypdfium2.PdfDocument, number: int) -> pypdfium2.PdfPage:
    """Load a page by its number from 1.

    Raises:
        Unpublishable: It can't be read.
    """
    try:
        return document[number - 1]
    except (pypdfium2.PdfiumError, IndexError) as error:
        raise Unpublishable(Reason.DAMAGED) from error


def canvas_of(page: pypdfium2.PdfPage) -> Canvas:
    """Measure a page."""
    width, height = page.get_size()
    if not (width >= 1 and height >= 1):
        raise Unpublishable(Reason.DAMAGED)
    scale = min(DPI / POINTS, (MOST_PIXELS / (width * height)) ** 0.5)
    return Canvas(width, height, scale, _affine(page, width, height, scale))


def _affine(page: pypdfium2.PdfPage, width: float, height: float, scale: float) -> NDArray[np.float64]:
    columns, rows = round(width * _FINE), round(height * _FINE)
    corners = []
    for x, y in ((0, 0), (_FINE, 0), (0, _FINE)):
        across, down = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page.raw, 0, 0, columns, rows, 0, x, y, across, down)
        corners.append((across.value, down.value))
    base = np.array(corners[0], dtype=np.float64) / _FINE
    right = (np.array(corners[1]) / _FINE - base) / _FINE
    up = (np.array(corners[2]) / _FINE - base) / _FINE
    return np.stack([right, up, base], axis=1) * scale


def draw(page: pypdfium2.PdfPage, scale: float) -> Pixels:
    """Draw a page on white, as rows of red, green and blue."""
    bitmap = page.render(scale=scale, draw_annots=False, may_draw_forms=False, rev_byteorder=True, maybe_alpha=False)
    try:
        return np.array(bitmap.to_numpy()[:, :, :3])
    finally:
        bitmap.close()


def objects_of(page: pypdfium2.PdfPage) -> dict[int, tuple[Any, int]]:
    """Return the objects of a page and of what it holds, by their address, with what they are; in drawing order.

    Raises:
        Unpublishable: There are more than can be looked at.
    """
    found: dict[int, tuple[Any, int]] = {}
    for thing in page.get_objects(max_depth=_DEEPEST, textpage=None):
        found[address(thing.raw)] = (thing.raw, thing.type)
        if len(found) > _MOST_OBJECTS:
            raise Unpublishable(Reason.TOO_LARGE)
    return found


def address(thing: Any) -> int:
    """Return what tells an object of PDFium from others."""
    return ctypes.addressof(thing.contents) if thing else 0


def switch(things: Iterable[Any], *, on: bool) -> None:
    """Let objects be drawn, or not."""
    for thing in things:
        raw.FPDFPageObj_SetIsActive(thing, on)


def draw_claims(document: pypdfium2.PdfDocument, number: int, scale: float) -> Pixels:
    """Draw all text of a page in black on white and nothing else, as if nothing covered, coloured or hid it."""
    page = load_page(document, number)
    try:
        for thing, kind in objects_of(page).values():
            if kind == TEXT:
                raw.FPDFPageObj_SetFillColor(thing, 0, 0, 0, 255)
                raw.FPDFTextObj_SetTextRenderMode(thing, raw.FPDF_TEXTRENDERMODE_FILL)
            elif kind != FORM:
                raw.FPDFPageObj_SetIsActive(thing, False)
        return draw(page, scale)
    finally:
        page.close()
