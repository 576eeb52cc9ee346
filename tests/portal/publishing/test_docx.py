"""What a DOCX file hides is named before it is converted; files that harm are refused."""

import io
import zipfile

import docx as python_docx
import pytest

from portal.publishing.docx import scan_docx
from portal.publishing.findings import Kind, Reason, Unpublishable
from tests.hiding_docx import PLACES, Hider, docx, run

WORD = "Kalvorin"


@pytest.mark.parametrize(("kind", "hide"), PLACES, ids=lambda one: getattr(one, "__name__", str(one)))
def test_hiding_place_of_a_word_file_is_named(kind: Kind, hide: Hider) -> None:
    assert kind in {finding.kind for finding in scan_docx(hide(WORD))}


def test_hidden_words_are_shown_to_whoever_hid_them() -> None:
    silent = {Kind.EDITING_MARKS, Kind.MACROS, Kind.EMBEDDED_OBJECTS, Kind.THUMBNAILS}
    for kind, hide in PLACES:
        if kind not in silent:
            words = [words for finding in scan_docx(hide(WORD)) if finding.kind == kind for words in finding.words]
            assert any(WORD in text for text in words), hide.__name__


def test_file_that_hides_nothing_has_no_findings() -> None:
    assert scan_docx(docx(run("More words", '<w:color w:val="1F4E79"/><w:sz w:val="18"/>'))) == ()


def test_file_as_programs_write_it_is_read() -> None:
    document = python_docx.Document()
    document.add_heading("Country review report")
    document.add_paragraph("Agreed.")
    out = io.BytesIO()
    document.save(out)
    kinds = {finding.kind for finding in scan_docx(out.getvalue())}
    assert Kind.PROPERTIES in kinds
    assert not kinds & {Kind.HIDDEN_TEXT, Kind.TRACKED_CHANGES, Kind.COMMENTS, Kind.UNUSED_OBJECTS, Kind.STRAY_BYTES}


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return out.getvalue()


ENTITIES = b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a>&c;</a>'
HARMFUL = {
    "nothing": (b"", Reason.NOT_DOCX),
    "a PDF": (b"%PDF-1.7\n", Reason.NOT_DOCX),
    "another archive": (packed({"a.txt": b"a"}), Reason.NOT_DOCX),
    "a half": (docx()[:-30], Reason.NOT_DOCX),
    "no XML": (packed({"word/document.xml": b"<a"}), Reason.NOT_DOCX),
    "entities": (packed({"word/document.xml": ENTITIES}), Reason.NOT_DOCX),
    "entities in another alphabet": (
        packed({"word/document.xml": ENTITIES.decode().encode("utf-16")}),
        Reason.NOT_DOCX,
    ),
    "an unknown alphabet": (
        packed({"word/document.xml": b'<?xml version="1.0" encoding="x-no"?><a/>'}),
        Reason.NOT_DOCX,
    ),
    "a bomb": (packed({"word/document.xml": b" " * (65 << 20)}), Reason.TOO_LARGE),
    "many parts": (packed({f"{number}": b"" for number in range(5_001)}), Reason.TOO_LARGE),
}


@pytest.mark.parametrize(("file", "reason"), HARMFUL.values(), ids=HARMFUL)
def test_harmful_word_file_is_refused_with_its_reason(file: bytes, reason: Reason) -> None:
    with pytest.raises(Unpublishable) as refused:
        scan_docx(file)
    assert refused.value.reason == reason
