"""What a file seems to be, from its first bytes: shown beside the declared type, never used to render it.

The label is a help for people, not a defence: whatever it says, the portal serves files as attachments. So a
few signatures do, and archives are looked at without unpacking more than one small member.
"""

import codecs
import re
import zlib
from typing import Final

from portal.domain.files import extension_of

# how much of a file `detect` wants to see; more does no harm
FIRST_BYTES: Final = 8192

PDF: Final = "application/pdf"
ZIP: Final = "application/zip"
OLE2: Final = "application/x-ole-storage"
HTML: Final = "text/html"
SVG: Final = "image/svg+xml"
XML: Final = "application/xml"
RTF: Final = "application/rtf"
TEXT: Final = "text/plain"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."
DOCX: Final = _OFFICE + "wordprocessingml.document"
XLSX: Final = _OFFICE + "spreadsheetml.sheet"
PPTX: Final = _OFFICE + "presentationml.presentation"

_SIGNATURES: Final = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"{\\rtf", RTF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE2),
)
_PDF_WITHIN: Final = 1024
_LOCAL_HEADER: Final = b"PK\x03\x04"
_LOCAL_HEADER_BYTES: Final = 30
_DEFLATED: Final = 8
_CONTENT_TYPES_BYTES: Final = 1 << 16
_PARTS: Final = ((b"word/", DOCX), (b"xl/", XLSX), (b"ppt/", PPTX))
_MACROS: Final = (
    (b"ms-word.document.macroEnabled", "application/vnd.ms-word.document.macroEnabled.12"),
    (b"ms-excel.sheet.macroEnabled", "application/vnd.ms-excel.sheet.macroEnabled.12"),
    (b"ms-powerpoint.presentation.macroEnabled", "application/vnd.ms-powerpoint.presentation.macroEnabled.12"),
)
_MAINS: Final = (
    (b"wordprocessingml.document.main+xml", DOCX),
    (b"spreadsheetml.sheet.main+xml", XLSX),
    (b"presentationml.presentation.main+xml", PPTX),
)
_PROLOG: Final = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_DOCTYPE: Final = re.compile(r"<!doctype\s+(html|svg)?[^>]*>?", re.IGNORECASE)
_HTML_TAG: Final = re.compile(
    r"<(?:html|head|body|script|iframe|title|style|table|div|font|img|meta|link|form|h1|br|p|a|b)[\s>/]",
    re.IGNORECASE,
)
_SVG_TAG: Final = re.compile(r"<(?:[\w.-]+:)?svg[\s>/]", re.IGNORECASE)

_EXTENSIONS: Final = {
    "pdf": PDF,
    "zip": ZIP,
    "docx": DOCX,
    "xlsx": XLSX,
    "pptx": PPTX,
    "docm": _MACROS[0][1],
    "xlsm": _MACROS[1][1],
    "pptm": _MACROS[2][1],
    "odt": _ODF + "text",
    "ods": _ODF + "spreadsheet",
    "odp": _ODF + "presentation",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "webp": "image/webp",
    "html": HTML,
    "htm": HTML,
    "svg": SVG,
    "xml": XML,
    "rtf": RTF,
    "doc": OLE2,
    "xls": OLE2,
    "ppt": OLE2,
    "msg": OLE2,
    "txt": TEXT,
    "csv": TEXT,
    "md": TEXT,
    "json": TEXT,
}
# other spellings of the same type
_ALIASES: Final = {
    "application/x-zip-compressed": ZIP,
    "application/x-pdf": PDF,
    "application/xhtml+xml": XML,
    "application/json": TEXT,
    "application/msword": OLE2,
    "application/vnd.ms-excel": OLE2,
    "application/vnd.ms-outlook": OLE2,
    "application/vnd.ms-powerpoint": OLE2,
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "text/csv": TEXT,
    "text/markdown": TEXT,
    "text/rtf": RTF,
    "text/xml": XML,
}
_SAYS_NOTHING: Final = frozenset({"", "application/octet-stream", "application/x-download", "binary/octet-stream"})
_KNOWN: Final = frozenset(_EXTENSIONS.values())


