"""What a DOCX file (ISO/IEC 29500-1) holds that its pages don't show.

Such a file is never published as it is: it is converted to PDF, and that is rebuilt. So this only tells the State.
No part unpacks to more than 64 MiB, all together to no more than 256 MiB; a document type declaration is refused.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Final
from xml.etree import ElementTree as ET

from portal.publishing.collecting import Collector
from portal.publishing.findings import Finding, Kind, Reason, Unpublishable
from portal.publishing.metadata import jpeg_metadata

_MOST_PARTS: Final = 5_000
_LARGEST: Final = 64 << 20
_ALL: Final = 256 << 20
W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_OFF: Final = frozenset({"0", "false", "off"})
_TINY: Final = 5  # half points
_WHITE: Final = re.compile("(?i)f[0-9a-f]f[0-9a-f]f[0-9a-f]")
_OUTSIDE_FIELDS: Final = re.compile(r"(?i)^\s*(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|LINK|DATABASE|IMPORT)\b")
_EVERY_FILE: Final = ("[Content_Types].xml", "_rels/.rels", "word/document.xml")
_BY_NAME: Final[tuple[tuple[re.Pattern[str], Kind], ...]] = (
    (re.compile(r"word/(comments\w*|people)\.xml"), Kind.COMMENTS),
    (re.compile(r".*vba(Project|Data)\w*\.(bin|xml)"), Kind.MACROS),
    (re.compile(r"word/(embeddings|activeX|afchunk|ctrlProps)\w*(/.*|\..*)"), Kind.EMBEDDED_OBJECTS),
    (re.compile(r".*\.(mht|htm|html|rtf|docx|xlsx|pptx)"), Kind.EMBEDDED_OBJECTS),
    (re.compile(r"docProps/thumbnail\..*"), Kind.THUMBNAILS),
    (re.compile(r"docProps/.*\.xml"), Kind.PROPERTIES),
    (re.compile(r"customXml/(?!_rels).*\.xml"), Kind.PRIVATE_DATA),
    (re.compile(r"word/glossary/document\.xml"), Kind.PRIVATE_DATA),
    (re.compile(r"customUI/.*|word/customizations\.xml|userCustomization/.*"), Kind.SCRIPTS),
    (re.compile(r"_xmlsignatures/.*\.xml"), Kind.SIGNATURES),
)


def scan_docx(file: bytes) -> tuple[Finding, ...]:
    """Find everything in a DOCX file that its pages don't show.

    Raises:
        Unpublishable: It isn't one, or is too large.
    """
    found = Collector()
    parts = parts_of_docx(file)
    _find_around(file, found)
    trees = {name: tree_of(data) for name, data in parts.items() if name.endswith((".xml", ".rels"))}
    for name, data in parts.items():
        _find_part(name, data, trees.get(name), found)
    _find_unused(parts, trees, found)
    return found.result()


def parts_of_docx(file: bytes) -> dict[str, bytes]:
    """Return the parts of a DOCX file by their names.

    Raises:
        Unpublishable: It isn't one, or is too large.
    """
    parts = parts_of_package(file)
    if "word/document.xml" not in parts:
        raise Unpublishable(Reason.NOT_DOCX)
    return parts


def parts_of_package(file: bytes) -> dict[str, bytes]:
    """Return the parts of a package, which is a ZIP archive, by their names.

    Raises:
        Unpublishable: It isn't one, or is too large.
    """
    try:
        with zipfile.ZipFile(BytesIO(file)) as package:
            return _parts(package)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError, zlib.error) as error:
        raise Unpublishable(Reason.NOT_DOCX) from error


def _parts(package: zipfile.ZipFile) -> dict[str, bytes]:
    entries = package.infolist()
    if len(entries) > _MOST_PARTS or sum(entry.file_size for entry in entries) > _ALL:
        raise Unpublishable(Reason.TOO_LARGE)
    parts = {}
    for entry in entries:
        with package.open(entry) as part:
            data = part.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise Unpublishable(Reason.TOO_LARGE)
        parts[entry.filename] = data
    return parts


Element = ET.Element


class _NoDoctype(ET.TreeBuilder):
    """Builds a tree of a document that declares no type and so no entities."""

    def doctype(self, *_: object) -> None:
        """Refuse a declaration, whatever its encoding."""
        raise Unpublishable(Reason.NOT_DOCX)


def tree_of(data: bytes) -> ET.Element:
    """Parse a part.

    Raises:
        Unpublishable: It isn't XML, or declares a type.
    """
    try:
        return ET.fromstring(data, parser=ET.XMLParser(target=_NoDoctype()))  # noqa: S314 - no entities get in
    except (ET.ParseError, LookupError) as error:
        raise Unpublishable(Reason.NOT_DOCX) from error


def _find_around(file: bytes, found: Collector) -> None:
    with zipfile.ZipFile(BytesIO(file)) as package:
        first = min((entry.header_offset for entry in package.infolist()), default=0)
        remarks = [package.comment, *(entry.comment for entry in package.infolist())]
    for stray in (file[:first], *remarks):
        if stray:
            found.add(Kind.STRAY_BYTES, stray.decode("latin-1"))


def _find_part(name: str, data: bytes, tree: ET.Element | None, found: Collector) -> None:
    for pattern, kind in _BY_NAME:
        if pattern.fullmatch(name):
            found.add(kind, *(_texts(tree) if tree is not None else [name.rpartition("/")[2]]))
            break
    if name.startswith("word/media/") and data.startswith(b"\xff\xd8"):
        for words in jpeg_metadata(data):
            found.add(Kind.IMAGE_METADATA, words)
    if tree is None:
        return
    if name.endswith(".rels"):
        _find_links(tree, found)
    elif name.startswith("word/"):
        _find_words(tree, found)


def _find_links(tree: ET.Element, found: Collector) -> None:
    for link in tree.iter(f"{_R}Relationship"):
        if link.get("TargetMode") == "External":
            followed = link.get("Type", "").endswith("/hyperlink")
            found.add(Kind.LINKS if followed else Kind.OUTSIDE_LINKS, link.get("Target", ""))


def _find_words(tree: ET.Element, found: Collector) -> None:
    for element in tree.iter():
        kind = _KINDS.get(element.tag)
        if kind is not None:
            found.add(kind, *_texts(element))
        elif element.tag in _LOOKS:
            _LOOKS[element.tag](element, found)
        described = element.get("descr") or (element.get("title") if element.tag.endswith("}docPr") else None)
        if described:
            found.add(Kind.ALTERNATE_TEXT, described)


def is_hidden(run: ET.Element) -> bool:
    """Tell whether a run of text is marked as hidden."""
    looks = run.find(f"{W}rPr") if run.tag == f"{W}r" else None
    if looks is None:
        return False
    marks = (looks.find(f"{W}{name}") for name in ("vanish", "webHidden", "specVanish"))
    return any(mark is not None and mark.get(f"{W}val") not in _OFF for mark in marks)


def _find_hidden_run(run: ET.Element, found: Collector) -> None:
    looks = run.find(f"{W}rPr")
    if looks is None:
        return
    colour, size = looks.find(f"{W}color"), looks.find(f"{W}sz")
    white = colour is not None and bool(_WHITE.fullmatch(colour.get(f"{W}val", "")))
    said = size.get(f"{W}val", "") if size is not None else ""
    tiny = said.isdecimal() and int(said) <= _TINY
    words = list(_texts(run))
    if words and (is_hidden(run) or white or tiny):
        found.add(Kind.HIDDEN_TEXT, *words)


def _find_field(field: ET.Element, found: Collector) -> None:
    code = field.text or field.get(f"{W}instr") or ""
    if _OUTSIDE_FIELDS.match(code):
        found.add(Kind.OUTSIDE_LINKS, code)


def _find_bookmark(mark: ET.Element, found: Collector) -> None:
    name = mark.get(f"{W}name", "")
    if name != "_GoBack":  # where Word was left
        found.add(Kind.BOOKMARKS, name)


def _find_control(control: ET.Element, found: Collector) -> None:
    found.add(Kind.FORMS, *(part.get(f"{W}val", "") for part in control if part.tag in {f"{W}alias", f"{W}tag"}))


def _find_variable(variable: ET.Element, found: Collector) -> None:
    found.add(Kind.PRIVATE_DATA, variable.get(f"{W}name", ""), variable.get(f"{W}val", ""))


def _find_unused(parts: Mapping[str, bytes], trees: Mapping[str, ET.Element], found: Collector) -> None:
    used = {*_EVERY_FILE}
    for name, tree in trees.items():
        if name.endswith(".rels"):
            folder = name.rpartition("_rels/")[0]
            used |= {_joined(folder, link.get("Target", "")) for link in tree.iter(f"{_R}Relationship")}
    for name in parts:
        if name not in used and not name.endswith((".rels", "/")):
            found.add(Kind.UNUSED_OBJECTS, name, *(_texts(trees[name]) if name in trees else ()))


def _joined(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    steps: list[str] = []
    for step in f"{folder}{target}".split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step != ".":
            steps.append(step)
    return "/".join(steps)


def _texts(tree: ET.Element) -> Iterator[str]:
    for text in tree.itertext():
        if text.strip():
            yield text


_CHANGES: Final = (
    "del",
    "ins",
    "moveFrom",
    "moveTo",
    "rPrChange",
    "pPrChange",
    "tblPrChange",
    "sectPrChange",
    "cellDel",
)
_KINDS: Final[Mapping[str, Kind]] = {
    **{f"{W}{name}": Kind.TRACKED_CHANGES for name in _CHANGES},
    f"{W}rsids": Kind.EDITING_MARKS,
    f"{_MC}Fallback": Kind.ALTERNATE_TEXT,
    f"{W}altChunk": Kind.EMBEDDED_OBJECTS,
    f"{W}mailMerge": Kind.PRIVATE_DATA,
}
_LOOKS: Final[Mapping[str, Callable[[ET.Element, Collector], None]]] = {
    f"{W}r": _find_hidden_run,
    f"{W}instrText": _find_field,
    f"{W}fldSimple": _find_field,
    f"{W}bookmarkStart": _find_bookmark,
    f"{W}sdtPr": _find_control,
    f"{W}docVar": _find_variable,
}
