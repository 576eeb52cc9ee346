"""Long texts that people write: questions, answers, comments. A small part of Markdown, and nothing that is not seen.

- What was written is shown: there are no comments, no definitions of links, no titles that show only under a pointer,
  no cells past a table's last column, no depth from which on text is dropped. Numbers of lists stay as typed.
- HTML is text. Pictures are links. Nothing is fetched until somebody follows a link, and links lead to http, https and
  mailto alone.
- Each block finds its own direction (UAX #9), and nothing in a text can turn what stands beside it.
- The page is cleaned once more by a second library, which knows nothing of Markdown.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import table as table_rule
from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token
from markupsafe import Markup

from portal.domain.names import FILLERS, is_hidden
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

TEXT_CHARACTERS: Final = 100_000
DEPTH: Final = 20  # tokens around a block: a list in a list counts two each

_LINE_ENDS: Final = re.compile("\r\n?|[\x85\u2028]")
# word processors leave these where a line may break: they say nothing
_BREAK_MARKS: Final = str.maketrans("", "", "\u00ad\u200b\u2060\ufeff")
# joiners, and the marks that writers of Arabic, Hebrew and Syriac set: they turn nothing past the next letter
_KEPT: Final = frozenset("\n\t\u200c\u200d\u200e\u200f\u061c")
_MARKS: Final = 10  # on one letter: no script needs as many, and more would cover the lines around
_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_HEADINGS: Final = {"h1": "h4", "h2": "h5"}  # the page has three levels of its own
_BLOCKS: Final = frozenset({"p", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "table", "th", "td"})
_TAGS: Final = _BLOCKS | {"thead", "tbody", "tr", "strong", "em", "s", "code", "br", "hr", "a"}
_CLEANER: Final = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=set(),
    attributes={**{tag: {"dir"} for tag in _BLOCKS}, "ol": {"dir", "start"}, "li": {"dir", "value"}, "a": {"href"}},
    link_rel="noopener noreferrer nofollow",
    url_schemes=_SCHEMES,
    url_relative="deny",
)


def _hidden(text: str) -> Iterator[int]:
    """Give the places of the characters that control, turn or hide, beyond what a long text may hold."""
    letters = frozenset(text)
    marks = frozenset(char for char in letters if unicodedata.category(char)[0] == "M")
    if text.isprintable() and not marks and letters.isdisjoint(FILLERS):
        return
    row = 0
    for at, char in enumerate(text):
        row = row + 1 if char in marks else 0
        if row > _MARKS or (char not in _KEPT and is_hidden(text, at)):
            yield at


def shown(text: str) -> str:
    """Return a text with a sign in the place of each character that turns or hides, whatever was stored."""
    places = frozenset(_hidden(text))
    return "".join("\ufffd" if at in places else char for at, char in enumerate(text)) if places else text


def check_text(raw: str, longest: int = TEXT_CHARACTERS) -> str:
    """Return a long text as it is kept: NFC, lines that end in one way, without blanks at its ends.

    Raises:
        RefusedError: It is empty, too long, or holds characters that nobody sees.
    """
    text = _LINE_ENDS.sub("\n", raw).replace("\u2029", "\n\n").translate(_BREAK_MARKS)
    text = unicodedata.normalize("NFC", text).strip()
    if not any(unicodedata.category(char)[0] not in "ZC" for char in text[:longest]):
        raise RefusedError(Problem("text-empty", N_("Write something: this field is empty.")))
    if len(text) > longest:
        raise RefusedError(
            Problem(
                "text-too-long",
                N_("This text is %(length)d characters long; at most %(longest)d fit. Shorten it."),
                {"length": len(text), "longest": longest},
            )
        )
    for number, line in enumerate(text.split("\n"), start=1):
        for at in _hidden(line):
            raise RefusedError(
                Problem(
                    "text-hidden-character",
                    N_(
                        "In line %(line)d, character %(place)d (U+%(code)s) can’t be seen or changes how the rest is "
                        "shown. Type this line anew instead of pasting it."
                    ),
                    {"line": number, "place": at + 1, "code": f"{ord(line[at]):04X}"},
                )
            )
    return text


def _flat(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - the library's interface
    """From a certain depth on, take the lines as they are."""
    if silent or state.level < DEPTH:
        return False
    state.push("paragraph_open", "p", 1)
    inline = state.push("inline", "", 0)
    text = state.getLines(start, end, state.blkIndent, False).strip()
    inline.content, inline.children, inline.map = text, [], [start, end]
    inline.meta["flat"] = True
    state.push("paragraph_close", "p", -1)
    state.line = end
    return True


def _cells(state: StateBlock, line: int) -> int:
    row = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()
    return len(escapedSplit(row.removeprefix("|").removesuffix("|")))


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """Take a table, and remember for `_too_wide` how many columns its first row has."""
    found = table_rule(state, start, end, True)
    if silent or not found:
        return found
    state.env["columns"] = _cells(state, start)
    return table_rule(state, start, end, False)


def _too_wide(state: StateBlock, start: int, _end: int, silent: bool) -> bool:  # noqa: FBT001
    """End a table before a row with more cells than columns: the library would drop what is past the last one."""
    return silent and state.parentType == "table" and _cells(state, start) > state.env["columns"]


class _Reader(MarkdownIt):
    """The library's reader, which takes links to hosts and mailboxes alone and shows addresses as they are typed."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's interface
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        if parts.scheme == "mailto":
            return bool(parts.path)
        return parts.scheme in _SCHEMES and bool(parts.hostname) and "%" not in str(parts.hostname)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - likewise
        return link


