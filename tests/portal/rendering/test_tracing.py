"""What survives what: MARKS.md says the same in a table, and this file measures it."""

import subprocess
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageFilter

from portal.domain.rendering import Failure, NotRendered
from portal.papers.mark import write_mark
from portal.rendering.confinement import Confinement, Limits
from portal.rendering.dots import bits_of, dots, number_of
from tests.pdfs import bare, locked, typed, written
from tests.portal.rendering.test_marks import COPY, MARK, NUMBER, marked

ALL = {"properties", "operators", "words", "dots"}


@pytest.fixture(scope="module")
def copy(confinement: Confinement) -> bytes:
    return marked(confinement, typed(2))


@pytest.fixture(scope="module")
def scan(copy: bytes) -> Image.Image:
    """The first page at 150 dots an inch."""
    return picture(copy, 150)


def picture(data: bytes, dpi: int) -> Image.Image:
    return pypdfium2.PdfDocument(data)[0].render(scale=dpi / 72, grayscale=True).to_pil()


def saved(image: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    content = BytesIO()
    image.convert("L").save(content, kind, **options)
    return content.getvalue()


def traced(confinement: Confinement, data: bytes) -> set[str]:
    """Give by which marks the copy was found, and see that no other one was."""
    found = confinement.run("trace", data, {}).facts["found"]
    assert {one["copy"] for one in found} <= {COPY}
    return {by for one in found for by in one["by"]}


def test_bits_of_a_tile_are_read_back_and_no_wrong_one_passes() -> None:
    bits = bits_of(NUMBER)
    assert len(bits) == 96
    assert number_of(bits) == NUMBER
    for at in range(96):
        assert number_of([bit ^ (place == at) for place, bit in enumerate(bits)]) is None
    assert len(set(dots(NUMBER))) == 196


def test_all_four_marks_name_the_copy_as_it_left(confinement: Confinement, copy: bytes) -> None:
    assert traced(confinement, copy) == ALL


def stripped(data: bytes) -> bytes:
    with pikepdf.open(BytesIO(data)) as pdf:
        del pdf.Root["/Metadata"]
        del pdf.trailer["/Info"]
        for page in pdf.pages:
            if "/Annots" in page:
                del page["/Annots"]
        return written(pdf, fix_metadata_version=False)


def one_page(data: bytes) -> bytes:
    with pikepdf.open(BytesIO(data)) as pdf, pikepdf.new() as other:
        other.pages.append(pdf.pages[1])
        return written(other)


def as_picture(data: bytes) -> bytes:
    return saved(picture(data, 150), "PDF")


PDF_CHANGES: dict[str, tuple[Callable[[bytes], bytes], set[str]]] = {
    "metadata and annotations taken out": (stripped, {"operators", "words", "dots"}),
    "a page taken into another file": (one_page, {"operators", "words", "dots"}),
    "printed to a file as a picture": (as_picture, {"dots"}),
}


@pytest.mark.parametrize("change", PDF_CHANGES)
def test_a_changed_pdf_is_traced(confinement: Confinement, copy: bytes, change: str) -> None:
    how, left = PDF_CHANGES[change]
    assert traced(confinement, how(copy)) == left


def test_a_pdf_that_other_programs_wrote_anew_is_traced(confinement: Confinement, copy: bytes, tmp_path: Path) -> None:
    before, after = tmp_path / "before.pdf", tmp_path / "after.pdf"
    before.write_bytes(copy)
    try:
        subprocess.run(["qpdf", "--linearize", "--object-streams=generate", before, after], check=True, timeout=30)
    except FileNotFoundError:
        pytest.skip("needs Debian's qpdf")
    assert traced(confinement, after.read_bytes()) == ALL
    try:
        subprocess.run(["pdftocairo", "-pdf", before, after], check=True, timeout=60)
        subprocess.run(["pdftoppm", "-r", "150", "-jpeg", "-l", "1", before, tmp_path / "page"], check=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("needs Debian's poppler-utils")
    assert {"words", "dots"} <= traced(confinement, after.read_bytes())
    assert traced(confinement, next(tmp_path.glob("page*.jpg")).read_bytes()) == {"dots"}


def tilted(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)


def scaled(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)


def part(image: Image.Image, across: float, down: float, left: float = 0.2, top: float = 0.3) -> Image.Image:
    box = (left, top, left + across, top + down)
    return image.crop(tuple(round(side * of) for side, of in zip(box, 2 * image.size, strict=True)))


@cache
def noise(width: int, height: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    return np.random.default_rng(7).normal(0, 5, (height, width))


def paper(image: Image.Image) -> Image.Image:
    """Do to a picture what a printer and a scanner do: ink spreads, paper is grey, the sheet lies askew, noise."""
    spread = tilted(image.filter(ImageFilter.GaussianBlur(0.7)), 0.6)
    worn = np.asarray(spread, dtype=float) * 0.8 + 32 + noise(*spread.size)
    return Image.fromarray(worn.clip(0, 255).astype(np.uint8))


PICTURES: dict[str, Callable[[Image.Image], bytes]] = {
    "as it is": saved,
    "JPEG of quality 60": lambda scan: saved(scan, "JPEG", quality=60),
    "JPEG of quality 30": lambda scan: saved(scan, "JPEG", quality=30),
    "WebP of quality 50": lambda scan: saved(scan, "WEBP", quality=50),
    "tilted by 1 degree": lambda scan: saved(tilted(scan, 1)),
    "tilted by 1 degree, JPEG of quality 60": lambda scan: saved(tilted(scan, -1), "JPEG", quality=60),
    "tilted by 7 degrees": lambda scan: saved(tilted(scan, 7)),
    "on its side": lambda scan: saved(scan.rotate(90, expand=True)),
    "upside down": lambda scan: saved(scan.rotate(180)),
    "at 0.7 of its size": lambda scan: saved(scaled(scan, 0.7)),
    "at 1.37 of its size, JPEG of quality 60": lambda scan: saved(scaled(scan, 1.37), "JPEG", quality=60),
    "a quarter of the page": lambda scan: saved(part(scan, 0.5, 0.5)),
    "a quarter of the page, JPEG of quality 60": lambda scan: saved(part(scan, 0.5, 0.5), "JPEG", quality=60),
    "printed and scanned, as simulated": lambda scan: saved(paper(scan), "JPEG", quality=75),
    "printed and scanned, half of the page": lambda scan: saved(part(paper(scan), 1, 0.5, 0, 0.4), "JPEG", quality=75),
    "in two colours": lambda scan: saved(scan.point([255 * (grey > 200) for grey in range(256)])),
}


USUAL = (
    "tilted by 1 degree, JPEG of quality 60",
    "on its side",
    "at 1.37 of its size, JPEG of quality 60",
    "a quarter of the page, JPEG of quality 60",
    "printed and scanned, half of the page",
)


@pytest.mark.parametrize(
    "change", [name if name in USUAL else pytest.param(name, marks=pytest.mark.slow) for name in PICTURES]
)
def test_a_picture_of_a_page_is_traced(confinement: Confinement, scan: Image.Image, change: str) -> None:
    assert traced(confinement, PICTURES[change](scan)) == {"dots"}


LOST: dict[str, Callable[[Image.Image], bytes]] = {
    "a twentieth of the page": lambda scan: saved(part(scan, 0.25, 0.2)),
    "at 50 dots an inch": lambda scan: saved(scaled(scan, 1 / 3)),
    "blurred until letters can't be read": lambda scan: saved(scan.filter(ImageFilter.GaussianBlur(5))),
    "stretched one way": lambda scan: saved(scan.resize((scan.width, scan.height * 13 // 10))),
    "from aslant": lambda scan: saved(
        scan.transform(scan.size, Image.Transform.PERSPECTIVE, (1.2, 0.1, 0, 0, 1.1, 0, 2e-4, 0), fillcolor=255)
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", LOST)
def test_what_is_lost_is_said_to_be_lost_and_no_other_copy_is_named(
    confinement: Confinement, scan: Image.Image, change: str
) -> None:
    assert traced(confinement, LOST[change](scan)) == set()


def test_the_usual_ways_are_all_known() -> None:
    assert set(USUAL) < set(PICTURES)


def test_what_is_not_marked_names_nobody(confinement: Confinement) -> None:
    unmarked = typed(1)
    assert traced(confinement, unmarked) == set()
    assert traced(confinement, saved(picture(unmarked, 150))) == set()
    grid = Image.new("L", (800, 800), 255)
    for at in range(0, 800, 12):
        for down in range(0, 800, 12):
            grid.putpixel((at, down), 0)
    assert traced(confinement, saved(grid)) == set()


def test_a_page_with_next_to_nothing_on_it_is_traced(confinement: Confinement) -> None:
    """Between letters that cover half of them and none at all, the dots are found."""
    assert traced(confinement, as_picture(marked(confinement, bare(b"")))) == {"dots"}
    assert traced(confinement, as_picture(marked(confinement, bare()))) == {"dots"}


def test_without_dots_the_other_marks_are_there(confinement: Confinement) -> None:
    assert traced(confinement, marked(confinement, typed(1), dots=False)) == ALL - {"dots"}


def test_a_page_that_is_shown_names_its_copy_in_words_alone(confinement: Confinement) -> None:
    """Nothing invisible is burnt into pages that are looked at: people read the number there."""
    shown = confinement.run("page", typed(), {"number": 1, "dpi": 100, "text": False}, [write_mark(MARK)])
    assert traced(confinement, shown.content) == set()


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b"", Failure.NOT_SUPPORTED),
        (b"nothing", Failure.NOT_SUPPORTED),
        (b"GIF89a" + bytes(100), Failure.NOT_SUPPORTED),
        (b"%PDF-1.7 nothing", Failure.DAMAGED),
        (saved(Image.new("L", (3000, 3000)))[:-40], Failure.DAMAGED),
        (saved(Image.new("L", (9000, 9000))), Failure.TOO_LARGE),
        (locked(), Failure.ENCRYPTED),
    ],
    ids=["empty", "words", "another picture", "damaged", "cut off", "a bomb", "locked"],
)
def test_what_cannot_be_traced_is_said(confinement: Confinement, data: bytes, failure: Failure) -> None:
    with pytest.raises(NotRendered) as told:
        confinement.run("trace", data, {})
    assert told.value.failure is failure


def test_numbers_that_somebody_forged_into_a_file_do_no_harm(confinement: Confinement) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.trailer.Info = pikepdf.Dictionary({"/ReviewPortalCopy": pikepdf.String("'; DROP TABLE" + "A" * 5000)})

    assert confinement.run("trace", bare(change=change), {}).facts["found"] == []


def test_tracing_stays_within_the_memory_of_one_file(scan: Image.Image) -> None:
    """The default limit is 512 MiB; a large scan in colours fits."""
    large = scaled(scan, 4)
    content = BytesIO()
    large.convert("RGB").save(content, "JPEG", quality=80)
    with Confinement(Limits()) as confinement:
        assert traced(confinement, content.getvalue()) == {"dots"}
