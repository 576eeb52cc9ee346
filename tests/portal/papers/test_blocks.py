"""Long texts as blocks one under the other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.papers.blocks import Kind, Look, blocks_of, reads_rtl, words_of


def told(text: str) -> list[tuple[str, int, int, str, str]]:
    return [(block.kind, block.quoted, block.indented, block.marker, words_of(block.line)) for block in blocks_of(text)]


def test_what_nests_becomes_blocks_that_know_their_depth() -> None:
    text = "# Title\n\nOne\ntwo\n\n- a\n\n  more\n\n  3. deep\n- b\n\n> q\n>> - r\n\n---\n-\n- - s"
    assert told(text) == [
        ("heading", 0, 0, "", "Title"),
        ("paragraph", 0, 0, "", "One\ntwo"),
        ("paragraph", 0, 1, "•", "a"),
        ("paragraph", 0, 1, "", "more"),
        ("paragraph", 0, 2, "3.", "deep"),
        ("paragraph", 0, 1, "•", "b"),
        ("paragraph", 1, 0, "", "q"),
        ("paragraph", 2, 1, "•", "r"),
        ("rule", 0, 0, "", ""),
        ("paragraph", 0, 1, "•", ""),
        ("paragraph", 0, 2, "• ◦", "s"),
    ]


def test_parts_of_a_line_keep_their_looks_and_links_say_where_they_lead() -> None:
    (block,) = blocks_of("a **b *c*** ~~d~~ `e` [f](https://f.example) <https://g.example> <mailto:h@i.example>")
    assert {(span.text, span.looks) for span in block.line if span.looks} == {
        ("b ", frozenset({Look.STRONG})),
        ("c", frozenset({Look.STRONG, Look.EMPHASIS})),
        ("d", frozenset({Look.STRUCK})),
        ("e", frozenset({Look.CODE})),
    }
    assert words_of(block.line) == "a b c d e f (https://f.example) https://g.example mailto:h@i.example"


def test_a_table_is_one_block_and_a_wide_one_is_written_row_by_row() -> None:
    (block,) = blocks_of("|a|b|\n|-|-|\n|c|d|")
    assert block.kind is Kind.TABLE
    assert [[words_of(cell) for cell in row] for row in block.rows] == [["a", "b"], ["c", "d"]]
    wide = "|".join("abcdefghi")
    assert told(f"{wide}\n{'-|' * 9}\n{wide}") == [("paragraph", 0, 0, "", " | ".join("abcdefghi"))] * 2


@pytest.mark.parametrize(
    ("text", "rtl"),
    [("نعم yes", True), ("yes نعم", False), ("12 (نعم)", True), ("עברית", True), ("中文", False), ("12", None)],
)
def test_the_first_letter_decides_the_direction(text: str, rtl: bool | None) -> None:  # noqa: FBT001
    assert reads_rtl(text, otherwise=True) is (rtl if rtl is not None else True)
    (block,) = blocks_of(text)
    assert block.rtl is (rtl or False)


@settings(max_examples=200)
@given(st.text(alphabet="ab *_`>-#|[](<\n\t1.)\\~\u0645", max_size=80))
def test_every_letter_of_a_text_is_in_its_blocks(text: str) -> None:
    blocks = blocks_of(text)
    said = "".join(
        words_of(line) for block in blocks for line in (block.line, *(cell for row in block.rows for cell in row))
    )
    assert sum(said.count(letter) for letter in "ab\u0645") >= sum(text.count(letter) for letter in "ab\u0645")
