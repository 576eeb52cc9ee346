"""A dialogue as PDF, read with other libraries than the one that wrote it."""

import re
import shutil
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from portal.papers.dialogue import Article, Paper
from portal.papers.fonts import FontsMissing, choose, shelf
from portal.papers.pdf import write_pdf
from portal.papers.room import PaperTooLong, check_room
from tests.dialogues import entry, paper_of, question

pytestmark = pytest.mark.usefixtures("fonts")

HOSTILE = [
    *(
        '#eval("1+1")',
        '#read("/etc/passwd")',
        "$x^2$ @ref <label>",
        "*/ /* //",
        '#import "@preview/a:1.0.0"',
        "\\u{41}",
    ),
    *(
        "</w:t>",
        "<script>alert(1)</script>",
        "{{ 7*7 }}",
        "\\input{/etc/passwd}",
        "%(title)s",
        "&amp;&#x41;",
        '"}],"x":[{"',
    ),
]


def read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf), strict=True)


def words(pdf: bytes) -> str:
    """Give the words of a PDF without what shapes and turns them, as another program selects them."""
    text = "".join(page.extract_text() for page in read(pdf).pages)
    return "".join(
        char
        for char in unicodedata.normalize("NFKC", text)
        if unicodedata.category(char) != "Cf" and not char.isspace()
    )


def flat(text: str) -> str:
    return "".join(text.split())


def test_four_scripts_can_be_selected(paper: Paper, tmp_path: Path) -> None:
    pdf = write_pdf(paper)
    text = words(pdf)
    for said in ("The law of 2019 applies", "https://law.example/5", "7.seventh", "twelve", "Second line."):
        assert flat(said) in text
    for said in ("Государство признало уголовно наказуемым", "被审议国将参加有组织犯罪集团的行为定为刑事犯罪。"):
        assert flat(said) in text
    if not shutil.which("pdftotext"):
        pytest.skip("needs Debian's poppler-utils (pdftotext)")
    (tmp_path / "paper.pdf").write_bytes(pdf)
    command = ["pdftotext", str(tmp_path / "paper.pdf"), "-"]
    seen = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "\ufffd" not in seen
    for word in ("تجرم", "الدولة", "المستعرضة", "جماعة", "إجرامية", "منظمة", "بحرستان", "Боретания"):
        assert word in unicodedata.normalize("NFKC", seen)


def test_articles_questions_and_answers_stand_in_their_order(paper: Paper) -> None:
    text = words(write_pdf(paper))
    places = [
        text.index(flat(said)) for said in ("Q1 Heading", "applies", "Q2 Heading", "Q3 Heading", "Q4 Heading", "Last.")
    ]
    assert places == sorted(places)


def test_title_language_bookmarks_tags_page_numbers_and_mark(paper: Paper) -> None:
    pdf = read(write_pdf(paper))
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Dialogue of Aland"
    assert pdf.metadata.author is None
    assert pdf.metadata.creation_date is None
    assert pdf.trailer["/Root"]["/Lang"] == "en"
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(pdf.trailer["/Root"])
    tops = [mark.title for mark in pdf.outline if not isinstance(mark, list)]
    assert tops == ["UNTOC 5", "UNTOC 6", "TIP 9"]
    assert [mark.title for mark in pdf.outline[1]] == ["Q1 Heading 1"]
    for number, page in enumerate(pdf.pages, start=1):
        text = page.extract_text()
        assert text.startswith("Confidential")
        assert f"{number} / {len(pdf.pages)}" in text


def test_a_paper_from_right_to_left_says_so() -> None:
    pdf = read(write_pdf(paper_of(entry("نعم", "ar", rtl=True), rtl=True)))
    assert pdf.trailer["/Root"]["/Lang"] == "ar"


def boxes(pdf: bytes) -> int:
    """Count the empty boxes: a glyph is two bytes (Identity-H), and glyph 0 is the box."""
    count = 0
    for page in read(pdf).pages:
        content = page.get_contents()
        for operands, operator in content.operations if content is not None else ():
            parts = operands[0] if operator == b"TJ" else operands if operator == b"Tj" else ()
            raws = [getattr(part, "original_bytes", part) for part in parts if isinstance(part, bytes | str)]
            count += sum(raw[at : at + 2] == b"\0\0" for raw in raws for at in range(0, len(raw), 2))
    return count


