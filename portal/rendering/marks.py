"""The job that marks a copy of a PDF on every page, in ways of which no single deletion takes all (MARKS.md).

What a marked copy keeps: pages, words, pictures, links, bookmarks, tags, layers, what was filled into forms. What it
loses: JavaScript and every action but going to a place or an address, attachments, sound, film and 3D, XFA forms,
digital signatures (a mark changes what was signed), restrictions by an owner's password, private data of programs, and
the document's XMP, which is written anew.
"""

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, Stream, String

from portal.domain.copies import written
from portal.domain.rendering import Failure, NotRendered
from portal.rendering import dots
from portal.rendering.disarming import disarm
from portal.rendering.jobs import Given, Made
from portal.rendering.placing import LINE_OPACITY, TILE_OPACITY, line_places, tile_places

MOST_PAGES: Final = 5_000
DOT: Final = 0.35  # points
DOT_GREY: Final = 0.3  # dark and small rather than light and large: printers make light grey of far dots
NAME: Final = "Mk"  # begins the names of what draws a mark; the number follows
NAMESPACE: Final = "urn:review-portal:copy"
INFO_KEY: Final = "/ReviewPortalCopy"
_DEEP: Final = 50
_MOST_SAVES: Final = 1000
_A4: Final = (0.0, 0.0, 595.0, 842.0)
_SAVES_AND_RESTORES: Final = re.compile(rb"(?<![^\s\]>)])([qQ])(?![^\s\[<(/%])")
_FAST: Final = 1

Box = tuple[float, float, float, float]
Size = tuple[float, float]