def _reader() -> MarkdownIt:
    reader = _Reader("zero", {"html": False, "breaks": True, "maxNesting": DEPTH + 4})
    reader.enable(["table", "blockquote", "hr", "list", "heading", "newline", "escape", "backticks"])
    reader.enable(["strikethrough", "emphasis", "link", "autolink"])
    reader.block.ruler.at("table", _table, {"alt": ["paragraph"]})
    reader.block.ruler.before("table", "flat", _flat)
    reader.block.ruler.before("table", "too_wide", _too_wide, {"alt": ["blockquote"]})
    reader.parse("> - *a*")  # it orders its rules at the first use, which two threads must not do at once
    return reader


_READER: Final = _reader()
_READ: Final = frozenset({"text", "code_inline", "softbreak", "hardbreak"})


def _visible(children: Iterable[Token]) -> Iterator[Token]:
    """Give the parts of a line with nothing left in them that a page would not show."""
    opened: list[Token] = []
    empty = False
    for token in children:
        if token.type == "link_open":
            opened.append(token)
            empty = True
        elif token.type == "link_close":
            link = opened.pop()
            told = [str(link.attrs["href"])] if empty else []
            if "title" in link.attrs:
                told.append(f"({link.attrs.pop('title')})")
            if told:
                yield Token("text", "", 0, content=shown(" " * (not empty) + " ".join(told)))
        elif token.content:
            token.content = shown(token.content)
            empty = empty and not token.content.strip()
        yield token


def parse(text: str) -> Sequence[Token]:
    """Read a text into the blocks and parts that both pages and papers are made from."""
    tokens = _READER.parse(text)
    for token in tokens:
        token.tag = _HEADINGS.get(token.tag, "h6" if token.type.startswith("heading") else token.tag)
        if token.type == "inline":
            flat = token.meta.get("flat")
            children = _lines(token.content) if flat else token.children or ()
            token.children = list(_visible(children))
    return tokens


def _lines(text: str) -> Iterator[Token]:
    """Give lines as they are, one under the other."""
    for number, line in enumerate(text.split("\n")):
        if number:
            yield Token("softbreak", "br", 0)
        yield Token("text", "", 0, content=line)


def to_html(text: str) -> Markup:
    """Return a long text as blocks for a page, whatever it holds."""
    tokens = parse(text)
    for token in tokens:
        token.attrs.pop("style", None)  # tables align by it; pages allow no inline style
        if token.nesting == 1 and token.tag in _BLOCKS:
            token.attrs["dir"] = "auto"
        if token.type == "list_item_open" and token.info:
            token.attrs["value"] = token.info
    return Markup(_CLEANER.clean(_READER.renderer.render(tokens, _READER.options, {})))  # noqa: S704 - cleaned


def excerpt(text: str, letters: int) -> str:
    """Return the beginning of a text in one line without its marks, at most so many characters long."""
    enough = text[: 4 * letters + 400]  # marks and addresses take room too
    words: list[str] = []
    for token in parse(enough):
        words.extend(child.content or " " for child in token.children or () if child.type in _READ)
        words.append(" ")
    line = " ".join("".join(words).split())
    if len(line) <= letters and len(enough) == len(text):
        return line
    kept = line[: letters - 1]
    at_word = kept.rfind(" ")
    return (kept[:at_word] if at_word > letters // 2 else kept).rstrip() + "…"
