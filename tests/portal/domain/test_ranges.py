"""Ranges of a download: which bytes they are, and which headers count for nothing."""

import pytest

from portal.domain.ranges import Span, lists_tag, parse_range, same_tag


@pytest.mark.parametrize(
    ("header", "size", "span"),
    [
        ("bytes=0-0", 1000, Span(0, 1)),
        ("bytes=-500", 1000, Span(500, 1000)),
        ("bytes=-5000", 1000, Span(0, 1000)),
        ("bytes=500-", 1000, Span(500, 1000)),
        ("bytes=500-99999", 1000, Span(500, 1000)),
        ("Bytes = 1 - 3", 1000, Span(1, 4)),
        ("bytes=1000-", 1000, None),
        ("bytes=-0", 1000, None),
        ("bytes=0-0", 0, None),
        ("bytes=-5", 0, None),
    ],
)
def test_a_range_is_found_in_a_content(header: str, size: int, span: Span | None) -> None:
    asked = parse_range(header)
    assert asked is not None
    assert asked.within(size) == span


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=0-1,3-4",
        "lines=0-1",
        "bytes=a-b",
        "bytes=\u0660-\u0661",
        "bytes=" + "0-1," * 5000,
        "bytes=0-" + "9" * 30,
    ],
)
def test_what_is_no_single_range_is_as_if_it_were_not_there(header: str | None) -> None:
    assert parse_range(header) is None


def test_if_range_takes_strong_tags_only() -> None:
    assert same_tag('"a"', '"a"')
    assert not same_tag('W/"a"', '"a"')
    assert not same_tag("Tue, 24 Nov 2026 09:00:00 GMT", '"a"')
    assert not same_tag(None, '"a"')


def test_a_list_of_tags_is_searched() -> None:
    assert lists_tag('"b", W/"a"', '"a"')
    assert lists_tag("*", '"a"')
    assert not lists_tag('"b"', '"a"')
    assert not lists_tag(None, '"a"')
