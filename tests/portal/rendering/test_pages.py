"""Pages as images: what they show, what they never bring along, and what becomes of files made to harm."""

import time
from io import BytesIO

import pikepdf
import pytest
from PIL import Image

from portal.domain.rendering import Failure, NotRendered
from portal.papers.mark import Mark, write_mark
from portal.rendering.confinement import Confinement
from portal.rendering.jobs import Made
from tests.pdfs import armed, bare, locked, owned, typed

MARK = Mark("Amina Haddad", "Freedonia", "26 November 2026, 10:58 UTC", "7K3M-92QX-AB3D-EF4G")
PAGE = {"number": 1, "dpi": 96, "text": True}


def page(confinement: Confinement, data: bytes, *marks: bytes, **changed: object) -> tuple[Made, Image.Image]:
    made = confinement.run("page", data, PAGE | changed, marks)
    return made, Image.open(BytesIO(made.content))


def darkness(image: Image.Image) -> float:
    grey = image.convert("L")
    return 255 - sum(value * count for value, count in enumerate(grey.histogram())) / (grey.width * grey.height)


def test_a_page_is_drawn_at_the_size_asked_for_and_its_words_are_told(confinement: Confinement) -> None:
    made, image = page(confinement, bare())
    assert image.format == "WEBP"
    assert (image.width, image.height) == (made.facts["width"], made.facts["height"]) == (794, 1123)
    assert made.facts["text"].strip() == "Confidential words"
    assert darkness(image) > 0.1
    assert "text" not in page(confinement, bare(), text=False)[0].facts


def test_the_mark_is_burnt_in_all_over_the_page(confinement: Confinement) -> None:
    empty, mark = bare(b""), write_mark(MARK)
    assert darkness(page(confinement, empty)[1]) == 0
    marked = page(confinement, empty, mark)[1]
    across, down = marked.width // 3, marked.height // 4
    for left in range(3):
        for top in range(4):
            part = marked.crop((left * across, top * down, (left + 1) * across, (top + 1) * down))
            assert darkness(part) > 0.5, (left, top)


@pytest.mark.parametrize("name", ["أمينة حداد", "王小明", "Ελένη", "Рюкзак", "אמינה"])
def test_marks_are_drawn_in_any_script(confinement: Confinement, name: str) -> None:
    def drawn(reader: str) -> Image.Image:
        mark = write_mark(Mark(reader, "X", "Y", "Z", rtl=True))
        return page(confinement, bare(b""), mark)[1]

    first, other, twice = drawn(name), drawn(name[::-1]), drawn(name)
    assert first.tobytes() == twice.tobytes()
    assert first.tobytes() != other.tobytes()
    assert first.tobytes() != drawn("□" * len(name)).tobytes()


def test_an_image_holds_nothing_but_the_picture(confinement: Confinement) -> None:
    made, image = page(confinement, armed())
    assert not image.info.get("exif")
    assert not image.info.get("xmp")
    for word in (b"%PDF", b"secret", b"alert", b"elsewhere", b"obj"):
        assert word not in made.content


def test_what_was_filled_in_is_shown(confinement: Confinement) -> None:
    part = (90, 290, 370, 330)
    without = page(confinement, bare())[1].crop(part)
    assert darkness(without) == 0
    assert darkness(page(confinement, armed())[1].crop(part)) > 1


def test_a_dense_page_in_grey_is_light_and_soon_there(confinement: Confinement) -> None:
    data, mark = typed(3), write_mark(MARK)
    began = time.monotonic()
    made, _ = page(confinement, data, mark, dpi=100)
    assert time.monotonic() - began < 1
    assert len(made.content) < 75_000


def test_a_page_however_large_has_so_many_pixels(confinement: Confinement) -> None:
    _, image = page(confinement, bare(size=(14_400, 14_400)), dpi=5000)
    assert image.width * image.height < 6_100_000
    _, thin = page(confinement, bare(size=(14_400, 3)), write_mark(MARK), dpi=200)
    assert thin.height >= 1


def test_pages_are_turned_and_cropped_as_a_reader_sees_them(confinement: Confinement) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Rotate = 90
        pdf.pages[0].CropBox = [100, 100, 400, 700]

    made, image = page(confinement, bare(change=change))
    assert (image.width, image.height) == (800, 400)
    assert made.facts["pages"] == 1


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b"", Failure.DAMAGED),
        (b"%PDF-1.7\nnothing", Failure.DAMAGED),
        (b"PK\x03\x04" + bytes(100), Failure.DAMAGED),
        (bare()[:300], Failure.DAMAGED),
        (locked(), Failure.ENCRYPTED),
    ],
    ids=["empty", "a head", "another type", "cut off", "locked"],
)
def test_what_cannot_be_shown_is_said_in_one_word(confinement: Confinement, data: bytes, failure: Failure) -> None:
    with pytest.raises(NotRendered) as told:
        confinement.run("page", data, PAGE)
    assert told.value.failure is failure


def test_a_file_that_anybody_opens_is_shown(confinement: Confinement) -> None:
    assert page(confinement, owned())[0].facts["text"].strip() == "Confidential words"


def test_ten_thousand_pages_are_shown_one_by_one(confinement: Confinement) -> None:
    long = bare(count=10_000)
    made, _ = page(confinement, long, number=9_999)
    assert (made.facts["pages"], made.facts["text"].strip()) == (10_000, "Confidential words")
    with pytest.raises(NotRendered):
        page(confinement, long, number=10_001)


def test_words_come_without_what_steers_a_terminal(confinement: Confinement) -> None:
    made, _ = page(confinement, bare(b"BT /F 24 Tf 72 700 Td (a\\033[2Jb\\000c\\007) Tj ET"))
    assert not [char for char in made.facts["text"] if ord(char) < 32 and char not in "\n\t"]
