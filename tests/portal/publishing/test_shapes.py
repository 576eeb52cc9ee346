"""The letters that others are held against: drawn from the fonts that are named, and able to tell words apart."""

import numpy as np
import pytest

from portal.papers.fonts import FontsMissing, shelf
from portal.publishing.outlines import FILE, packed, shape_of, unpacked
from portal.publishing.shapes import words_fit


def test_kept_letters_are_those_of_the_fonts() -> None:
    try:
        shelf()
    except FontsMissing as missing:
        pytest.skip(str(missing))
    from portal.publishing.faces import draw_all

    labels, shapes = unpacked(FILE.read_bytes())
    drawn_labels, drawn = unpacked(draw_all())
    assert labels == drawn_labels
    off = [np.abs(one.pixels - other.pixels).mean() for one, other in zip(shapes, drawn, strict=True)]
    assert np.mean(off) < 0.05  # of 3: another version of the fonts draws a little differently


def test_letters_of_all_six_languages_are_kept() -> None:
    labels, _ = unpacked(FILE.read_bytes())
    wanted = "AZaz09ÀéñœßŁΩфЙ\u062c\u0647\u0644\u0627\u0621\u0649\u0663国审议报告、。“”–•"
    assert set(wanted) <= set(labels)
    assert {"fi", "لا"} <= set(labels)


def test_shapes_are_read_as_they_were_written() -> None:
    mask = np.zeros((40, 30), dtype=np.bool_)
    mask[5:30, 10:14] = True
    labels, shapes = unpacked(packed(["l", "L"], [shape_of(mask), shape_of(~mask)]))
    assert labels == ["l", "L"]
    assert shapes[0].pixels.min() == 3
    assert np.isclose(shapes[0].aspect, np.log(4 / 25), atol=0.01)


def test_no_letters_are_no_word() -> None:
    dot = np.ones((3, 3), dtype=np.bool_)
    assert words_fit([]) == []
    assert words_fit([[]]) == [False]
    assert words_fit([[("\u0301", dot)], [], [("\ue000", dot)]]) == [False, False, False]
