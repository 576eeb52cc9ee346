"""A word in any hiding place of a PDF file never reaches the public file, as tools say that aren't ours."""

import unicodedata
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
import pytest

from portal.publishing.findings import WORDS, Kind
from portal.publishing.scanner import scan_public
from tests.hiding import PLACES, SHOWN, Place, plain, sheet, with_numbers_as_objects
from tests.publishing import public, removed
from tests.seen_by_others import complaints, everything_in, need_tools, words_in

ONE = "Kalvorin"
OTHER = "Mestrapodo"
PICTURES = {Kind.HIDDEN_IMAGES, Kind.THUMBNAILS}
SPELLINGS = tuple(
    spelling.lower() for bare in (ONE.encode(), ONE.encode("utf-16-be")) for spelling in (bare, bare.hex().encode())
)
# the scanner has no word for these: names in the code of a file, which say nothing to anybody in particular
NAMED_BY_NOTHING = {
    "name_of_the_output",
    "identifier",
    "name_of_a_font",
    "tag_in_the_code",
    "entry_of_a_stream",
}


@cache
def seen(file: bytes) -> tuple[list[str], str, bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "public.pdf"
        path.write_bytes(file)
        return complaints(path), words_in(path), everything_in(path, Path(folder))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_public_file_is_the_same_whatever_word_is_hidden(place: Place) -> None:
    assert place.hide(ONE) != place.hide(OTHER)
    assert public(place.hide(ONE)).file == public(place.hide(OTHER)).file


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_other_tools_find_what_is_shown_and_nothing_of_the_hidden_word(place: Place) -> None:
    need_tools()
    found_faults, words, everything = seen(public(place.hide(ONE)).file)
    assert found_faults == []
    assert set(SHOWN) <= set(words.split())
    for spelling in SPELLINGS:
        assert spelling not in everything.lower()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_scanner_names_the_place_in_the_source_and_none_in_the_public_file(place: Place) -> None:
    kinds = {finding.kind for finding in removed(place.hide(ONE))}
    assert (place.kind in kinds) is (place.name not in NAMED_BY_NOTHING)
    assert scan_public(public(place.hide(ONE))) == ()


def test_other_tools_see_hidden_words_in_the_sources(tmp_path: Path) -> None:
    """What searches the public files would find the words if they were there."""
    need_tools()
    for place in [place for place in PLACES if place.kind not in PICTURES][::6]:
        folder = tmp_path / place.name
        folder.mkdir()
        (folder / "source.pdf").write_bytes(place.hide(ONE))
        everything = everything_in(folder / "source.pdf", folder).lower()
        assert any(spelling in everything for spelling in SPELLINGS), place.name


def linear() -> bytes:
    """Write a file in the order in which it is read from the web."""
    out = BytesIO()
    sheet().save(out, linearize=True)
    return out.getvalue()


def packed_tightly() -> bytes:
    out = BytesIO()
    sheet().save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=True)
    return out.getvalue()


@pytest.mark.parametrize("write", [plain, with_numbers_as_objects, linear, packed_tightly])
def test_scanner_finds_nothing_in_a_file_that_hides_nothing(write: Callable[[], bytes]) -> None:
    assert removed(write()) == ()
    assert public(write()).file == public(plain()).file


def test_scanner_shows_the_hidden_words_to_whoever_hid_them() -> None:
    for place in PLACES:
        if place.kind in {Kind.HIDDEN_TEXT, Kind.COMMENTS, Kind.BOOKMARKS, Kind.ATTACHMENTS, Kind.ALTERNATE_TEXT}:
            (finding,) = (finding for finding in removed(place.hide(ONE)) if finding.kind == place.kind)
            assert any(ONE in words for words in finding.words), place.name


def test_every_kind_has_words_for_people() -> None:
    assert set(WORDS) == set(Kind)
    assert all(unicodedata.category(words[0]) == "Lu" for words in WORDS.values())
