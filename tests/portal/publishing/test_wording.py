"""All words of a document are found, shown or not; what has none, or more than can be read, is told."""

import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest

from portal.domain.rendering import Failure, NotRendered
from portal.publishing.findings import Kind
from portal.publishing.wording import wording
from tests import hiding_docx, pdfs
from tests.bench.measure import seconds
from tests.hiding import PLACES, Place, image_in, page_of, picture, plain, sheet, text, written

SAID = "Kalvorin went over the border"
# said in the module: pictures, remarks in a file's code, a PDF's earlier versions, and names that are no sentences
UNREAD_PLACES = {
    *("property_of_ones_own", "xmp_of_a_page", "identifier", "name_of_a_font", "tag_in_the_code"),
    *("exif_of_a_picture", "remark_in_a_picture", "after_the_end_of_a_picture", "picture_outside_the_page"),
    *("picture_under_a_shape", "faint_picture", "small_picture_of_the_page", "picture_that_nothing_uses"),
    *("remark_in_the_code", "remark_between_objects", "after_the_end", "before_the_beginning", "earlier_version"),
    *("object_that_nothing_uses", "meaning_of_other_letters"),
}
UNREAD_IN_DOCX = {
    *("macro", "link", "template_from_elsewhere", "thumbnail", "remark_in_a_picture", "comment_of_the_archive"),
    "before_the_archive",
}


@pytest.mark.parametrize("place", [one for one in PLACES if one.name not in UNREAD_PLACES], ids=lambda one: one.name)
def test_words_anywhere_in_a_pdf_are_found_or_it_is_told_that_there_are_more(place: Place) -> None:
    said, more = wording(place.hide(SAID))
    assert SAID in said or (more and place.kind is Kind.ATTACHMENTS)


@pytest.mark.parametrize(
    ("kind", "hide"),
    [one for one in hiding_docx.PLACES if one[1].__name__ not in UNREAD_IN_DOCX],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_words_anywhere_in_a_word_file_are_found_or_it_is_told_that_there_are_more(
    kind: Kind, hide: Callable[[str], bytes]
) -> None:
    said, more = wording(hide(SAID))
    assert SAID in said or (more and kind is Kind.EMBEDDED_OBJECTS)


def test_an_ordinary_file_has_no_more_than_its_words() -> None:
    assert wording(plain()) == ("Country review report\r\nagreed by all", False)
    assert not wording(pdfs.typed(3))[1]


def test_of_a_page_that_is_a_picture_it_is_told() -> None:
    pdf = sheet(b"q 100 0 0 40 0 0 cm /I Do Q", shown=b"")
    page_of(pdf).Resources.XObject.I = image_in(pdf, picture(SAID))
    assert wording(written(pdf))[1]


def test_words_over_runs_are_one_and_over_paragraphs_are_not() -> None:
    ns = f'xmlns:w="{hiding_docx.W}"'
    body = "<w:p><w:r><w:t>Kal</w:t></w:r><w:r><w:t>vorin</w:t></w:r></w:p><w:p><w:r><w:t>went</w:t></w:r></w:p>"
    file = packed({"[Content_Types].xml": "<Types/>", "word/document.xml": f"<w:document {ns}>{body}</w:document>"})
    assert wording(file)[0].split() == ["Kalvorin", "went"]


def test_a_word_divided_at_the_end_of_a_line_is_found_whole_and_in_parts() -> None:
    file = written(sheet(text("Kalvo-", at="20 60 Td") + text("rin went", at="20 40 Td")))
    said = wording(file)[0]
    assert "Kalvorin" in said


@pytest.mark.parametrize(
    "file",
    [
        SAID.encode(),
        b"\xef\xbb\xbf" + SAID.encode(),
        SAID.encode("utf-16"),
        f"<html><p>Kalvorin <b>went</b></p><p>over&#32;the{chr(160)}border</p></html>".encode(),
    ],
)
def test_text_is_read_in_its_own_letters(file: bytes) -> None:
    assert " ".join(wording(file)[0].split()) == SAID


def test_other_office_files_are_read() -> None:
    odt = packed({"mimetype": "text", "content.xml": f"<doc xmlns:text='t'><text:p>{SAID}</text:p></doc>"})
    sheet_ = packed({"[Content_Types].xml": "<Types/>", "xl/sharedStrings.xml": f"<sst><si><t>{SAID}</t></si></sst>"})
    for file in (odt, sheet_):
        assert SAID in wording(file)[0]


@pytest.mark.parametrize(
    ("file", "failure"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", Failure.NOT_SUPPORTED),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 of an old program", Failure.NOT_SUPPORTED),
        (rb"{\rtf1 Kalvorin}", Failure.NOT_SUPPORTED),
        (b"Subject: x\nContent-Transfer-Encoding: base64\n\nS2Fsdm9yaW4=", Failure.NOT_SUPPORTED),
        ("Калворин".encode("cp1251"), Failure.NOT_SUPPORTED),
        (b"PK\x03\x04 broken", Failure.NOT_SUPPORTED),
        (pdfs.locked(), Failure.ENCRYPTED),
        (b"%PDF-1.7 broken", Failure.DAMAGED),
    ],
)
def test_what_has_no_words_here_is_told(file: bytes, failure: Failure) -> None:
    with pytest.raises(NotRendered) as told:
        wording(file)
    assert told.value.failure is failure


def test_tags_that_never_end_take_no_longer() -> None:
    took = [seconds(lambda size=size: wording(b"<" * size)) for size in (20_000, 200_000)]
    assert took[1] < 60 * took[0] + 0.5  # ten times as long, where each were looked for to the end a hundred times


def test_an_entity_is_never_followed() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "Kalvorin">]><a>&b;</a>'
    with pytest.raises(NotRendered):
        wording(packed({"[Content_Types].xml": "<Types/>", "word/document.xml": bomb}))


def packed(parts: dict[str, str]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, said in parts.items():
            package.writestr(name, said)
    return out.getvalue()
