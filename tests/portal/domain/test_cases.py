"""What people write in a case, a concern or a grant."""

import pytest

from portal.domain.cases import line_of, text_of
from portal.domain.problems import RefusedError


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u034f", "\u3164", "\ufffe", "\x9f", "\x0b"])
def test_a_text_shows_all_that_it_says_in_the_order_in_which_it_says_it(hidden: str) -> None:
    with pytest.raises(RefusedError):
        text_of(f"There was{hidden} no breach.")
    with pytest.raises(RefusedError):
        line_of(f"A{hidden} driver")


def test_lines_and_the_marks_that_arabic_takes_are_kept() -> None:
    assert text_of(" A page,\r\nfound in a taxi.\u200f ") == "A page,\nfound in a taxi.\u200f"
    assert line_of(" ") == ""
