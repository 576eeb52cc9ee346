"""Whether a file is nothing but what `writing.py` writes: each object by its keys, each string, each operator.

What hides in no place that the scanner knows would still be an object, a key, a string or an operator that isn't here.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import pikepdf

from portal.publishing.metadata import jpeg_metadata
from portal.publishing.opening import filters
from portal.publishing.revisions import keys_of, parts_of
from portal.publishing.writing import blank_font

_SHAPES: Final = tuple(
    (name, frozenset(keys.split()))
    for name, keys in (
        ("/Catalog", "/Type /Pages /Lang /MarkInfo /StructTreeRoot /ViewerPreferences"),
        ("/Pages", "/Type /Kids /Count"),
        ("/Page", "/Type /Parent /MediaBox /Contents /Resources /StructParents /Tabs"),
        ("/Font", "/Type /Subtype /BaseFont /Encoding /DescendantFonts /ToUnicode"),
        ("/Font", "/Type /Subtype /BaseFont /FontDescriptor /CIDSystemInfo /DW /CIDToGIDMap"),
        (
            "/FontDescriptor",
            "/Type /FontName /Flags /FontBBox /ItalicAngle /Ascent /Descent /CapHeight /StemV /FontFile2",
        ),
        ("/StructTreeRoot", "/Type /K /ParentTree"),
        ("/StructElem", "/Type /S /P /K"),
        ("/StructElem", "/Type /S /P /Pg /K"),
        (
            "/XObject",
            "/Type /Subtype /Width /Height /ColorSpace /BitsPerComponent /Filter /DecodeParms /Length",
        ),
        ("", "/Filter /Length /Length1"),
        ("", "/Marked"),
        ("", "/DisplayDocTitle"),
        ("", "/Font /XObject"),
        ("", "/F"),
        ("", "/Registry /Ordering /Supplement"),
        ("", "/K /Columns /Rows /BlackIs1"),
        ("", "/Nums"),
        ("", "/Title"),
    )
)
_PICTURE_NAME: Final = re.compile(r"/P\d+")
_NAMES: Final = frozenset(
    {"/Blank", "/Identity-H", "/Type0", "/CIDFontType2", "/Image", "/DeviceGray", "/DeviceRGB", "/Indexed"}
    | {"/CCITTFaxDecode", "/DCTDecode", "/FlateDecode", "/Document", "/P", "/S"}
)
_OPERATORS: Final = frozenset({"BMC", "BDC", "EMC", "q", "Q", "cm", "Do", "BT", "ET", "Tr", "Tf", "Tz", "Tm", "Tj"})
_STRINGS: Final = frozenset({"Adobe", "Identity"})
_FILTERS: Final = (["/FlateDecode"], ["/DCTDecode"], ["/CCITTFaxDecode"])


def foreign_parts(pdf: pikepdf.Pdf, title: str, language: str) -> list[str]:
    """Return what a file holds that no public file does, named by its place."""
    known = _STRINGS | {title, language}
    found = []
    for thing in pdf.objects:
        for part in _all(thing):
            found += [f"{part!r}"[:60]] * (not _is_plain(part, known))
    for page in pdf.pages:
        found += _foreign_code(page)
    found += [str(key) for key in keys_of(pdf.trailer) if key not in {"/Size", "/Root", "/Info"}]
    return found


def _all(thing: Any) -> Iterator[Any]:
    yield thing
    for part in parts_of(thing):
        if not (isinstance(part, pikepdf.Object) and part.is_indirect):
            yield from _all(part)


def _is_plain(thing: Any, strings: frozenset[str]) -> bool:
    if isinstance(thing, pikepdf.String):
        return str(thing) in strings or _is_palette(thing)
    if isinstance(thing, pikepdf.Name):
        return str(thing) in _NAMES or any(str(thing) == name for name, _ in _SHAPES)
    if isinstance(thing, pikepdf.Stream):
        return _is_shape(thing) and filters(thing) in _FILTERS and _is_plain_stream(thing)
    if isinstance(thing, pikepdf.Dictionary):
        return _is_shape(thing)
    return True


def _is_palette(thing: pikepdf.String) -> bool:
    return len(bytes(thing)) == 48  # noqa: PLR2004 - 16 colours


def _is_shape(thing: Any) -> bool:
    keys = {str(key) for key in keys_of(thing)}
    if keys and all(_PICTURE_NAME.fullmatch(key) for key in keys):
        return True
    kind = str(thing.get("/Type", ""))
    return any(kind == name and keys <= allowed for name, allowed in _SHAPES)


def _is_plain_stream(stream: Any) -> bool:
    if "/Length1" in stream:
        return bool(stream.read_bytes() == blank_font())
    return filters(stream) != ["/DCTDecode"] or not list(jpeg_metadata(stream.read_raw_bytes()))


def _foreign_code(page: pikepdf.Page) -> list[str]:
    """Return the instructions that no public page has, and pictures that it doesn't draw once each."""
    drawn, found = [], []
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator not in _OPERATORS or not all(_is_operand(one, operator) for one in instruction.operands):
            found.append(operator)
        if operator == "Do":
            drawn += [str(one) for one in instruction.operands]
    pictures = page.obj.get("/Resources", pikepdf.Dictionary()).get("/XObject", pikepdf.Dictionary())
    return found + sorted({*drawn} ^ {str(name) for name in keys_of(pictures)})


def _is_operand(operand: Any, operator: str) -> bool:
    if isinstance(operand, pikepdf.String):
        return operator == "Tj"
    if isinstance(operand, pikepdf.Dictionary):
        return [str(key) for key in keys_of(operand)] == ["/MCID"] and isinstance(operand.get("/MCID"), int)
    if isinstance(operand, pikepdf.Name):
        return str(operand) in {"/P", "/F", "/Artifact"} or bool(_PICTURE_NAME.fullmatch(str(operand)))
    return isinstance(operand, int | Decimal)
