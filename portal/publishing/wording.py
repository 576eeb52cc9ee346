"""Takes the words out of a document, whether its pages show them or not, to be compared with what somebody else wrote.

1. PDF: the words of every page, drawn or not, and every string of the file's objects: remarks, forms, bookmarks,
   titles, words for screen readers; its streams in XML.
2. Office files (ISO/IEC 29500, ISO/IEC 26300): all text of every part, what was deleted or hidden included, and those
   values of attributes that are more than one word.
3. Text in UTF-8 or UTF-16, HTML and XML without their tags.

What has no words here (pages without any, files packed into it, other types) is told, so that a person looks at it. Not
looked for: pictures beside words, which nearly every file has, remarks in a file's code, and a PDF's earlier versions.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import pikepdf
import pypdfium2

from portal.domain.rendering import Failure, NotRendered
from portal.publishing.docx import Element, parts_of_package, tree_of
from portal.publishing.findings import Unpublishable
from portal.publishing.opening import opened as objects_of
from portal.publishing.parts import spoken_in, within
from portal.publishing.revisions import parts_of
from portal.rendering.pages import opened as pages_of

_PDF_WITHIN: Final = 1024
_ZIP: Final = b"PK\x03\x04"
_RTF: Final = "{\\rtf"
# mail, with what it carries
_ENCODED: Final = re.compile(r"(?im)^content-transfer-encoding:\s*(base64|quoted-printable)")
_TAG: Final = re.compile(r"<[^<>]*>")
_HYPHEN: Final = re.compile(r"[\ufffe\u00ad]\s*|-[ \t]*\r?\n(?=[^\W\d_])")  # a word divided at the end of a line
_PACKED: Final = re.compile(
    r".*((embeddings|activeX|Object \d+)\b.*\.bin|\.(docx?|xlsx?|pptx?|od[tsp]|rtf|mht|html?|pdf|ole))", re.IGNORECASE
)
_BREAKS: Final = frozenset(
    {"p", "h", "br", "cr", "tab", "si", "is", "c", "v", "tc", "line-break", "s", "table-cell", "list-item"}
)
_OFFICE: Final = ("[Content_Types].xml", "content.xml")
_DEEPEST: Final = 100
_UNREADABLE: Final = 0.1  # of a page's characters: a font whose letters nobody can name


def wording(file: bytes) -> tuple[str, bool]:
    """Give a document's words, and whether it holds more than that could be read.

    Raises:
        NotRendered: It is of a type that has no words here, damaged, too large or locked.
    """
    try:
        if b"%PDF-" in file[:_PDF_WITHIN]:
            said, more = _of_pdf(file)
        elif file.startswith(_ZIP):
            said, more = _of_package(file)
        else:
            said, more = _of_text(file), False
    except Unpublishable:
        raise NotRendered(Failure.NOT_SUPPORTED) from None
    joined = _HYPHEN.sub("", said)
    return said if joined == said else f"{said}\n{joined}", more  # whether the hyphen is the word's own, nobody knows


def _of_pdf(file: bytes) -> tuple[str, bool]:
    said, more = [], False
    with pages_of(file) as document:
        for page in document:
            words = page.get_textpage().get_text_range()
            said.append(words)
            more = more or _unreadable(words) or (not words.strip() and _draws(page))
            page.close()
    with objects_of(file) as pdf:
        for part in (part for thing in pdf.objects for part in within(thing)):
            said += [str(value) for value in parts_of(part) if isinstance(value, pikepdf.String)]
            if isinstance(part, pikepdf.Stream):
                said += _in_stream(part)
            more = more or (isinstance(part, pikepdf.Dictionary) and "/EF" in part)
    return "\n".join(said), more


def _in_stream(stream: pikepdf.Stream) -> Iterator[str]:
    if str(stream.get("/Subtype", "")) == "/Image":
        return
    try:
        data = stream.read_bytes()
    except pikepdf.PdfError:
        return
    yield from spoken_in(data)
    if data.lstrip().startswith(b"<"):
        yield _bare(data.decode("utf-8", "replace"))


def _draws(page: pypdfium2.PdfPage) -> bool:
    return next(iter(page.get_objects(max_depth=_DEEPEST)), None) is not None  # pictures, or letters drawn as shapes


def _unreadable(words: str) -> bool:
    seen = [char for char in words if not char.isspace()]
    strange = sum(unicodedata.category(char) in {"Co", "Cn", "Cc"} or char == "\ufffd" for char in seen)
    return strange > _UNREADABLE * len(seen)


def _of_package(file: bytes) -> tuple[str, bool]:
    parts = parts_of_package(file)
    if not any(name in parts for name in _OFFICE):
        raise NotRendered(Failure.NOT_SUPPORTED)
    said = [
        "".join(_words_of(tree_of(data), each=name.startswith(("docProps/", "meta.xml"))))
        for name, data in parts.items()
        if name.endswith(".xml")
    ]
    return "\n".join(said), any(_PACKED.fullmatch(name) for name in parts)


def _words_of(tree: Element, *, each: bool = False) -> Iterator[str]:
    """Give an element's text in its order, with a blank where its words are divided; each: by every element."""
    for event, element in _walk(tree):
        divides = each or element.tag.rpartition("}")[2] in _BREAKS
        if event == "start":
            yield from (f" {value} " for value in element.attrib.values() if " " in value.strip())
            yield f" {element.text or ''}" if divides else element.text or ""
        else:
            yield f" {element.tail or ''}" if divides else element.tail or ""


def _walk(tree: Element) -> Iterator[tuple[str, Element]]:
    waiting = [("end", tree), ("start", tree)]
    while waiting:
        event, element = waiting.pop()
        yield event, element
        if event == "start":
            waiting += [(kind, child) for child in reversed(element) for kind in ("end", "start")]


def _of_text(file: bytes) -> str:
    wide = file.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        said = file.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise NotRendered(Failure.NOT_SUPPORTED) from None
    if "\0" in said or said.startswith(_RTF) or _ENCODED.search(said):
        raise NotRendered(Failure.NOT_SUPPORTED)
    return _bare(said) if said.lstrip().startswith("<") else said


def _bare(marked_up: str) -> str:
    return html.unescape(_TAG.sub(" ", marked_up))
