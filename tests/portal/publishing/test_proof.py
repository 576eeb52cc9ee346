"""What is slipped into a public file after it was made is found, wherever it is."""

import dataclasses
import re
from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from portal.publishing.findings import Kind
from portal.publishing.rebuild import Rebuilt
from portal.publishing.scanner import scan_public
from tests.hiding import picture, plain, sheet, text, written
from tests.publishing import public

Change = Callable[[pikepdf.Pdf], object]


def changed(change: Change, made: Rebuilt | None = None) -> Rebuilt:
    """Change a public file, and write it without the identifier that the library adds."""
    made = made or public(plain())
    with pikepdf.open(BytesIO(made.file)) as pdf:
        change(pdf)
        out = BytesIO()
        pdf.save(out, static_id=True)
    file = re.sub(rb"/ID \[<\w+><\w+>\]", lambda found: b" " * len(found[0]), out.getvalue())
    return dataclasses.replace(made, file=file)


def content(pdf: pikepdf.Pdf, more: bytes) -> None:
    stream = pdf.pages[0].obj.Contents
    stream.write(stream.read_bytes() + more)


CHANGES: dict[str, Change] = {
    "a word": lambda pdf: content(pdf, b"\nBT 3 Tr /F 9 Tf 1 0 0 1 20 20 Tm <0001000200030004> Tj ET"),
    "words twice": lambda pdf: content(pdf, pdf.pages[0].obj.Contents.read_bytes()),
    "an operator": lambda pdf: content(pdf, b"\n0 g 0 0 1 1 re f"),
    "a picture inside the code": lambda pdf: content(pdf, b"\nBI /W 1 /H 1 /BPC 8 /CS /G ID x EI"),
    "a remark": lambda pdf: content(pdf, b"\n% Kalvorin"),
    "a string of the code": lambda pdf: content(pdf, b"\n/P << /Kalvorin (Kalvorin) >> BDC EMC"),
    "an author": lambda pdf: pdf.docinfo.__setitem__("/Author", "Kalvorin"),
    "another title": lambda pdf: pdf.docinfo.__setitem__("/Title", "Kalvorin"),
    "another language": lambda pdf: pdf.Root.__setitem__("/Lang", String("Kalvorin")),
    "an entry of the root": lambda pdf: pdf.Root.__setitem__("/Kalvorin", 1),
    "an entry of a page": lambda pdf: pdf.pages[0].obj.__setitem__("/Kalvorin", 1),
    "an entry of a font": lambda pdf: pdf.pages[0].obj.Resources.Font.F.__setitem__("/Kalvorin", 1),
    "a name": lambda pdf: pdf.pages[0].obj.Resources.Font.F.__setitem__("/BaseFont", Name.Kalvorin),
    "a note": lambda pdf: pdf.pages[0].obj.__setitem__(
        "/Annots", Array([Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9], Contents=String("x"))])
    ),
    "an attachment": lambda pdf: pdf.attachments.__setitem__("a.txt", b"Kalvorin"),
    "alternate text": lambda pdf: pdf.Root.StructTreeRoot.K.__setitem__("/Alt", String("Kalvorin")),
    "another font": lambda pdf: (
        pdf.pages[0].obj.Resources.Font.F.DescendantFonts[0].FontDescriptor.FontFile2.write(b"Kalvorin")
    ),
    "a picture that nobody sees": lambda pdf: pdf.pages[0].obj.Resources.XObject.__setitem__(
        "/P9",
        pdf.make_stream(
            picture("x"),
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=120,
            Height=40,
            ColorSpace=Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=Name.DCTDecode,
        ),
    ),
    "another page": lambda pdf: pdf.add_blank_page(),
    "a page's place": lambda pdf: pdf.pages[0].obj.__setitem__("/Rotate", 90),
}


def test_public_file_that_is_only_written_anew_holds_nothing() -> None:
    assert scan_public(changed(lambda _: None)) == ()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_is_added_to_a_public_file_is_found(change: Change) -> None:
    assert scan_public(changed(change)) != ()


@pytest.mark.parametrize("more", [b"Kalvorin", b"\n% Kalvorin\n", b"\n99 0 obj\n(Kalvorin)\nendobj\n"])
def test_bytes_after_or_before_a_public_file_are_found(more: bytes) -> None:
    made = public(plain())
    assert scan_public(dataclasses.replace(made, file=made.file + more)) != ()
    assert scan_public(dataclasses.replace(made, file=more + made.file)) != ()


def test_object_that_nothing_leads_to_is_found() -> None:
    made = public(plain())
    at = made.file.index(b"xref\n0")
    more = b"%d 0 obj\n(Kalvorin)\nendobj\n" % (made.file.count(b" 0 obj") + 1)
    assert scan_public(dataclasses.replace(made, file=made.file[:at] + more + made.file[at:])) != ()


def test_source_is_no_public_file() -> None:
    made = public(plain())
    assert scan_public(dataclasses.replace(made, file=plain())) != ()


def test_words_of_another_page_are_not_those_of_this_one() -> None:
    made = public(written(sheet(text("Kalvorin"))))
    assert scan_public(dataclasses.replace(made, pages=public(plain()).pages)) != ()


def test_word_over_an_empty_place_is_found() -> None:
    """Whoever drew the page can't let a screen reader say what no pixel shows."""

    def move(pdf: pikepdf.Pdf) -> None:
        code = pdf.pages[0].obj.Contents
        lines = code.read_bytes().split(b"\n")
        moved = [line.replace(b" 1 20.", b" 1 220.").replace(b" 0 1 2", b" 0 1 22") for line in lines]
        assert moved != lines
        code.write(b"\n".join(moved))

    (finding,) = scan_public(changed(move, public(written(sheet(text("Kalvorin"))))))
    assert finding.kind == Kind.HIDDEN_TEXT
