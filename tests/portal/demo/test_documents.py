"""The demonstration's documents: real files, as their readers find them."""

import shutil
import struct
import subprocess
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from portal.demo.cast import PEOPLE, REVIEWS
from portal.demo.documents import DemoDocument, write_documents
from portal.domain.documents import DocumentStage
from portal.domain.files import clean_name
from portal.domain.media import FIRST_BYTES, agrees, detect
from portal.domain.reviews import RoomKind

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}"


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[DemoDocument]:
    return write_documents(tmp_path_factory.mktemp("demo"))


def of_kind(documents: list[DemoDocument], suffix: str) -> list[DemoDocument]:
    found = [document for document in documents if document.path.suffix == suffix]
    assert found
    return found


def test_both_reviews_have_the_same_documents_but_for_their_parties(documents: list[DemoDocument]) -> None:
    first, second = (
        [(d.key, d.title, d.kind, d.room, d.stage, d.tags) for d in documents if d.review == review.key]
        for review in REVIEWS
    )
    assert first == second
    contents = [document.path.read_bytes() for document in documents]
    assert len(set(contents)) == len(contents)


def test_writing_them_again_gives_the_same_bytes(documents: list[DemoDocument], tmp_path: Path) -> None:
    for before, after in zip(documents, write_documents(tmp_path), strict=True):
        assert before.path.read_bytes() == after.path.read_bytes()


def test_each_marker_stands_in_the_clear_in_its_own_file_and_in_no_other(documents: list[DemoDocument]) -> None:
    for document in documents:
        holders = [other.path for other in documents if document.marker.encode() in other.path.read_bytes()]
        assert holders == [document.path]


def test_another_seed_gives_other_markers(documents: list[DemoDocument], tmp_path: Path) -> None:
    others = {document.marker for document in write_documents(tmp_path, seed="another")}
    assert not others & {document.marker for document in documents}


def test_the_files_are_what_their_names_say(documents: list[DemoDocument]) -> None:
    assert {document.path.suffix for document in documents} == {".pdf", ".docx", ".xlsx", ".png"}
    for document in documents:
        detected = detect(document.path.read_bytes()[:FIRST_BYTES])
        assert detected == document.media_type
        assert agrees(document.media_type, detected, document.path.name)


def test_names_in_four_scripts_survive_cleaning(documents: list[DemoDocument]) -> None:
    names = [document.path.name for document in documents]
    assert not any(clean_name(name).changed for name in names)
    for letter in ("\N{ARABIC LETTER ALEF}", "审", "\N{CYRILLIC CAPITAL LETTER I}", "O"):
        assert any(letter in name for name in names)


def test_every_document_is_uploaded_by_somebody_who_may_be_in_that_room(documents: list[DemoDocument]) -> None:
    people = {person.key: person for person in PEOPLE}
    parties = {review.key: review.parties for review in REVIEWS}
    for document in documents:
        person, review = people[document.by], parties[document.review]
        match document.room:
            case RoomKind.NATIONAL:
                assert person.state == review.under_review
            case RoomKind.REVIEWERS:
                assert person.state in review.reviewing
            case RoomKind.SECRETARIAT:
                assert person.state is None
            case RoomKind.SHARED:
                assert person.state in {None, review.under_review, *review.reviewing}


def test_every_room_and_stage_has_a_document_and_references_are_whole(documents: list[DemoDocument]) -> None:
    assert {document.room for document in documents} == set(RoomKind)
    assert {document.stage for document in documents} == set(DocumentStage)
    keys = {(document.review, document.key) for document in documents}
    for document in documents:
        for reference in (document.follows, document.translates):
            assert reference is None or (document.review, reference) in keys
    assert Counter(document.language for document in documents).keys() == {"ar", "en", "zh", "ru", "fr"}


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="needs Debian's poppler-utils (apt-get install poppler-utils)"
)
def test_pdftotext_reads_every_page_of_the_pdfs(documents: list[DemoDocument]) -> None:
    for document in of_kind(documents, ".pdf"):
        run = subprocess.run(["pdftotext", "-layout", document.path, "-"], check=True, capture_output=True)
        assert run.stderr == b""
        assert document.marker in run.stdout.decode()
        assert "invented" in run.stdout.decode()
        info = subprocess.run(["pdfinfo", document.path], check=True, capture_output=True).stdout.decode()
        assert document.title in info
        pages = 3 if document.key == "law-consolidated" else 1
        assert f"Pages:           {pages}\n" in info
        assert run.stdout.count(b"\f") == pages


def test_the_cross_reference_table_of_the_pdfs_points_at_the_objects(documents: list[DemoDocument]) -> None:
    for document in of_kind(documents, ".pdf"):
        data = document.path.read_bytes()
        start = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
        rows = data[start:].split(b"trailer")[0].splitlines()[3:]
        for number, row in enumerate(rows, 1):
            assert data[int(row[:10]) :].startswith(b"%d 0 obj" % number)


def test_office_documents_are_well_formed_and_whole(documents: list[DemoDocument]) -> None:
    for document in [*of_kind(documents, ".docx"), *of_kind(documents, ".xlsx")]:
        with zipfile.ZipFile(document.path) as archive:
            assert archive.testzip() is None
            parts = {name: ET.fromstring(archive.read(name)) for name in archive.namelist()}  # noqa: S314 - ours
        named = {row.get("PartName") for row in parts["[Content_Types].xml"]} - {None}
        assert named == {f"/{name}" for name in parts if not name.endswith(".rels")} - {"/[Content_Types].xml"}
        for name, part in parts.items():
            if name.endswith(".rels"):
                folder = name.partition("_rels/")[0]
                assert all(
                    folder + str(row.get("Target")) in parts for row in part.iter(f"{RELATIONSHIPS}Relationship")
                )


def test_texts_hold_their_marker_and_arabic_runs_from_right_to_left(documents: list[DemoDocument]) -> None:
    for document in of_kind(documents, ".docx"):
        with zipfile.ZipFile(document.path) as archive:
            body = ET.fromstring(archive.read("word/document.xml"))  # noqa: S314 - our own file
        assert document.marker in "".join(text.text or "" for text in body.iter(f"{WORD}t"))
        assert (body.find(f".//{WORD}bidi") is not None) == (document.language == "ar")


def test_tables_hold_numbers_and_words(documents: list[DemoDocument]) -> None:
    for document in of_kind(documents, ".xlsx"):
        with zipfile.ZipFile(document.path) as archive:
            sheet = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own file
        assert document.marker in [text.text for text in sheet.iter(f"{SHEET}t")]
        view = sheet.find(f".//{SHEET}sheetView")
        assert view is not None
        assert (view.get("rightToLeft") == "1") == (document.language == "ar")


def test_pictures_are_whole(documents: list[DemoDocument]) -> None:
    for document in of_kind(documents, ".png"):
        data = document.path.read_bytes()[8:]
        chunks: dict[bytes, bytes] = {}
        while data:
            (length,) = struct.unpack(">I", data[:4])
            kind, body = data[4:8], data[8 : 8 + length]
            assert struct.unpack(">I", data[8 + length : 12 + length]) == (zlib.crc32(kind + body),)
            chunks[kind], data = body, data[12 + length :]
        width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
        assert len(zlib.decompress(chunks[b"IDAT"])) == height * (width + 1)
        assert document.marker.encode() in chunks[b"iTXt"]
