"""Tags by instrument and article."""

# ruff: noqa: RUF001 - letters of many scripts are the point here

import pytest

from portal.domain.instruments import ARTICLES, PROTOCOLS, SHORT_TITLES, SIGNS, TITLES, Instrument
from portal.domain.problems import RefusedError
from portal.domain.tags import ArticleTag, parse_tag, parse_tags


@pytest.mark.parametrize(
    ("text", "tag", "spelt"),
    [
        ("UNTOC 5", ArticleTag(Instrument.CONVENTION, 5), "UNTOC 5"),
        ("TIP 9(1)(a)", ArticleTag(Instrument.TRAFFICKING, 9, "(1)(a)"), "TIP 9(1)(a)"),
        (" som art. 6 ( 1 ) (A) ", ArticleTag(Instrument.SMUGGLING, 6, "(1)(a)"), "SOM 6(1)(a)"),
        ("Firearms article 05", ArticleTag(Instrument.FIREARMS, 5), "FIREARMS 5"),
        ("UNTOC5", ArticleTag(Instrument.CONVENTION, 5), "UNTOC 5"),
    ],
)
def test_a_tag_is_read_as_experts_write_it(text: str, tag: ArticleTag, spelt: str) -> None:
    assert parse_tag(text) == tag
    assert str(tag) == spelt
    assert parse_tag(str(tag)) == tag


@pytest.mark.parametrize(
    "text", ["", "5", "UNTOC", "UNCAC 5", "UNTOC 5(", "UNTOC 5()", "UNTOC 5.1", "TIP 9 1", "UNTOC ٥", "SOM 6(1)x"]
)
def test_what_is_no_tag_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(RefusedError, match=r"write one such as UNTOC 5, TIP 9\(1\)\(a\)"):
        parse_tag(text)


@pytest.mark.parametrize(
    ("instrument", "last"),
    [
        (Instrument.CONVENTION, 41),
        (Instrument.TRAFFICKING, 20),
        (Instrument.SMUGGLING, 25),
        (Instrument.FIREARMS, 21),
    ],
)
def test_an_instrument_has_no_articles_past_its_last(instrument: Instrument, last: int) -> None:
    assert ArticleTag(instrument, last).article == last
    for article in (0, last + 1):
        with pytest.raises(RefusedError, match=f"articles 1 to {last}"):
            ArticleTag(instrument, article)


def test_a_paragraph_that_is_not_in_brackets_is_refused() -> None:
    with pytest.raises(RefusedError, match="in brackets"):
        ArticleTag(Instrument.CONVENTION, 5, "1<script>")


def test_a_field_of_tags_is_sorted_and_each_stands_once() -> None:
    tags = parse_tags("TIP 9(1)(a), UNTOC 10; UNTOC 5(2)،UNTOC 5(10)；untoc 5\nTIP 9(1)(a),")
    assert [str(tag) for tag in tags] == ["UNTOC 5", "UNTOC 5(2)", "UNTOC 5(10)", "UNTOC 10", "TIP 9(1)(a)"]
    assert parse_tags(" ") == ()
    with pytest.raises(RefusedError) as refused:
        parse_tags("UNTOC 99, UNTOC 5, XYZ 1")
    assert [problem.code for problem in refused.value.problems] == ["tag-article", "tag-unknown"]


def test_every_instrument_has_its_title_sign_and_number_of_articles() -> None:
    for table in (TITLES, SHORT_TITLES, SIGNS, ARTICLES):
        assert set(table) == set(Instrument)
    assert {Instrument.CONVENTION, *PROTOCOLS} == set(Instrument)
