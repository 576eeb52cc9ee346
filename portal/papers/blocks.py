"""Long texts as blocks one under the other: what both kinds of papers are made from.

A list in a quotation is a paragraph that knows how deep it lies and what stands before it. So nothing can nest deeper
than a page is wide, and a list's numbers are what was typed.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from markdown_it.token import Token

from portal.domain.markdown import parse

COLUMNS: Final = 6  # a wider table is written row by row
_BULLETS: Final = "•◦▪"


class Look(StrEnum):
    """How a part of a line looks."""

    STRONG = "strong"
    EMPHASIS = "emphasis"
    STRUCK = "struck"
    CODE = "code"


class Kind(StrEnum):
    """What a block is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    RULE = "rule"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a line; a line break is a span of its own."""

    text: str
    looks: frozenset[Look] = frozenset()


BREAK: Final = Span("\n")
Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading, a rule or a table; `marker` is the bullet or number in front of a list's item."""

    kind: Kind
    rtl: bool
    line: Line = ()
    level: int = 0
    quoted: int = 0
    indented: int = 0
    marker: str = ""
    rows: tuple[tuple[Line, ...], ...] = ()


def reads_rtl(text: str, *, otherwise: bool) -> bool:
    """Say whether a text reads from right to left: its first letter decides (UAX #9, P2)."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in {"L", "R", "AL"}:
            return direction != "L"
    return otherwise


_LOOKS: Final = {
    "strong_open": Look.STRONG,
    "em_open": Look.EMPHASIS,
    "s_open": Look.STRUCK,
}
_ENDS: Final = frozenset({"strong_close", "em_close", "s_close"})


def _line(children: Iterable[Token]) -> Line:
    """Return the parts of a line; an address stands in brackets after the words that lead to it."""
    spans: list[Span] = []
    looks: list[Look] = []
    address, words = "", ""
    for token in children:
        if token.type in _LOOKS:
            looks.append(_LOOKS[token.type])
        elif token.type in _ENDS:
            looks.pop()
        elif token.type == "link_open":
            address, words = str(token.attrs["href"]), ""
        elif token.type == "link_close":
            spans += [Span(f" ({address})")] * (address not in {words, f"mailto:{words}"})
        else:
            span = _span(token, looks)
            words += span.text
            spans += [span] * bool(span.text)
    return tuple(spans)


def _span(token: Token, looks: Iterable[Look]) -> Span:
    if token.type in {"softbreak", "hardbreak"}:
        return BREAK
    return Span(token.content, frozenset({*looks, Look.CODE} if token.type == "code_inline" else looks))


def words_of(line: Line) -> str:
    """Return a line's words without their looks."""
    return "".join(span.text for span in line)


@dataclass(slots=True)
class _Walk:
    """Where the walk over a text's tokens is, and the blocks so far."""

    rtl: bool
    blocks: list[Block] = field(default_factory=list)
    quoted: int = 0
    lists: list[str] = field(default_factory=list)  # the marker that the next paragraph of each list takes
    ordered: list[bool] = field(default_factory=list)
    rows: list[list[Line]] = field(default_factory=list)
    level: int = 0
    in_table: bool = False

    def take(self, token: Token) -> None:
        """Take the next token."""
        if token.type == "inline":
            self._take_line(_line(token.children or ()))
        elif token.type.startswith(("bullet_list", "ordered_list", "list_item", "blockquote")):
            self._take_depth(token)
        elif token.type == "heading_open":
            self.level = int(token.tag[1:]) - 3
        elif token.type == "hr":
            self._add(Kind.RULE, ())
        elif token.type.startswith(("table", "tr")):
            self._take_table(token)

    def _take_depth(self, token: Token) -> None:
        match token.type:
            case "list_item_open":
                self.lists[-1] = self._marker(token)
            case "list_item_close":
                if self.lists[-1]:  # an item without a word
                    self._add(Kind.PARAGRAPH, ())
            case "blockquote_open" | "blockquote_close":
                self.quoted += token.nesting
            case "bullet_list_open" | "ordered_list_open":
                self.lists.append("")
                self.ordered.append(token.type.startswith("ordered"))
            case _:
                self.lists.pop()
                self.ordered.pop()

    def _take_table(self, token: Token) -> None:
        match token.type:
            case "table_open":
                self.in_table, self.rows = True, []
            case "tr_open":
                self.rows.append([])
            case "table_close":
                self.in_table = False
                self._add_table()

    def _marker(self, token: Token) -> str:
        if self.ordered[-1]:
            return f"{token.info}{token.markup}"
        return _BULLETS[min(len(self.lists), len(_BULLETS)) - 1]

    def _take_line(self, line: Line) -> None:
        if self.in_table:
            self.rows[-1].append(line)
        elif self.level:
            self._add(Kind.HEADING, line, level=self.level)
            self.level = 0
        else:
            self._add(Kind.PARAGRAPH, line)

    def _add(self, kind: Kind, line: Line, level: int = 0, rows: tuple[tuple[Line, ...], ...] = ()) -> None:
        marker = " ".join(filter(None, self.lists))  # a list that begins with a list
        self.lists = [""] * len(self.lists)
        said = words_of(line) or " ".join(words_of(cell) for row in rows for cell in row)
        self.blocks.append(
            Block(
                kind,
                reads_rtl(said, otherwise=self.rtl),
                line,
                level=level,
                quoted=self.quoted,
                indented=len(self.lists),
                marker=marker,
                rows=rows,
            )
        )

    def _add_table(self) -> None:
        rows = tuple(tuple(row) for row in self.rows)
        if len(rows[0]) <= COLUMNS:
            self._add(Kind.TABLE, (), rows=rows)
            return
        for row in rows:
            spans = [span for cell in row for span in (Span(" | "), *cell)]
            self._add(Kind.PARAGRAPH, tuple(spans[1:]))


def blocks_of(text: str, *, rtl: bool = False) -> tuple[Block, ...]:
    """Read a long text into blocks; what has no letter of its own reads as `rtl` says."""
    walk = _Walk(rtl)
    for token in parse(text):
        walk.take(token)
    return tuple(walk.blocks)
