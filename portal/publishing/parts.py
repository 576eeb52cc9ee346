"""What the objects of a PDF file say that no page shows (ISO 32000-1): their kinds and their words."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pikepdf

from portal.publishing.collecting import Collector
from portal.publishing.findings import Kind
from portal.publishing.metadata import image_metadata
from portal.publishing.revisions import keys_of, parts_of, remarks_of

_DEEPEST: Final = 200
_MOST_ITEMS: Final = 20_000
_SCRIPTS: Final = frozenset({"/JavaScript", "/Rendition"})
_FOLLOWED: Final = frozenset({"/URI", "/GoTo", "/GoToR", "/GoToE", "/Thread"})
_ACTIONS: Final = frozenset(
    {"/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/Named", "/Hide", "/Movie", "/Sound", "/SetOCGState"}
    | {"/Trans", "/GoTo3DView", "/RichMediaExecute"}
)
_CATALOG_KEYS: Final = frozenset(
    {"/Type", "/Version", "/Extensions", "/Pages", "/PageLabels", "/Names", "/Dests", "/ViewerPreferences"}
    | {"/PageLayout", "/PageMode", "/Outlines", "/OpenAction", "/AA", "/URI", "/AcroForm", "/Metadata", "/Perms"}
    | {"/StructTreeRoot", "/MarkInfo", "/Lang", "/OutputIntents", "/OCProperties", "/DSS", "/Legal", "/AF"}
    | {"/NeedsRendering"}
)
_PAGE_KEYS: Final = frozenset(
    {"/Type", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Contents"}
    | {"/Rotate", "/Group", "/Thumb", "/Annots", "/AA", "/Metadata", "/StructParents", "/Tabs", "/UserUnit", "/AF"}
    | {"/OutputIntents"}
)
_SPOKEN: Final = ("/ActualText", "/Alt", "/E")
_SPOKEN_IN_CODE: Final = re.compile(
    rb"/(?:ActualText|Alt|E)\s*(?:\(((?:\\.|[^()\\])*)\)|<([0-9A-Fa-f\s]*)>)", re.DOTALL
)
_SIGNED: Final = frozenset({"/Sig", "/DocTimeStamp"})


def find_parts(pdf: pikepdf.Pdf, found: Collector, title: str | None = None) -> None:
    """Find what the objects of a file hold besides what its pages show and, if one is given, its title."""
    _find_properties(pdf, found, title)
    _find_in_catalog(pdf, found)
    for thing in pdf.objects:
        for part in within(thing):
            if not isinstance(part, pikepdf.Array):
                _find_in(part, found)
    for number, page in enumerate(pdf.pages, start=1):
        _find_on_page(page.obj, number, found)


def within(thing: Any, depth: int = 0) -> Iterator[Any]:
    """Return an object and what it holds directly; what it only names has a number of its own."""
    if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream | pikepdf.Array):
        yield thing
        if depth < _DEEPEST:
            for part in parts_of(thing):
                if not (isinstance(part, pikepdf.Object) and part.is_indirect):
                    yield from within(part, depth + 1)


def _find_in(thing: Any, found: Collector) -> None:
    for key, kind in _BY_KEY.items():
        if key in thing:
            found.add(kind, *_strings(thing.get(key)))
    _find_action(thing, found)
    _find_spoken(thing, found)
    _find_signature(thing, found)
    _find_metadata(thing, found)
    if str(thing.get("/Type", "")) == "/OCG":
        found.add(Kind.LAYERS, *_strings(thing.get("/Name")))


def _find_metadata(thing: Any, found: Collector) -> None:
    is_image = str(thing.get("/Subtype", "")) == "/Image"
    if "/Metadata" in thing:
        found.add(Kind.IMAGE_METADATA if is_image else Kind.PROPERTIES, *_strings(thing.get("/Metadata")))
    if is_image:
        for words in image_metadata(thing):
            found.add(Kind.IMAGE_METADATA, words)


def _find_spoken(thing: Any, found: Collector) -> None:
    for key in (*_SPOKEN, "/T") if "/K" in thing else _SPOKEN:
        if isinstance(thing.get(key), pikepdf.String):
            found.add(Kind.ALTERNATE_TEXT, str(thing.get(key)))


def _find_signature(thing: Any, found: Collector) -> None:
    if str(thing.get("/Type", "")) in _SIGNED or "/ByteRange" in thing:
        said = (str(thing.get(key)) for key in ("/Name", "/Reason", "/Location") if key in thing)
        found.add(Kind.SIGNATURES, *said)


def _find_action(thing: Any, found: Collector) -> None:
    kind = str(thing.get("/S", "")) if isinstance(thing.get("/S"), pikepdf.Name) else ""
    if kind in _SCRIPTS or "/JS" in thing:
        found.add(Kind.SCRIPTS, *_strings(thing.get("/JS")))
    elif kind in _ACTIONS:
        found.add(Kind.ACTIONS, *_strings(thing.get("/F")))
    elif kind in _FOLLOWED and ("/URI" in thing or "/F" in thing):
        found.add(Kind.LINKS, *_strings(thing.get("/URI")), *_strings(thing.get("/F")))


def _find_in_catalog(pdf: pikepdf.Pdf, found: Collector) -> None:
    root = pdf.Root
    for key in keys_of(root):
        if key not in _CATALOG_KEYS:
            found.add(Kind.PRIVATE_DATA, f"{key} {' '.join(_strings(root.get(key)))}")
    for title in _bookmarks(root.get("/Outlines")):
        found.add(Kind.BOOKMARKS, title)
    if "/OpenAction" in root and not isinstance(root.get("/OpenAction"), pikepdf.Array):
        found.add(Kind.ACTIONS)
    names = root.get("/Names")
    if isinstance(names, pikepdf.Dictionary):
        for key in keys_of(names):
            kind = _NAME_TREES.get(key, Kind.PRIVATE_DATA)
            found.add(kind, *_strings(names.get(key)), count=max(len(_names(names.get(key))), 1))
    if "/Dests" in root:
        found.add(Kind.DESTINATIONS, *(str(key)[1:] for key in keys_of(root.Dests)))


def _find_properties(pdf: pikepdf.Pdf, found: Collector, title: str | None) -> None:
    info = pdf.trailer.get("/Info")
    entries = dict(info.items()) if isinstance(info, pikepdf.Dictionary) else {}
    if title is not None and str(entries.get("/Title", "")) == title:
        del entries["/Title"]
    if entries:
        found.add(Kind.PROPERTIES, *map(str, entries.values()), count=len(entries))


def _find_on_page(page: Any, number: int, found: Collector) -> None:
    for key in keys_of(page):
        if key not in _PAGE_KEYS:
            found.add(Kind.PRIVATE_DATA, f"{key} {' '.join(_strings(page.get(key)))}", page=number)
    annotations = page.get("/Annots")
    for annotation in parts_of(annotations) if isinstance(annotations, pikepdf.Array) else []:
        if isinstance(annotation, pikepdf.Dictionary):
            _find_annotation(annotation, number, found)
    for code in _codes(page):
        for words in spoken_in(code):
            found.add(Kind.ALTERNATE_TEXT, words, page=number)
        for remark in remarks_of(code):
            found.add(Kind.CODE_COMMENTS, remark, page=number)


def _find_annotation(annotation: Any, number: int, found: Collector) -> None:
    subtype = str(annotation.get("/Subtype", ""))
    words = _strings(annotation, depth=2)
    if subtype == "/Link":
        found.add(Kind.LINKS, *words, page=number)
    elif subtype == "/Widget":
        found.add(Kind.FORMS, *words, page=number)
    else:
        found.add(Kind.COMMENTS, *words, page=number)
    appearance = annotation.get("/AP")
    if isinstance(appearance, pikepdf.Dictionary):
        found.add(Kind.COMMENTS if subtype != "/Widget" else Kind.FORMS, count=0, page=number)


def _codes(page: Any) -> Iterator[bytes]:
    contents = page.get("/Contents")
    streams = parts_of(contents) if isinstance(contents, pikepdf.Array) else [contents]
    resources = page.get("/Resources")
    forms = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    if isinstance(forms, pikepdf.Dictionary):
        streams += [form for form in parts_of(forms) if str(getattr(form, "Subtype", "")) == "/Form"]
    for stream in streams:
        if isinstance(stream, pikepdf.Stream):
            try:
                yield stream.read_bytes()
            except pikepdf.PdfError:
                continue


def spoken_in(code: bytes) -> Iterator[str]:
    """Return what the code of a page has read out in place of what it draws."""
    return (_said(first, second) for first, second in _SPOKEN_IN_CODE.findall(code))


def _said(literal: bytes, hexadecimal: bytes) -> str:
    try:
        data = bytes.fromhex("".join(hexadecimal.decode().split())) if hexadecimal else literal
    except ValueError:
        data = b""
    return data.decode("utf-16-be" if data.startswith(b"\xfe\xff") else "latin-1", "replace")


def _bookmarks(root: Any) -> Iterator[str]:
    waiting: list[Any] = [root]
    seen: set[object] = set()
    while waiting and len(seen) < _MOST_ITEMS:
        item = waiting.pop()
        if not isinstance(item, pikepdf.Dictionary) or (item.is_indirect and item.objgen in seen):
            continue
        seen.add(item.objgen if item.is_indirect else len(seen))
        if "/Title" in item:
            yield str(item.get("/Title"))
        waiting += [item.get("/Next"), item.get("/First")]


def _names(tree: Any) -> list[Any]:
    """Return the entries of a name tree."""
    if not isinstance(tree, pikepdf.Dictionary):
        return []
    own = tree.get("/Names")
    kids = tree.get("/Kids")
    return [*parts_of(own)[1::2], *parts_of(kids)]


def _strings(thing: Any, depth: int = 4) -> list[str]:
    """Return the words in an object and in what it holds."""
    if isinstance(thing, pikepdf.String):
        return [str(thing)]
    if isinstance(thing, pikepdf.Stream):
        try:
            return [thing.read_bytes()[:2000].decode("utf-8", "replace")]
        except pikepdf.PdfError:
            return []
    if depth == 0 or thing is None:
        return []
    skipped = {"/Parent", "/P", "/Popup", "/IRT", "/Next", "/Prev"}
    if isinstance(thing, pikepdf.Dictionary):
        parts = [thing.get(key) for key in keys_of(thing) if key not in skipped]
    else:
        parts = parts_of(thing)
    return [words for part in parts for words in _strings(part, depth - 1)]


_BY_KEY: Final[Mapping[str, Kind]] = {
    "/AA": Kind.ACTIONS,
    "/EF": Kind.ATTACHMENTS,
    "/AcroForm": Kind.FORMS,
    "/XFA": Kind.FORMS,
    "/Perms": Kind.SIGNATURES,
    "/DSS": Kind.SIGNATURES,
    "/Thumb": Kind.THUMBNAILS,
    "/PieceInfo": Kind.PRIVATE_DATA,
    "/PageLabels": Kind.PAGE_LABELS,
    "/OCProperties": Kind.LAYERS,
}
_NAME_TREES: Final[Mapping[str, Kind]] = {
    "/Dests": Kind.DESTINATIONS,
    "/EmbeddedFiles": Kind.ATTACHMENTS,
    "/JavaScript": Kind.SCRIPTS,
}
