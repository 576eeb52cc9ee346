"""A DOCX file becomes a PDF file as its text stands: nothing that was deleted, remarked or hidden is printed."""

import io
import zipfile

import docx as python_docx
import pytest

from portal.domain.rendering import Failure, NotRendered
from portal.publishing.docx import scan_docx
from portal.publishing.findings import Kind, Reason, Unpublishable
from portal.publishing.publishing import LIMITS, make_public, settle_docx
from portal.publishing.settling import settled_docx
from portal.rendering.confinement import Confinement
from portal.rendering.office import Office
from tests.hiding_docx import PLACES, W, comment, docx, run

WORD = "Kalvorin"
SHOWS = {"inserted", "field_from_elsewhere", "fallback"}  # what LibreOffice prints: nobody hid it
GONE = {Kind.TRACKED_CHANGES, Kind.HIDDEN_TEXT}
CHANGED = (
    '<w:p><w:r><w:t>Before</w:t></w:r><w:del w:id="1" w:author="A"><w:r><w:delText>Kalvorin</w:delText></w:r></w:del>'
    '<w:ins w:id="2" w:author="A"><w:r><w:t>Inserted</w:t></w:r></w:ins>'
    '<w:moveFrom w:id="3" w:author="A"><w:r><w:t>Kalvorin</w:t></w:r></w:moveFrom>'
    '<w:moveTo w:id="4" w:author="A"><w:r><w:t>Moved</w:t></w:r></w:moveTo><w:r><w:t>After</w:t></w:r></w:p>'
    '<w:p><w:pPr><w:rPr><w:del w:id="5" w:author="A"/></w:rPr></w:pPr><w:r><w:rPr><w:vanish/></w:rPr>'
    '<w:t>Kalvorin</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>Shown</w:t></w:r></w:p>'
    '<w:tbl><w:tr><w:trPr><w:trPrChange w:id="6" w:author="A"/></w:trPr><w:tc><w:p><w:del w:id="7" w:author="A"><w:r>'
    "<w:delText>Kalvorin</w:delText></w:r></w:del><w:r><w:t>Cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
)


def text_of(file: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(file)) as package:
        return package.read("word/document.xml").decode()


def test_changes_are_taken_as_made_and_hidden_text_is_out() -> None:
    settled = settled_docx(docx(CHANGED))
    assert WORD not in text_of(settled)
    for word in ("Before", "Inserted", "Moved", "After", "Shown", "Cell"):
        assert f">{word}<" in text_of(settled)
    assert not GONE & {finding.kind for finding in scan_docx(settled)}


def test_deleted_and_hidden_words_are_out_in_every_part_of_the_text() -> None:
    header = f'<w:hdr xmlns:w="{W}">{CHANGED}</w:hdr>'
    settled = settled_docx(docx(parts={"word/header1.xml": header}, links=(("header", "header1.xml", ""),)))
    with zipfile.ZipFile(io.BytesIO(settled)) as package:
        assert WORD not in package.read("word/header1.xml").decode()


def test_prefixes_that_values_name_are_kept() -> None:
    """Word calls a file damaged whose mc:Ignorable names a prefix that isn't there."""
    document = python_docx.Document()
    document.add_paragraph("Agreed.")
    out = io.BytesIO()
    document.save(out)
    settled = settled_docx(out.getvalue())
    assert python_docx.Document(io.BytesIO(settled)).paragraphs[0].text == "Agreed."
    assert "<w:document" in text_of(settled)


def test_what_is_no_word_file_is_refused() -> None:
    with pytest.raises(Unpublishable) as refused:
        settled_docx(b"%PDF-1.7\n")
    assert refused.value.reason == Reason.NOT_DOCX


def test_no_word_hidden_in_a_word_file_reaches_the_public_file() -> None:
    """All hiding places at once, through settling, conversion, rebuilding and proof."""
    office = Office()
    if not office.takes("docx"):
        pytest.skip("needs Debian's libreoffice-writer-nogui")
    confinement = Confinement(LIMITS)
    hiding = [hide for _, hide in PLACES if hide.__name__ not in SHOWS]
    body = "".join(text_of(hide(WORD)).split("</w:p>", 1)[1].split("</w:body>")[0] for hide in hiding)
    hidden = docx(CHANGED + body + run("Last"))
    for source in (hidden, comment(WORD)):
        try:
            pdf = office.pdf_of(settle_docx(confinement, source), "docx")
        except NotRendered as told:
            if told.failure == Failure.NOT_SUPPORTED:
                pytest.skip("LibreOffice can't be confined here")
            raise
        made = make_public(confinement, pdf, (1,), "Report", "en")
        words = {word for page in made.pages for word in (*page.words, *page.unsure)}
        assert {"Country", "review", "report"} <= words
        assert not [word for word in words if WORD in word]
        assert ("Last" in words) is (source is hidden)