def mark(given: Given) -> Made:
    """Mark a copy.

    The parameters are `number`, the copy's, and `dots`: whether the invisible mark is made. The further piece is the
    visible mark (portal/papers/mark.py).
    """
    try:
        with pikepdf.open(BytesIO(given.file)) as pdf, pikepdf.open(BytesIO(given.pieces[1])) as drawn:
            if len(pdf.pages) > given.parameters.get("most_pages", MOST_PAGES):
                raise NotRendered(Failure.TOO_LONG)
            disarm(pdf)
            _Marking(pdf, drawn, given.parameters["number"], with_dots=given.parameters["dots"]).mark_pages()
            _name_copy(pdf, given.parameters["number"])
            content = BytesIO()
            # neither random bytes nor a library for XML is read from a file: files are closed
            pdf.save(content, deterministic_id=True, fix_metadata_version=False, encryption=False)
            return Made({"pages": len(pdf.pages)}, content.getvalue())
    except pikepdf.PasswordError:
        raise NotRendered(Failure.ENCRYPTED) from None
    except pikepdf.PdfError:
        raise NotRendered(Failure.DAMAGED) from None


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The mark for pages of one size: what draws it, by name."""

    forms: Mapping[str, Object]


class _Marking:
    """One mark, on its way onto all pages."""

    def __init__(self, pdf: Pdf, drawn: Pdf, number: int, *, with_dots: bool) -> None:
        self._pdf = pdf
        self._words = written(number)
        self._name = NAME + self._words.replace("-", "")
        self._tile, self._line = (pdf.copy_foreign(page.as_form_xobject()) for page in drawn.pages)
        self._dots = _dot_form(pdf, number) if with_dots else None
        self._looks = {
            f"/{self._name}{key}": pdf.make_indirect(Dictionary(Type=Name.ExtGState, ca=opacity))
            for key, opacity in (("A", TILE_OPACITY), ("B", LINE_OPACITY))
        }
        self._sheets: dict[Size, _Sheet] = {}
        self._operators: dict[tuple[Box, int], bytes] = {}

    def mark_pages(self) -> None:
        """Weave the mark into the content of each page."""
        for page in self._pdf.pages:
            box, turn = _box(page), _turn(page.obj)
            width, height = box[2] - box[0], box[3] - box[1]
            sheet = self._sheet((height, width) if turn % 180 else (width, height))
            self._add_resources(page, sheet)
            if (box, turn) not in self._operators:
                self._operators[box, turn] = self._draw(sheet, _upright(box, turn))
            page.obj.Contents = self._woven(_parts(page), self._operators[box, turn])

    def _woven(self, parts: list[Object], operators: bytes) -> Object:
        """Make one content of a page's own parts and the mark; where a part can't be unpacked, leave it as it is."""
        try:
            content = b"\n".join(part.read_bytes() for part in parts)
        except pikepdf.DataDecodingError as error:
            if "bad_alloc" in str(error):
                raise NotRendered(Failure.TOO_LARGE) from None
            return Array([self._stream(b"q\n"), *parts, self._stream(b"\nQ\n" + operators)])
        first, last = _balance(content)
        return self._stream(b"".join((b"q\n" * (first + 1), content, b"\n", b"Q\n" * (last + 1), operators)))

    def _stream(self, content: bytes) -> Object:
        stream = Stream(self._pdf, b"")
        stream.write(zlib.compress(content, _FAST), filter=Name.FlateDecode)
        return self._pdf.make_indirect(stream)

    def _add_resources(self, page: Page, sheet: _Sheet) -> None:
        resources = _inherited(page.obj, "/Resources")
        if not isinstance(resources, Dictionary):
            resources = Dictionary()
        page.obj.Resources = resources
        for kind, named in (("/XObject", sheet.forms), ("/ExtGState", self._looks)):
            part = resources.get(kind)
            if not isinstance(part, Dictionary):
                part = resources[kind] = Dictionary()
            for name, thing in named.items():
                part[name] = thing

    def _sheet(self, size: Size) -> _Sheet:
        """Make what draws the mark on a page of this size, once: tiles, lines, dots."""
        if size not in self._sheets:
            at = len(self._sheets)
            tiles = [place.matrix for place in tile_places(size, _size(self._tile))]
            lines = [place.matrix for place in line_places(size, _size(self._line))]
            forms = {
                f"/{self._name}T{at}": self._repeated(size, self._tile, tiles),
                f"/{self._name}L{at}": self._repeated(size, self._line, lines),
            }
            if self._dots is not None:
                spread = [dots.turned(corner) for corner in dots.tiles(size)]
                forms[f"/{self._name}D{at}"] = self._repeated(size, self._dots, spread)
            self._sheets[size] = _Sheet(forms)
        return self._sheets[size]

    def _repeated(self, size: Size, form: Object, matrices: Iterable[tuple[float, ...]]) -> Object:
        drawing = " ".join(f"q {_matrix(matrix)} cm /P Do Q" for matrix in matrices)
        return _form(self._pdf, drawing, size, Dictionary(XObject=Dictionary(P=form)))

    def _draw(self, sheet: _Sheet, upright: tuple[float, ...]) -> bytes:
        tiles, lines, *spread = sheet.forms
        first = " ".join(f"{name} Do" for name in spread)  # before the looks: dots are small, but not pale
        beginning = f"/Artifact <</Type /Pagination /Copy ({self._words})"
        return (
            f"{beginning} /ActualText ()>> BDC q {_matrix(upright)} cm {first} /{self._name}A gs {tiles} Do Q EMC\n"
            f"{beginning}>> BDC q {_matrix(upright)} cm /{self._name}B gs {lines} Do Q EMC"
        ).encode()


def _matrix(matrix: tuple[float, ...]) -> str:
    return " ".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in matrix)


def _dot_form(pdf: Pdf, number: int) -> Object:
    squares = " ".join(f"{x - DOT / 2:.2f} {y - DOT / 2:.2f} {DOT} {DOT} re" for x, y in dots.dots(number))
    return _form(pdf, f"{DOT_GREY} g {squares} f", (dots.TILE, dots.TILE), Dictionary())


def _form(pdf: Pdf, drawing: str, size: Size, resources: Dictionary) -> Object:
    form = Stream(pdf, drawing.encode())
    form.Type, form.Subtype = Name.XObject, Name.Form
    form.BBox = Array([0, 0, *size])
    form.Resources = resources
    return pdf.make_indirect(form)


def _size(form: Object) -> Size:
    return float(form.BBox[2]), float(form.BBox[3])


def _box(page: Page) -> Box:
    """Give the part of a page that is seen, in its own coordinates; A4 where a page has none that can be."""
    try:
        media, crop = ([float(side) for side in box] for box in (page.mediabox, page.cropbox))
    except (AttributeError, TypeError, ValueError):
        return _A4
    boxes = [(min(box[0::2]), min(box[1::2]), max(box[0::2]), max(box[1::2])) for box in (media, crop)]
    left, low = (max(box[axis] for box in boxes) for axis in (0, 1))
    right, high = (min(box[axis] for box in boxes) for axis in (2, 3))
    if right - left < 1 or high - low < 1:
        left, low, right, high = boxes[0]
    return (left, low, right, high) if right - left >= 1 and high - low >= 1 else _A4


def _upright(box: Box, turn: int) -> tuple[float, ...]:
    """Lead from the page as it is seen, from its lower left corner, to its own coordinates."""
    left, low, right, high = box
    return {
        0: (1, 0, 0, 1, left, low),
        90: (0, 1, -1, 0, right, low),
        180: (-1, 0, 0, -1, right, high),
        270: (0, -1, 1, 0, left, high),
    }[turn]


def _turn(page: Object) -> int:
    turn = _inherited(page, "/Rotate")
    return int(turn) % 360 // 90 * 90 if isinstance(turn, int | Decimal) else 0


def _inherited(page: Object, key: str) -> Any:
    """Give what a page says, or what those say that it is a leaf of."""
    node = page
    for _ in range(_DEEP):
        if key in node or not isinstance(node.get("/Parent"), Dictionary):
            break
        node = node.Parent
    return node.get(key)


def _parts(page: Page) -> list[Object]:
    found = page.obj.get("/Contents")
    return [part for part in (found if isinstance(found, Array) else [found]) if isinstance(part, Stream)]


def _balance(content: bytes) -> tuple[int, int]:
    """Count what is missing before and after, so that what was saved of the looks of a page is restored."""
    if content.count(b"q") == content.count(b"Q"):
        return 0, 0
    words = content.split()
    if words.count(b"q") == words.count(b"Q"):
        return 0, 0
    depth = lowest = 0
    for found in _SAVES_AND_RESTORES.findall(content):
        depth += 1 if found == b"q" else -1
        lowest = min(lowest, depth)
    return min(-lowest, _MOST_SAVES), min(depth - lowest, _MOST_SAVES)


def _name_copy(pdf: Pdf, number: int) -> None:
    words = written(number)
    if not isinstance(pdf.trailer.get("/Info"), Dictionary):
        pdf.trailer.Info = pdf.make_indirect(Dictionary())
    pdf.trailer.Info[INFO_KEY] = String(words)
    packet = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        f' xmlns:c="{NAMESPACE}" c:copy="{words}"/></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )
    stream = Stream(pdf, packet.encode())
    stream.Type, stream.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = pdf.make_indirect(stream)