def test_all_fonts_are_embedded_and_no_glyph_is_an_empty_box(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    made = write_pdf(paper)
    for page in read(made).pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(inner.get_object())
    assert boxes(made) == 0
    odd = paper_of(entry("a \U000f0000 b"))
    assert boxes(write_pdf(odd)) == 0
    monkeypatch.setattr("portal.papers.pdf.choose", lambda characters, found: (choose(characters, found)[0], {}))
    assert boxes(write_pdf(odd)) == 1  # what would be on the page otherwise


def test_what_no_font_draws_is_written_as_its_number() -> None:
    text = words(write_pdf(paper_of(entry("a \U000f0000 b \U0001faf8 c"))))
    assert "a[U+F0000]b" in text
    assert "\u25a1" not in text


def test_letters_of_further_scripts_are_drawn() -> None:
    text = words(write_pdf(paper_of(entry("Ελλάδα Հայաստան საქართველო Việt Nam ไทย 日本語 한국어"))))
    for word in ("Ελλάδα", "Հայաստան", "საქართველო", "ViệtNam", "日本語", "한국어"):
        assert unicodedata.normalize("NFKC", word) in text
    assert "[U+" not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_text_or_a_name_is_interpreted(text: str) -> None:
    escaped = "".join(f"\\{char}" if char in "\\*_`[]<>#&|~!$%(){}\"'+-.:;,/@^=" else char for char in text)
    paper = paper_of(entry(escaped, attachments=(text,)))
    paper = Paper(
        text, text, ((text, text),), text, paper.language, paper.rtl, (Article(text, (question(1),)), *paper.articles)
    )
    said = write_pdf(paper)
    assert words(said).count(flat(text)) >= 7
    assert read(said).metadata.title == text  # type: ignore[union-attr]


@pytest.mark.parametrize("char", ["\0", "\ud800", "\x1b", "\u202e", "\u2066", "\ufffe", "\ufeff"])
def test_what_hides_or_turns_is_shown_as_a_sign(char: str) -> None:
    text = words(write_pdf(paper_of(entry(f"a{char}b", attachments=(f"c{char}d",)))))
    assert "a\ufffdb" in text
    assert "c\ufffdd" in text


@pytest.mark.parametrize("language", ["", "und", "x", "../..", "EN", 'en", fonts: "'])
def test_a_language_that_is_none_is_left_out(language: str) -> None:
    assert "yes" in words(write_pdf(paper_of(entry("yes", language))))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 3000,
        "م" * 3000,
        "中" * 3000,
        "https://a.example/" + "b/" * 1500,
        "> " * 20 + "W" * 500,
        "e\u0301" + "\u0301" * 500,
        "|a|b|c|d|e|f|\n" + "|-" * 6 + "\n" + "|" + "W" * 200,
    ],
)
def test_nothing_passes_the_edge_of_the_page(text: str, tmp_path: Path) -> None:
    if not shutil.which("pdftotext"):
        pytest.skip("needs Debian's poppler-utils (pdftotext)")
    (tmp_path / "paper.pdf").write_bytes(write_pdf(paper_of(entry(text))))
    command = ["pdftotext", "-bbox", str(tmp_path / "paper.pdf"), "-"]
    seen = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    edges = [float(edge) for edge in re.findall('xM(?:in|ax)="([0-9.-]+)"', seen)]
    assert len(edges) > 20
    assert min(edges) > 60
    assert max(edges) < 595 - 60


def test_a_font_that_is_missing_is_named_before_anything_is_made(tmp_path: Path, paper: Paper) -> None:
    with pytest.raises(FontsMissing, match="install fonts-noto-core and fonts-noto-cjk") as missing:
        write_pdf(paper, tmp_path)
    assert missing.value.packages == ("fonts-noto-core", "fonts-noto-cjk")
    latin = Path(shelf().faces["Noto Sans"][0])
    shutil.copy(latin, tmp_path / latin.name)
    with pytest.raises(FontsMissing, match="fonts-noto-core and fonts-noto-cjk"):
        write_pdf(paper, tmp_path / ".")


def test_only_the_fonts_that_are_needed_are_used() -> None:
    families, numbered = choose(frozenset("abc\u200d"), shelf())
    assert len(families) == 3
    assert not numbered
    assert "Noto Sans Thai" in choose(frozenset("ไ"), shelf())[0]


def test_the_same_paper_is_the_same_file(paper: Paper) -> None:
    assert write_pdf(paper) == write_pdf(paper)


def test_papers_are_written_by_several_threads_at_once(paper: Paper) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(write_pdf, [paper] * 8))) == 1


def test_no_word_reaches_a_disk(tmp_path: Path) -> None:
    """What is opened while a paper is made is only read, as the kernel tells."""
    if not shutil.which("strace"):
        pytest.skip("strace comes from Debian: without it, what is opened is not looked at")
    code = "from tests.dialogues import paper_of, entry; from portal.papers.pdf import write_pdf; "
    code += "from portal.papers.docx import write_docx; p = paper_of(entry('secret')); write_pdf(p); write_docx(p)"
    trace = tmp_path / "trace"
    calls_seen = "trace=open,openat,creat,socket,connect,memfd_create"
    strace = ["strace", "-f", "-e", calls_seen, "-o", str(trace)]
    subprocess.run([*strace, sys.executable, "-B", "-c", code], check=True)
    calls = [line for line in trace.read_text("utf-8").splitlines() if "ENOENT" not in line]
    assert any("NotoSans" in line for line in calls)
    assert not [
        line for line in calls if any(sign in line for sign in ("O_WRONLY", "O_RDWR", "O_CREAT", "socket(", "memfd"))
    ]


def test_memory_holds_one_paper_and_not_all_that_were_written() -> None:
    """Typst keeps what it has set: without driving it out, each of these would add a tenth of the first's memory."""

    def pages_held() -> int:
        return int(Path("/proc/self/statm").read_text("utf-8").split()[1])

    def written(turn: int) -> int:
        write_pdf(paper_of(*(entry(f"Text {turn} of {number}. " * 40) for number in range(150))))
        return pages_held()

    first = max(written(turn) for turn in range(3))
    later = max(written(turn) for turn in range(3, 11))
    assert later < first * 1.25


def test_a_paper_of_a_thousand_questions_has_room() -> None:
    text = "The State under review criminalizes participation. " * 10 + "\n\n"
    long = Article("UNTOC 5", tuple(question(number, entry(text), entry(text * 2)) for number in range(1000)))
    check_room(Paper("A", "b", (), "c", "en", False, (long,)))


@pytest.mark.parametrize(
    "text", ["- a\n" * 25_000, "a\n\n" * 33_000, "word " * 20_000, "|a|b|\n|-|-|\n" + "|c|d|\n" * 16_000]
)
def test_a_paper_without_room_is_refused_before_anything_is_made(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bullets take a hundred times the memory of plain words."""
    monkeypatch.setattr("portal.papers.room.ROOM", 60_000)
    monkeypatch.setattr("portal.papers.pdf._set", pytest.fail)
    with pytest.raises(PaperTooLong):
        write_pdf(paper_of(entry(text), entry(text)))
