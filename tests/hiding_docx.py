"""DOCX files that hide a word, each in one place, and show other words."""

import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Final

from portal.publishing.findings import Kind
from tests.hiding import picture

W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
Hider = Callable[[str], bytes]
PLACES: Final[list[tuple[Kind, Hider]]] = []
_TYPES: Final = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="jpg" ContentType="image/jpeg"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


def place(kind: Kind) -> Callable[[Hider], Hider]:
    def listed(hide: Hider) -> Hider:
        PLACES.append((kind, hide))
        return hide

    return listed


def relations(*targets: tuple[str, str, str]) -> str:
    each = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}" {mode}/>'
        for number, (kind, target, mode) in enumerate(targets)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>'


def docx(
    body: str = "",
    parts: Mapping[str, str | bytes] | None = None,
    links: tuple[tuple[str, str, str], ...] = (),
    root: tuple[tuple[str, str, str], ...] = (),
    comment: bytes = b"",
) -> bytes:
    """Write a file that shows `Country review report`, with more in its body and more parts."""
    shown = "<w:p><w:r><w:t>Country review report</w:t></w:r></w:p>"
    document = f'<w:document xmlns:w="{W}"><w:body>{shown}{body}</w:body></w:document>'
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("_rels/.rels", relations(("officeDocument", "word/document.xml", ""), *root))
        package.writestr("word/document.xml", document)
        package.writestr("word/_rels/document.xml.rels", relations(*links))
        for name, data in (parts or {}).items():
            package.writestr(name, data)
        package.comment = comment
    return out.getvalue()


def run(word: str, looks: str = "") -> str:
    return f"<w:p><w:r><w:rPr>{looks}</w:rPr><w:t>{word}</w:t></w:r></w:p>"


@place(Kind.COMMENTS)
def comment(word: str) -> bytes:
    note = f'<w:comments xmlns:w="{W}"><w:comment w:id="0">{run(word)}</w:comment></w:comments>'
    return docx(parts={"word/comments.xml": note}, links=(("comments", "comments.xml", ""),))


@place(Kind.TRACKED_CHANGES)
def deleted(word: str) -> bytes:
    return docx(f'<w:p><w:del w:author="A"><w:r><w:delText>{word}</w:delText></w:r></w:del></w:p>')


@place(Kind.TRACKED_CHANGES)
def inserted(word: str) -> bytes:
    return docx(f'<w:p><w:ins w:author="A"><w:r><w:t>{word}</w:t></w:r></w:ins></w:p>')


@place(Kind.TRACKED_CHANGES)
def moved(word: str) -> bytes:
    return docx(f'<w:p><w:moveFrom w:author="A"><w:r><w:t>{word}</w:t></w:r></w:moveFrom></w:p>')


@place(Kind.HIDDEN_TEXT)
def hidden(word: str) -> bytes:
    return docx(run(word, "<w:vanish/>"))


@place(Kind.HIDDEN_TEXT)
def white(word: str) -> bytes:
    return docx(run(word, '<w:color w:val="FFFFFF"/>'))


@place(Kind.HIDDEN_TEXT)
def tiny(word: str) -> bytes:
    return docx(run(word, '<w:sz w:val="2"/>'))


@place(Kind.MACROS)
def macro(word: str) -> bytes:
    return docx(parts={"word/vbaProject.bin": word}, links=(("vbaProject", "vbaProject.bin", ""),))


@place(Kind.EMBEDDED_OBJECTS)
def embedded(word: str) -> bytes:
    return docx(parts={"word/embeddings/sheet.bin": word}, links=(("oleObject", "embeddings/sheet.bin", ""),))


@place(Kind.EMBEDDED_OBJECTS)
def another_format(word: str) -> bytes:
    return docx(parts={"word/afchunk.htm": f"<p>{word}</p>"}, links=(("aFChunk", "afchunk.htm", ""),))


@place(Kind.PROPERTIES)
def author(word: str) -> bytes:
    core = f'<c:p xmlns:c="a" xmlns:d="b"><d:creator>{word}</d:creator></c:p>'
    return docx(parts={"docProps/core.xml": core}, root=(("core-properties", "docProps/core.xml", ""),))


