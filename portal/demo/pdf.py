"""A small writer of PDF 1.4: pages of Latin text in a standard font, readable by any reader and by pdftotext.

The fourteen standard fonts know Latin letters only; other scripts would need a font inside the file. Documents
of the demonstration in other scripts are office documents.
"""

import textwrap
from collections.abc import Sequence

_LINE_CHARACTERS = 84
_LINES_A_PAGE = 44


def pdf(title: str, paragraphs: Sequence[str], language: str = "en") -> bytes:
    """Return a PDF file; a paragraph that begins with "# " is a heading, a form feed begins a new page."""
    pages = _pages(paragraphs)
    first_page = 5
    kids = " ".join(f"{first_page + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /Lang ({language}) >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, lines in enumerate(pages):
        stream = _stream(lines, number + 1, len(pages))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> "
            b"/Contents %d 0 R >>" % (first_page + 2 * number + 1)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    objects.append(b"<< /Title <FEFF%s> >>" % title.encode("utf-16-be").hex().upper().encode())
    return _file(objects)


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets: list[int] = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, len(objects))
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def _pages(paragraphs: Sequence[str]) -> list[list[tuple[bool, str]]]:
    """Break the paragraphs into lines, each with whether it belongs to a heading, and the lines into pages."""
    pages: list[list[tuple[bool, str]]] = [[]]
    for paragraph in paragraphs:
        if paragraph == "\f":
            pages.append([])
            continue
        heading = paragraph.startswith("# ")
        lines = [(heading, line) for line in textwrap.wrap(paragraph.removeprefix("# "), _LINE_CHARACTERS)]
        if len(pages[-1]) + len(lines) > _LINES_A_PAGE:
            pages.append([])
        pages[-1].extend([*lines, (False, "")])
    return pages


def _stream(lines: Sequence[tuple[bool, str]], number: int, count: int) -> bytes:
    out = [b"BT", b"15 TL", b"72 780 Td"]
    for heading, line in lines:
        out.append(b"/F2 12 Tf" if heading else b"/F1 11 Tf")
        out.append(b"(%s) Tj T*" % _escaped(line))
    out += [b"ET", b"BT /F1 9 Tf 72 48 Td (%d / %d) Tj ET" % (number, count)]
    return b"\n".join(out)


def _escaped(line: str) -> bytes:
    encoded = line.encode("cp1252")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