def detect(first: bytes) -> str | None:
    """Return the media type that the first bytes of a file tell, or None where they tell nothing."""
    for signature, media_type in _SIGNATURES:
        if first.startswith(signature):
            return media_type
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return "image/webp"
    if first.startswith(_LOCAL_HEADER):
        return _archive(first)
    text = _as_text(first)
    marked = _markup(text) if text else None
    if marked in {HTML, SVG}:
        return marked
    # readers of PDF accept anything before the header
    if b"%PDF-" in first[:_PDF_WITHIN]:
        return PDF
    return marked or (TEXT if text else None)


def agrees(declared: str, detected: str | None, name: str) -> bool:
    """Say whether the declared type and the name's extension fit what the first bytes tell.

    What makes no claim contradicts nothing: an unknown extension, `application/octet-stream`, no type at all.
    """
    claims = {_EXTENSIONS.get(extension_of(name), ""), _essence(declared)} - _SAYS_NOTHING
    return all(_fits(claim, detected) for claim in claims)


def _essence(declared: str) -> str:
    essence = declared.partition(";")[0].strip().lower()
    essence = next((known for known in _KNOWN if known.lower() == essence), essence)
    return _ALIASES.get(essence, essence)


def _fits(claim: str, detected: str | None) -> bool:
    if claim == detected:
        return True
    if claim not in _KNOWN:
        # a claim that the first bytes can't confirm; but what is known to be something else isn't it
        return detected is None or (detected == TEXT and claim.startswith("text/")) or detected in {ZIP, XML}
    if detected == ZIP:
        return claim.startswith((_OFFICE, _ODF)) or claim in dict(_MACROS).values()
    # XML is written with and without its prolog
    return {claim, detected} == {XML, TEXT} or {claim, detected} == {XML, SVG}


def _archive(first: bytes) -> str:
    """Tell an office document from another ZIP archive by its first member and the names in sight."""
    if len(first) < _LOCAL_HEADER_BYTES:
        return ZIP
    name_end = _LOCAL_HEADER_BYTES + int.from_bytes(first[26:28], "little")
    data_start = name_end + int.from_bytes(first[28:30], "little")
    name, data = first[_LOCAL_HEADER_BYTES:name_end], first[data_start:]
    if name == b"mimetype":
        kind = re.match(rb"application/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation)(?!-)", data)
        return kind.group().decode() if kind else ZIP
    content_types = b""
    if name == b"[Content_Types].xml":
        content_types = _inflated(data) if int.from_bytes(first[8:10], "little") == _DEFLATED else data
    for mark, media_type in (*_MACROS, *_MAINS):
        if mark in content_types:
            return media_type
    for part, media_type in _PARTS:
        if any(_member(first, at.end()).startswith(part) for at in re.finditer(_LOCAL_HEADER, first)):
            return media_type
    return ZIP


def _member(first: bytes, after_signature: int) -> bytes:
    start = after_signature + _LOCAL_HEADER_BYTES - len(_LOCAL_HEADER)
    return first[start : start + 8]


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _CONTENT_TYPES_BYTES)
    except zlib.error:
        return b""


def _as_text(first: bytes) -> str:
    """Return the bytes as text if they are text in UTF-8, or in UTF-16 with its mark; else nothing."""
    encoding = "utf-16" if first.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        # a character cut at the end of what we see is no error
        text = codecs.getincrementaldecoder(encoding)().decode(first)
    except UnicodeDecodeError:
        return ""
    return "" if re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", text) else text


def _markup(text: str) -> str | None:
    """Tell HTML, SVG and other XML; white space, comments and declarations come before the first tag."""
    start = _PROLOG.match(text)
    at = start.end() if start else 0
    doctype = _DOCTYPE.match(text, at)
    if doctype:
        if doctype.group(1):
            return HTML if doctype.group(1).lower() == "html" else SVG
        after = _PROLOG.match(text, doctype.end())
        at = after.end() if after else doctype.end()
    if _SVG_TAG.match(text, at):
        return SVG
    if _HTML_TAG.match(text, at):
        return HTML
    return XML if text.lstrip().startswith("<?xml") else None