@place(Kind.PRIVATE_DATA)
def custom_xml(word: str) -> bytes:
    return docx(parts={"customXml/item1.xml": f"<a>{word}</a>"}, links=(("customXml", "../customXml/item1.xml", ""),))


@place(Kind.PRIVATE_DATA)
def variable(word: str) -> bytes:
    settings = f'<w:settings xmlns:w="{W}"><w:docVars><w:docVar w:name="a" w:val="{word}"/></w:docVars></w:settings>'
    return docx(parts={"word/settings.xml": settings}, links=(("settings", "settings.xml", ""),))


@place(Kind.PRIVATE_DATA)
def building_block(word: str) -> bytes:
    glossary = f'<w:glossaryDocument xmlns:w="{W}">{run(word)}</w:glossaryDocument>'
    return docx(
        parts={"word/glossary/document.xml": glossary}, links=(("glossaryDocument", "glossary/document.xml", ""),)
    )


@place(Kind.EDITING_MARKS)
def editing_session(word: str) -> bytes:
    marks = f'<w:rsids><w:rsid w:val="{word}"/></w:rsids>'
    settings = f'<w:settings xmlns:w="{W}">{marks}</w:settings>'
    return docx(parts={"word/settings.xml": settings}, links=(("settings", "settings.xml", ""),))


@place(Kind.LINKS)
def link(word: str) -> bytes:
    return docx(links=(("hyperlink", f"https://{word}.example", 'TargetMode="External"'),))


@place(Kind.OUTSIDE_LINKS)
def template_from_elsewhere(word: str) -> bytes:
    return docx(links=(("attachedTemplate", f"https://{word}.example/a.dotm", 'TargetMode="External"'),))


@place(Kind.OUTSIDE_LINKS)
def field_from_elsewhere(word: str) -> bytes:
    return docx(f'<w:p><w:r><w:instrText>INCLUDETEXT "{word}"</w:instrText></w:r></w:p>')


@place(Kind.BOOKMARKS)
def bookmark(word: str) -> bytes:
    return docx(f'<w:p><w:bookmarkStart w:id="0" w:name="{word}"/></w:p>')


@place(Kind.FORMS)
def control(word: str) -> bytes:
    return docx(f'<w:sdt><w:sdtPr><w:tag w:val="{word}"/></w:sdtPr></w:sdt>')


@place(Kind.ALTERNATE_TEXT)
def description(word: str) -> bytes:
    return docx(f'<w:p><w:r><d:docPr xmlns:d="d" descr="{word}"/></w:r></w:p>')


@place(Kind.ALTERNATE_TEXT)
def fallback(word: str) -> bytes:
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    return docx(f"<mc:AlternateContent {mc}><mc:Fallback>{run(word)}</mc:Fallback></mc:AlternateContent>")


@place(Kind.SIGNATURES)
def signature(word: str) -> bytes:
    return docx(parts={"_xmlsignatures/sig1.xml": f"<a>{word}</a>"}, root=(("origin", "_xmlsignatures/sig1.xml", ""),))


@place(Kind.THUMBNAILS)
def thumbnail(word: str) -> bytes:
    return docx(parts={"docProps/thumbnail.jpeg": picture(word)}, root=(("thumbnail", "docProps/thumbnail.jpeg", ""),))


@place(Kind.IMAGE_METADATA)
def remark_in_a_picture(word: str) -> bytes:
    return docx(parts={"word/media/a.jpg": picture("", comment=word.encode())}, links=(("image", "media/a.jpg", ""),))


@place(Kind.UNUSED_OBJECTS)
def part_that_nothing_uses(word: str) -> bytes:
    return docx(parts={"word/old.xml": f"<a>{word}</a>"})


@place(Kind.STRAY_BYTES)
def comment_of_the_archive(word: str) -> bytes:
    return docx(comment=word.encode())


@place(Kind.STRAY_BYTES)
def before_the_archive(word: str) -> bytes:
    return word.encode() + docx()
