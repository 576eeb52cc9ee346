"""The public file: which pages, which words, how they look, and that it is always the same."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
import typst
from PIL import Image

from portal.papers.fonts import shelf
from portal.publishing.findings import Reason, Unpublishable
from portal.publishing.rebuild import page_count, rebuild
from portal.publishing.scanner import scan_public
from tests.hiding import HEIGHT, SHOWN, WIDTH, page_of, picture, sheet, text, with_image, written
from tests.publishing import public
from tests.seen_by_others import need_tools, run, words_in

REPORT = """
#set page(paper: "a5", header: text(fill: blue)[Country report])
#set text(size: 11pt, font: ("Noto Serif", "Noto Naskh Arabic", "Noto Sans CJK SC"))
= Findings
The State under review answered 45 questions (2019–2024); see article 16, paragraph 3(a). Coöperation is naïve.

Страновой обзор Конвенции против транснациональной преступности.

国别审议报告。受审议国应在两个月内提交自评答复。

#table(columns: 2, [Article], [Answer], [16], [Yes])
#pagebreak()
Annexes are secondary.
#pagebreak()
Closing remarks.
"""
WORDS = {"Findings", "questions", "(2019–2024);", "naïve.", "Страновой", "преступности.", "Article", "Answer", "Yes"}


def typed(source: str) -> bytes:
    return typst.compile(source.encode(), font_paths=shelf().fonts, ignore_system_fonts=True, format="pdf")


@pytest.fixture(scope="module")
def report() -> bytes:
    return typed(REPORT)


def drawn(file: bytes, number: int = 1, scale: float = 2) -> np.ndarray:
    bitmap = pypdfium2.PdfDocument(file)[number - 1].render(scale=scale)
    return np.asarray(bitmap.to_pil().convert("L"), dtype=np.int16)


def test_report_in_several_scripts_looks_and_reads_as_before(report: bytes, tmp_path: Path) -> None:
    need_tools()
    made = public(report)
    assert np.abs(drawn(report) - drawn(made.file)).mean() < 2.5
    assert made.pages[0].unsure == made.pages[0].hidden == ()
    (tmp_path / "public.pdf").write_bytes(made.file)
    said = words_in(tmp_path / "public.pdf").split()
    assert set(said) >= WORDS
    assert "国别审议报告。受审议国应在两个月内提交自评答复。" in said
    assert said.index("Findings") < said.index("answered") < said.index("Страновой") < said.index("Yes")


def test_arabic_is_read_from_the_right_in_its_order(tmp_path: Path) -> None:
    need_tools()
    words = ["جهة", "الوصل", "في", "الدولة", "قيد", "الاستعراض"]
    made = public(
        typed(f'#set page("a6")\n#set text(14pt, font: "Noto Sans Arabic", lang: "ar", dir: rtl)\n{" ".join(words)}')
    )
    assert list(made.pages[0].words) == words
    (tmp_path / "public.pdf").write_bytes(made.file)
    said = words_in(tmp_path / "public.pdf").translate({ord(mark): None for mark in "\u202a\u202b\u202c"})
    assert said.split() == words


def test_words_lie_where_they_are_seen(tmp_path: Path) -> None:
    need_tools()
    pdf = sheet(text("Upright", at="20 40 Td") + text("Turned", "0 1 -1 0 250 20 cm", at="0 0 Td"))
    page_of(pdf).CropBox = [10, 10, WIDTH, HEIGHT]
    places = []
    for name, file in (("source", written(pdf)), ("public", public(written(pdf)).file)):
        (tmp_path / name).write_bytes(file)
        # poppler tells where words stand from the corner of the crop only if it is asked to
        boxes = words_in(tmp_path / name, "-bbox", "-cropbox").splitlines()
        found = {line.split(">")[1].split("<")[0]: line.split('"')[1:9:2] for line in boxes if "<word" in line}
        places.append({word: [float(edge) for edge in edges] for word, edges in found.items()})
    source, result = places
    assert set(source) == set(result) >= {"Upright", "Turned", *SHOWN}
    for word, edges in source.items():
        assert np.abs(np.array(edges) - result[word])[[0, 2]].max() < 4, word


def test_only_the_chosen_pages_are_in_the_public_file(report: bytes) -> None:
    made = public(report, (1, 3))
    assert [page.source for page in made.pages] == [1, 3]
    with pikepdf.open(BytesIO(made.file)) as pdf:
        assert len(pdf.pages) == 2
    assert "Annexes" not in {word for page in made.pages for word in page.words}
    other = typed(REPORT.replace("Annexes are secondary", "Nothing of that"))
    assert public(other, (1, 3)).file == made.file


@pytest.mark.parametrize("pages", [(), (0,), (-1,), (4,), (2, 1), (1, 1), (1, 2, 3, 4)])
def test_pages_that_are_not_there_or_not_in_order_are_refused(report: bytes, pages: tuple[int, ...]) -> None:
    with pytest.raises(Unpublishable) as refused:
        rebuild(report, pages, "", "en")
    assert refused.value.reason == Reason.NO_SUCH_PAGES


def test_the_same_choice_gives_the_same_bytes(report: bytes) -> None:
    made = [rebuild(report, (2,), "Report", "en") for _ in range(2)]
    assert made[0] == made[1]


def test_title_and_language_are_the_only_properties(tmp_path: Path) -> None:
    need_tools()
    made = rebuild(written(sheet()), (1,), "تقرير (draft)\n\\ 1\u202e", "ar")
    (tmp_path / "public.pdf").write_bytes(made.file)
    said = run("exiftool", "-a", "-u", "-G1", "-s", tmp_path / "public.pdf").decode().splitlines()
    own = dict(line.removeprefix("[PDF]").split(":", 1) for line in said if line.startswith("[PDF]"))
    assert {name.strip(): value.strip() for name, value in own.items()} == {
        "PDFVersion": "1.7",
        "Linearized": "No",
        "Language": "ar",
        "TaggedPDF": "Yes",
        "PageCount": "1",
        "Title": "تقرير (draft) \\ 1",
    }
    assert scan_public(made) == ()


@pytest.mark.parametrize("language", ["", "en\n", "english language", "<</X", "e"])
def test_what_is_no_language_is_refused(language: str) -> None:
    with pytest.raises(ValueError, match="language"):
        rebuild(written(sheet()), (1,), "", language)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_turned_and_cropped_pages_look_as_before(turn: int) -> None:
    pdf = sheet(text("Landscape"))
    page_of(pdf).Rotate = turn
    page_of(pdf).CropBox = [5, 10, WIDTH - 20, HEIGHT]
    made = public(written(pdf))
    assert set(made.pages[0].words) == {*SHOWN, "Landscape"}
    before, after = drawn(written(pdf)), drawn(made.file)
    assert before.shape == after.shape
    assert np.abs(before - after).mean() < 4
    assert scan_public(made) == ()


def test_page_that_is_a_picture_stays_one_and_has_no_words() -> None:
    image = Image.effect_noise((1200, 400), 60).convert("RGB")
    out = BytesIO()
    image.save(out, "JPEG")
    pdf = sheet(b"q 300 0 0 160 0 0 cm /I Do Q\n", shown=b"")
    page_of(pdf).Resources.XObject.I = pdf.make_stream(
        out.getvalue(),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=1200,
        Height=400,
        BitsPerComponent=8,
        ColorSpace=pikepdf.Name.DeviceRGB,
        Filter=pikepdf.Name.DCTDecode,
    )
    made = public(written(pdf))
    assert made.pages[0].words == ()
    assert not made.pages[0].blank
    assert np.abs(drawn(written(pdf)) - drawn(made.file)).mean() < 12
    assert scan_public(made) == ()


def test_empty_page_stays_empty() -> None:
    made = public(written(sheet(shown=b"")))
    assert made.pages[0].blank
    assert drawn(made.file).min() == 255
    assert scan_public(made) == ()


def test_picture_is_drawn_anew_and_keeps_its_look() -> None:
    file = with_image("", b"q 120 0 0 40 20 20 cm /I Do Q\n", picture("Map"))
    made = public(file)
    assert np.abs(drawn(file) - drawn(made.file)).mean() < 3
    assert picture("Map")[200:400] not in made.file


def test_page_of_text_takes_less_than_ninety_kilobytes() -> None:
    assert len(public(typed('#set page("a4")\n#set text(11pt, font: "Noto Serif")\n#lorem(450)')).file) < 90_000


def test_page_count_is_that_of_the_file(report: bytes) -> None:
    assert page_count(report) == 3
