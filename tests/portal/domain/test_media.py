"""What a file seems to be from its first bytes."""

import io
import zipfile

import pytest

from portal.domain import media
from portal.domain.media import agrees, detect


def office(*members: tuple[str, str], method: int = zipfile.ZIP_DEFLATED, first_stored: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for at, (name, text) in enumerate(members):
            archive.writestr(name, text, zipfile.ZIP_STORED if first_stored and at == 0 else method)
    return out.getvalue()


def typed(main: str) -> tuple[str, str]:
    return "[Content_Types].xml", f'<Types><Override PartName="/x" ContentType="application/vnd.{main}"/></Types>'


OFFICE = "openxmlformats-officedocument."
ODT_TYPE = "application/vnd.oasis.opendocument.text"


@pytest.mark.parametrize(
    ("first", "media_type"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"\n\n junk %PDF-1.4", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a\x01", "image/gif"),
        (b"II*\x00\x08", "image/tiff"),
        (b"MM\x00*\x00", "image/tiff"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"{\\rtf1\\ansi", "application/rtf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "application/x-ole-storage"),
        (b"<!DOCTYPE html><p>", "text/html"),
        (b"\xef\xbb\xbf  <!-- x -->\n<HTML>", "text/html"),
        (b"<script>alert(1)</script>%PDF-1.4", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"<?xml version='1.0'?><!-- a --><!DOCTYPE svg PUBLIC 'x'><svg>", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<s:svg xmlns:s='x'>", "image/svg+xml"),
        (b"<?xml version='1.0'?><rows/>", "application/xml"),
        ("Ответы; 答复; إجابات\n".encode(), "text/plain"),
        ("答".encode()[:2], None),
        ("x答".encode()[:2], "text/plain"),
        ("\ufeffwide".encode("utf-16-le"), "text/plain"),
        (b"\x00\x01\x02\x03", None),
        (b"caf\xe9 in another encoding", None),
        (b"", None),
        (b"PK\x03\x04", "application/zip"),
    ],
)
def test_the_first_bytes_tell_the_type(first: bytes, media_type: str | None) -> None:
    assert detect(first) == media_type


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (office(typed(OFFICE + "wordprocessingml.document.main+xml")), media.DOCX),
        (office(typed(OFFICE + "spreadsheetml.sheet.main+xml")), media.XLSX),
        (office(typed(OFFICE + "presentationml.presentation.main+xml")), media.PPTX),
        (office(typed(OFFICE + "spreadsheetml.sheet.main+xml"), method=zipfile.ZIP_STORED), media.XLSX),
        (
            office(typed("ms-word.document.macroEnabled.main+xml"), ("word/document.xml", "")),
            "application/vnd.ms-word.document.macroEnabled.12",
        ),
        (office(("docProps/app.xml", "<a/>"), ("xl/workbook.xml", "<a/>")), media.XLSX),
        (office(("mimetype", ODT_TYPE), ("content.xml", ""), first_stored=True), ODT_TYPE),
        (office(("mimetype", "application/epub+zip"), first_stored=True), media.ZIP),
        (office(("law.txt", "x")), media.ZIP),
    ],
)
def test_office_documents_are_told_from_other_archives(data: bytes, media_type: str) -> None:
    assert detect(data[: media.FIRST_BYTES]) == media_type


def test_a_broken_or_swollen_first_member_is_only_an_archive() -> None:
    name, text = typed(OFFICE + "wordprocessingml.document.main+xml")
    swollen = office((name, " " * 1_000_000 + text))
    assert len(swollen) < media.FIRST_BYTES
    assert detect(swollen) == media.ZIP
    broken = bytearray(office((name, text)))
    broken[49:60] = b"\xff" * 11
    assert detect(bytes(broken)) == media.ZIP


@pytest.mark.parametrize(
    ("declared", "detected", "name"),
    [
        ("application/pdf", "application/pdf", "law.pdf"),
        ("application/octet-stream", "application/pdf", "law.PDF"),
        ("", None, "law"),
        ("text/csv; charset=utf-8", "text/plain", "table.csv"),
        ("application/msword", "application/x-ole-storage", "law.doc"),
        (media.DOCX, media.ZIP, "law.docx"),
        ("image/jpg", "image/jpeg", "scan.jpg"),
        ("text/xml", "text/plain", "rows.xml"),
        ("video/mp4", None, "hearing.mp4"),
        ("message/rfc822", None, "note.eml"),
        ("text/x-log", "text/plain", "x.log"),
        (media._EXTENSIONS["docm"], media._EXTENSIONS["docm"], "law.docm"),
    ],
)
def test_an_honest_declaration_agrees(declared: str, detected: str | None, name: str) -> None:
    assert agrees(declared, detected, name)


@pytest.mark.parametrize(
    ("declared", "detected", "name"),
    [
        ("application/pdf", "text/html", "law.pdf"),
        ("application/pdf", None, "law.pdf"),
        ("application/octet-stream", "text/html", "law.pdf"),
        ("text/plain", "text/html", "law.txt"),
        ("image/png", "image/svg+xml", "scan.png"),
        ("application/pdf", "application/pdf", "law.docx"),
        (media.DOCX, media._EXTENSIONS["docm"], "law.docx"),
        (media.DOCX, media.XLSX, "law.docx"),
        ("video/mp4", "text/html", "hearing.mp4"),
        ("image/png", "application/zip", "scan.png"),
    ],
)
def test_a_declaration_that_is_not_the_content_is_found(declared: str, detected: str | None, name: str) -> None:
    assert not agrees(declared, detected, name)
