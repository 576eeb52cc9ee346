"""A dialogue as DOCX, read as a ZIP, as XML and by another library than the one that wrote it."""

# ruff: noqa: RUF001 - letters of many scripts are the point here

import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree as ET

import docx
import pytest

from portal.papers.dialogue import Article, Paper
from portal.papers.docx import write_docx
from tests.dialogues import entry, paper_of, question

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = [
    "</w:t></w:r><w:r>",
    "<script>alert(1)</script>",
    "&amp;&#x41;",
    "]]>",
    "<!-- x -->",
    "%(title)s {{x}} #eval",
    "\"'",
]


def parts_of(data: bytes) -> dict[str, ET.Element]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: ET.fromstring(archive.read(name)) for name in archive.namelist()}  # noqa: S314 - our own


def lines(data: bytes) -> list[tuple[str, str]]:
    return [(paragraph.style.name, paragraph.text) for paragraph in docx.Document(BytesIO(data)).paragraphs]


def test_articles_questions_and_answers_stand_in_their_order(paper: Paper) -> None:
    told = lines(write_docx(paper))
    heads = [text for style, text in told if style in {"Heading 1", "Heading 2"}]
    assert heads == [
        *("UNTOC 5", "Q1 Heading 1", "UNTOC 6", "Q2 Heading 2", "Q3 Heading 3", "TIP 9", "Q4 Heading 4"),
    ]
    assert told[0] == ("Title", "Dialogue of Aland")
    assert ("Heading 3", "In force") in told
    assert ("Normal", "•\tfirst") in told
    assert ("Normal", "7.\tseventh") in told
    assert ("Quote", "quoted") in told
    assert ("Normal", "The law of 2019 applies, see art. 5 and the text (https://law.example/5).\nSecond line.") in told
    assert ("Normal", "被审议国将参加有组织犯罪集团的行为定为刑事犯罪。") in told
    assert ("Small", "• \u200fقانون 2019.pdf\u200f") in told


def test_looks_and_tables_are_words_own(paper: Paper) -> None:
    read = docx.Document(BytesIO(write_docx(paper)))
    looks = {run.text: (run.bold, run.italic) for paragraph in read.paragraphs for run in paragraph.runs}
    assert looks["law"] == (True, None)
    assert looks["applies"] == (None, True)
    (table,) = read.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["Year", "Cases"], ["2024", "twelve"]]


def test_what_reads_from_right_to_left_is_marked_so(paper: Paper) -> None:
    body = parts_of(write_docx(paper))["word/document.xml"]
    paragraphs = {"".join(text.text or "" for text in part.iter(f"{W}t")): part for part in body.iter(f"{W}p")}
    arabic = next(part for text, part in paragraphs.items() if text.startswith("تجرم"))
    assert arabic.find(f"{W}pPr/{W}bidi") is not None
    runs = {run.findtext(f"{W}t"): run.find(f"{W}rPr/{W}rtl") is not None for run in arabic.iter(f"{W}r")}
    assert {text: rtl for text, rtl in runs.items() if text and text.strip()} == {
        "تجرم الدولة المستعرضة (المادة 5 من ": True,
        "UNTOC) ": False,
        "المشاركة في ": True,
        "جماعة إجرامية": True,
        " منظمة.": True,
    }
    languages = {run.find(f"{W}rPr/{W}lang").get(f"{W}bidi") for run in arabic.iter(f"{W}r")}  # type: ignore[union-attr]
    assert languages == {"ar"}
    latin = next(part for text, part in paragraphs.items() if text.startswith("The law"))
    assert latin.find(f"{W}pPr/{W}bidi") is None
    turned = parts_of(write_docx(paper_of(entry("نعم", "ar", rtl=True), rtl=True)))["word/document.xml"]
    assert turned.find(f"{W}body/{W}sectPr/{W}bidi") is not None


def test_words_that_read_the_other_way_than_the_paper_are_kept_together() -> None:
    told = lines(write_docx(paper_of(entry("نعم", "ar", rtl=True), rtl=True)))
    assert ("Heading 2", "\u200eQ1 Heading 1\u200e") in told
    assert (
        "Said",
        "\u200f · \u200f".join(f"\u200e{part}\u200e" for part in ("Answer", "Focal point of Aland", "5 May 2026")),
    ) in told


def test_nothing_leads_outside_or_runs(paper: Paper) -> None:
    parts = parts_of(write_docx(paper))
    assert set(parts) == {
        *("[Content_Types].xml", "_rels/.rels", "docProps/core.xml", "word/document.xml", "word/styles.xml"),
        *("word/header.xml", "word/footer.xml", "word/_rels/document.xml.rels"),
    }
    for name in ("_rels/.rels", "word/_rels/document.xml.rels"):
        for relationship in parts[name]:
            assert relationship.get("TargetMode") is None
            assert re.fullmatch("[a-zA-Z/]+[.]xml", relationship.get("Target") or "")
    instructions = [part.get(f"{W}instr") for name in parts for part in parts[name].iter(f"{W}fldSimple")]
    assert instructions == [" PAGE ", " NUMPAGES "]
    forbidden = ("instrText", "hyperlink", "object", "drawing", "pict", "altChunk", "control", "subDoc")
    assert not [part.tag for name in parts for part in parts[name].iter() if part.tag.rpartition("}")[2] in forbidden]


def test_properties_name_the_paper_and_nobody(paper: Paper) -> None:
    core = parts_of(write_docx(paper))["docProps/core.xml"]
    assert {part.tag.rpartition("}")[2]: part.text for part in core} == {"title": paper.title, "language": "en"}
    header = parts_of(write_docx(paper))["word/header.xml"]
    assert "".join(header.itertext()) == "Confidential"


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_text_or_a_name_is_interpreted(text: str) -> None:
    escaped = "".join(f"\\{char}" if not (char.isalnum() or char.isspace()) else char for char in text)
    paper = paper_of(entry(escaped, attachments=(text,)))
    paper = Paper(
        text, text, ((text, text),), text, paper.language, paper.rtl, (Article(text, (question(1),)), *paper.articles)
    )
    data = write_docx(paper)
    assert sum(told.count(text) for _, told in lines(data)) == 8
    assert docx.Document(BytesIO(data)).core_properties.title == text


@pytest.mark.parametrize("char", ["\0", "\ud800", "\x1b", "\u202e", "\u2066", "\ufffe"])
def test_what_hides_or_turns_is_shown_as_a_sign(char: str) -> None:
    told = lines(write_docx(paper_of(entry(f"a{char}b", attachments=(f"c{char}d",)))))
    assert ("Normal", "a\ufffdb") in told
    assert ("Small", "• c\ufffdd") in told


@pytest.mark.parametrize("language", ["", "x", '"/>', "EN"])
def test_a_language_that_is_none_is_left_out(language: str) -> None:
    assert ("Normal", "yes") in lines(write_docx(paper_of(entry("yes", language))))


def test_the_same_paper_is_the_same_file(paper: Paper) -> None:
    assert write_docx(paper) == write_docx(paper)
