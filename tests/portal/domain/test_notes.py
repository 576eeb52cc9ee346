"""What may be the scanned copy of a note, and where one has a place."""

import pytest

from portal.domain import media
from portal.domain.notes import COPIES_MOST, check_place, check_type
from portal.domain.problems import RefusedError


@pytest.mark.parametrize("first", [b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"II*\x00"])
def test_a_copy_is_a_pdf_or_a_picture(first: bytes) -> None:
    check_type(media.detect(first))


@pytest.mark.parametrize("first", [b"PK\x03\x04", b"<html>", b"<svg xmlns=''>", b"A letter.", b"\x00\x01\x02"])
def test_what_is_neither_is_refused_with_a_sentence(first: bytes) -> None:
    with pytest.raises(RefusedError, match="PDF or a picture"):
        check_type(media.detect(first))


def test_a_copy_of_the_note_of_an_end_needs_an_end_on_a_note() -> None:
    check_place(0, of_end=True, ended=True)
    check_place(0, of_end=False, ended=True)
    with pytest.raises(RefusedError, match="has not ended on a note"):
        check_place(0, of_end=True, ended=False)


def test_a_note_has_so_many_copies_and_no_more() -> None:
    check_place(COPIES_MOST - 1, of_end=False, ended=False)
    with pytest.raises(RefusedError, match="10 scanned copies already"):
        check_place(COPIES_MOST, of_end=False, ended=False)
