"""A trail as PDF, read with other libraries than the one that wrote it."""

import subprocess
import sys
import unicodedata
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from portal.papers.fonts import FontsMissing
from portal.papers.pdf import write_trail
from portal.papers.trail import MOST_LINES, TrailPaper, TrailTooLong

pytestmark = pytest.mark.usefixtures("fonts")

ROW = (
    ("4 May 2026, 09:30", "first 4 May 2026, 09:10"),
    ("Alma Reyes", "Governmental expert", "Belmora"),
    ("downloaded the document", "in 60 parts"),
    ("12. Penal code of the republic, as amended in 2024", "version 3"),
    ("complete", "59 KiB"),
    ("12–71", "Shared room"),
)
HOSTILE = (
    '#eval("1+1")',
    "$x^2$ @ref <label>",
    "*/ /* // _a_ *b*",
    "\\u{41} ~",
    "= Heading",
    "<script>1</script>",
    "%(count)s",
)


def paper(*rows: tuple[tuple[str, ...], ...], rtl: bool = False) -> TrailPaper:
    heads = ("When", "Who", "What", "Document", "Outcome", "Entry")
    facts, language = (("Lines", str(len(rows))),), "ar" if rtl else "en"
    return TrailPaper(
        "Who opened what",
        "Review of Arandia",
        facts,
        "4 May 2026",
        language,
        rtl,
        ("A note.",),
        heads,
        (1,) * 6,
        rows,
        "Confidential",
    )


def words(pdf: bytes) -> str:
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf), strict=True).pages)
    return "".join(
        one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf" and not one.isspace()
    )


def test_every_cell_is_on_the_paper_under_its_head_and_on_each_page() -> None:
    pdf = write_trail(paper(*(ROW,) * 60))
    pages = PdfReader(BytesIO(pdf)).pages
    assert len(pages) > 1
    for page in pages:
        assert "Confidential" in page.extract_text()
        assert "Outcome" in page.extract_text()
    text = words(pdf)
    assert text.count("AlmaReyes") == text.count("version3") == 60
    assert "Anote." in text


def test_words_are_shown_as_they_are_and_never_read() -> None:
    text = words(write_trail(paper(*(((one,), (one * 3,), (), (one,), (), ()) for one in HOSTILE))))
    for one in HOSTILE:
        assert "".join(one.split()) in text, one
    assert words(write_trail(paper(rtl=True))).startswith("Confidential")


def test_a_word_of_a_thousand_letters_stays_in_its_cell() -> None:
    assert "Outcome" in words(write_trail(paper((("x" * 1000,),) * 6)))


def test_more_lines_than_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrailTooLong):
        write_trail(paper(*(ROW,) * (MOST_LINES + 1)))
    with pytest.raises(FontsMissing):
        write_trail(paper(), tmp_path)


def test_the_longest_paper_takes_a_quarter_of_the_services_memory() -> None:
    code = (
        "import re; from tests.portal.papers.test_trail import MOST_LINES, ROW, paper, write_trail\n"
        "write_trail(paper(*(ROW,) * MOST_LINES)); status = open('/proc/self/status').read()\n"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', status)[1])"  # getrusage begins with what the test's own process had
    )
    seen = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert int(seen) < 512 * 1024
