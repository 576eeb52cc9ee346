"""Which words of a page are readable: decided by what is drawn, not by what the file says."""

import pytest

from portal.publishing.rebuild import RebuiltPage
from tests.hiding import HEIGHT, SHOWN, Hider, other_letters, page_of, sheet, text, written
from tests.publishing import public

WORD = "Kalvorin"


def look(file: bytes) -> RebuiltPage:
    return public(file).pages[0]


def more(page: RebuiltPage) -> tuple[str, ...]:
    return tuple(word for word in page.words if word not in SHOWN)


@pytest.mark.parametrize(
    "looks",
    [
        "",
        "0.5 g",
        "0.8 g",
        "1 0 0 rg",
        "0 0 1 rg",
        "1 Tr 0.5 w",
        "2 Tr 0.2 w",
        "0 g 10 30 150 40 re f 1 g",
        "0.2 0.4 0.2 rg 10 30 150 40 re f 1 g",
        "1 1 0.3 rg 10 30 150 40 re f 0 g",
    ],
)
def test_what_a_person_can_read_is_readable(looks: str) -> None:
    page = look(written(sheet(text(WORD, looks))))
    assert more(page) == (WORD,)
    assert page.hidden == page.unsure == ()


@pytest.mark.parametrize("size", [4, 6, 9, 24])
def test_small_and_large_letters_are_readable(size: int) -> None:
    assert more(look(written(sheet(text(WORD, size=size))))) == (WORD,)


@pytest.mark.parametrize("turn", ["0 1 -1 0 200 20 cm", "0 -1 1 0 200 120 cm", "-1 0 0 -1 200 60 cm"])
def test_words_turned_by_quarters_are_readable(turn: str) -> None:
    assert more(look(written(sheet(text(WORD, turn, at="0 0 Td"))))) == (WORD,)


def test_word_struck_through_is_readable() -> None:
    assert more(look(written(sheet(text(WORD) + b"0 g 10 44 100 1.2 re f\n")))) == (WORD,)


@pytest.mark.parametrize(
    "cover", ["10 30 90 15 re f", "10 30 40 40 re f", "10 46 90 30 re f", "10 30 45 40 re f", "10 30 20 40 re f"]
)
def test_word_covered_in_part_is_not_readable(cover: str) -> None:
    page = look(written(sheet(text(WORD) + f"0 g {cover}\n".encode())))
    assert more(page) == ()
    assert page.unsure == (WORD,)


@pytest.mark.parametrize("clip", ["0 44 300 40 re W n", "0 30 300 14 re W n", "0 30 48 40 re W n", "0 48 300 9 re W n"])
def test_word_cut_by_a_clip_is_not_readable(clip: str) -> None:
    page = look(written(sheet(text(WORD, clip))))
    assert more(page) == ()
    assert page.unsure == (WORD,)


@pytest.mark.parametrize("word", ["lilt", "IIII", "TTTT"])
def test_strokes_that_a_clip_leaves_a_third_of_are_not_readable(word: str) -> None:
    page = look(written(sheet(text(word, "0 30 300 14 re W n"))))
    assert more(page) == ()
    assert page.unsure == (word,)


def test_word_cut_by_the_crop_is_not_readable() -> None:
    pdf = sheet(text(WORD))
    page_of(pdf).CropBox = [0, 0, 50, HEIGHT]
    page = look(written(pdf))
    assert page.words == ()
    assert set(page.unsure) == {"Country", "agreed", WORD}
    assert set(page.hidden) == {"review", "report", "by", "all"}


def test_two_words_over_one_another_are_not_readable() -> None:
    page = look(written(sheet(text(WORD) + text("Mestrapo"))))
    assert more(page) == ()
    assert set(page.unsure) == {WORD, "Mestrapo"}


@pytest.mark.parametrize(
    ("said", "drawn"),
    [
        ("Kalvorin", "ABCDEFGH"),
        ("LISTEN", "SILENT"),
        ("secret", "public"),
        ("guilty", "normal"),
        ("no", "of"),
        ("He", "Be"),
    ],
)
def test_word_that_is_drawn_as_another_is_not_readable(said: str, drawn: str) -> None:
    page = look(other_letters(said, drawn))
    assert more(page) == ()
    assert len(page.unsure) == 1


def test_table_of_letters_that_tells_the_truth_is_believed() -> None:
    assert more(look(other_letters("Strawinsky", "Strawinsky"))) == ("Strawinsky",)


def test_one_letter_that_is_drawn_can_not_say_a_whole_word() -> None:
    page = look(other_letters(["Kalvorin", "b", "c"], "abc"))
    assert more(page) == ()
    assert page.unsure == ("Kalvorinbc",)


def test_pixels_of_a_text_that_nobody_sees_are_gone_from_the_picture_too() -> None:
    hide: Hider = lambda word: written(sheet(b"0 0 0.6 rg 10 30 150 40 re f\n" + text(word, "0 0 0.65 rg")))  # noqa: E731
    assert public(hide("Kalvorin")).file == public(hide("Mestrapodo")).file
