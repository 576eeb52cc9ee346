"""The search over the disk finds what is there, in whatever spelling, and nothing that isn't."""

import os
from pathlib import Path

import pytest

from portal.demo.disk import PLACES, Needle, affordable, files_in, pieces, search, word


@pytest.mark.parametrize(
    "written",
    [
        "ليلى القمري".encode(),
        "ليلى القمري".encode("utf-16-le"),
        "ليلى القمري".encode("utf-16-be"),
        b'{"name": "\\u0644\\u064a\\u0644\\u0649 \\u0627\\u0644\\u0642\\u0645\\u0631\\u064a"}',
    ],
)
def test_a_name_is_found_in_every_spelling_in_which_a_program_writes_it(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "clean").write_bytes(os.urandom(5000))
    (tmp_path / "leak").write_bytes(os.urandom(3000) + written + os.urandom(1000))
    found, read = search(files_in([tmp_path]), list(word("the name", "ليلى القمري")))
    assert [(one.what, one.path.name) for one in found] == [("the name", "leak")]
    assert read == 9000 + len(written)


def test_a_word_so_short_that_it_occurs_by_chance_is_not_looked_for() -> None:
    assert list(word("the title", "a.txt")) == []
    [needle] = word("the name", "林月")
    assert all(len(spelling) >= 6 for spelling in needle.spellings)


def test_any_half_of_a_file_is_found_by_its_pieces(tmp_path: Path) -> None:
    original = tmp_path / "original"
    original.write_bytes(os.urandom(100_000))
    needles = list(pieces("a piece", original))
    assert len(needles) == PLACES
    for half in (original.read_bytes()[:50_000], original.read_bytes()[50_000:]):
        (tmp_path / "half").write_bytes(b"x" * 77 + half)
        found, _ = search([tmp_path / "half"], needles)
        assert found


def test_a_piece_that_could_occur_anywhere_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "zeros").write_bytes(bytes(10_000))
    assert list(pieces("a piece", tmp_path / "zeros")) == []


def test_with_very_much_to_search_fewer_pieces_are_looked_for_but_never_none() -> None:
    needles = [Needle(str(number), (b"123456",)) for number in range(3000)]
    assert affordable(needles, 1_000_000) == needles
    assert 25 <= len(affordable(needles, 1 << 50)) <= 60
