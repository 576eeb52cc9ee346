"""A paper as PDF: set by Typst, in memory, from a template that takes all words as values.

The template names no file and no package, so Typst reads nothing but the fonts and reaches no network. It keeps what it
has set, to set it faster again: these are words of the dialogue, so they are driven out after each paper.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Final

from portal.domain.markdown import shown
from portal.papers.blocks import BREAK, Block, Line, blocks_of, reads_rtl
from portal.papers.dialogue import Article, Paper, Question, Said
from portal.papers.fonts import FOLDER, Shelf, choose, shelf
from portal.papers.room import check_room
from portal.papers.trail import MOST_LINES, TrailPaper, TrailTooLong

_HERE: Final = Path(__file__).parent
_DIALOGUE: Final = (_HERE / "paper.typ").read_bytes() + (_HERE / "dialogue.typ").read_bytes()
_TRAIL: Final = (_HERE / "paper.typ").read_bytes() + (_HERE / "trail.typ").read_bytes()
_NOTHING: Final = b"#set document(date: none)"
_FORGETS_AFTER: Final = 11  # papers: what wasn't used for ten is dropped
_LANGUAGE: Final = re.compile("[a-z]{2,3}")
# letters that no line breaks between by itself: where they pass the edge of a page or a cell, they can't be read
_LETTERS: Final = (
    "[^\\s\u200b\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)
_RUN: Final = re.compile(_LETTERS + "{40}(?=\\S)")
_NARROW_RUN: Final = re.compile(_LETTERS + "{14}(?=\\S)")
_DEEP: Final = 4
_ONE_AT_A_TIME: Final = Lock()
_BREAK: Final = "\\g<0>\u200b"


def write_pdf(paper: Paper, folder: Path = FOLDER) -> bytes:
    """Return the paper as PDF with tags, bookmarks and words that can be selected.

    Raises:
        FontsMissing: There is no font for one of the languages of a review; nothing was made.
        PaperTooLong: It would take more memory than there is; nothing was made.
    """
    found = shelf(folder)
    check_room(paper)
    with _ONE_AT_A_TIME:  # a long paper takes half of the service's memory
        return write(_DIALOGUE, _paper(paper), found)


def write_trail(paper: TrailPaper, folder: Path = FOLDER) -> bytes:
    """Return a trail as PDF.

    Raises:
        FontsMissing: There is no font for one of the languages of a review; nothing was made.
        TrailTooLong: It has more lines than one paper takes; nothing was made.
    """
    found = shelf(folder)
    if len(paper.rows) > MOST_LINES:
        raise TrailTooLong(f"no more than {MOST_LINES} lines fit on a paper")
    with _ONE_AT_A_TIME:
        return write(_TRAIL, _trail(paper), found)


def write(template: bytes, said: dict[str, Any], found: Shelf) -> bytes:
    """Set a template with these values, and let Typst forget them."""
    families, numbered = choose(frozenset(json.dumps(said, ensure_ascii=False)), found)
    said = _replaced(said, numbered)
    said["families"] = families
    try:
        return _set(template, found, json.dumps(said))
    finally:
        for _ in range(_FORGETS_AFTER):
            _set(_NOTHING, found, "{}")


def _set(template: bytes, found: Shelf, paper: str) -> bytes:
    import typst

    pdf, warnings = typst.compile_with_warnings(
        template,
        font_paths=found.fonts,
        ignore_system_fonts=True,
        sys_inputs={"paper": paper},
        format="pdf",
    )
    if warnings:
        raise RuntimeError(f"the template of papers is wrong: {len(warnings)} warnings")
    return pdf


def _words(text: str, run: re.Pattern[str] = _RUN) -> str:
    return run.sub(_BREAK, shown(text))


def _own(text: str, *, rtl: bool) -> dict[str, Any]:
    return {"text": _words(text), "rtl": reads_rtl(text, otherwise=rtl)}


def _about(parts: Iterable[str], *, first: str = "") -> str:
    """Put words of several people side by side, none of which turns the others (UAX #9, isolates)."""
    return " · ".join([first] * bool(first) + [f"\u2068{_words(part)}\u2069" for part in parts if part])


def _language(code: str) -> str | None:
    return code if _LANGUAGE.fullmatch(code) else None


def _beginning(paper: Paper | TrailPaper) -> dict[str, Any]:
    return {
        "title": _own(paper.title, rtl=paper.rtl),
        "subtitle": _own(paper.subtitle, rtl=paper.rtl),
        "facts": [[_words(term), _own(value, rtl=paper.rtl)] for term, value in paper.facts],
        "made_at": _own(paper.made_at, rtl=paper.rtl),
        "mark": _words(paper.mark),
        "language": _language(paper.language),
        "rtl": paper.rtl,
    }


def _trail(paper: TrailPaper) -> dict[str, Any]:
    return _beginning(paper) | {
        "notes": [_own(note, rtl=paper.rtl) for note in paper.notes],
        "columns": [_words(column) for column in paper.columns],
        "widths": paper.widths,
        "rows": [[[_narrow(words, rtl=paper.rtl) for words in cell] for cell in row] for row in paper.rows],
    }


def _narrow(text: str, *, rtl: bool) -> dict[str, Any]:
    return {"text": _words(text, _NARROW_RUN), "rtl": reads_rtl(text, otherwise=rtl)}


def _paper(paper: Paper) -> dict[str, Any]:
    return _beginning(paper) | {
        "attachments": _words(paper.attachments),
        "articles": [_article(article, paper) for article in paper.articles],
    }


def _article(article: Article, paper: Paper) -> dict[str, Any]:
    return {
        "heading": _own(article.heading, rtl=paper.rtl),
        "questions": [_question(question, paper) for question in article.questions],
    }


def _question(question: Question, paper: Paper) -> dict[str, Any]:
    return {
        "heading": _own(f"{question.number} {question.heading}", rtl=paper.rtl),
        "about": _about((question.kind, question.asked_by, question.at)),
        "entries": [_said(said, paper) for said in question.entries],
    }


def _said(said: Said, paper: Paper) -> dict[str, Any]:
    return {
        "part": _words(said.part),
        "about": "".join(f" · {part}" for part in [_about((said.by, said.at))] if part),
        "language": _language(said.language),
        "rtl": said.rtl,
        "corrects": _own(said.corrects, rtl=paper.rtl) if said.corrects else None,
        "blocks": [_block(block) for block in blocks_of(said.text, rtl=said.rtl)],
        "attachments": [_own(name, rtl=paper.rtl) for name in said.attachments],
    }


def _block(block: Block) -> dict[str, Any]:
    run = _NARROW_RUN if block.rows or block.quoted + block.indented > _DEEP else _RUN
    return {
        "kind": block.kind,
        "rtl": block.rtl,
        "line": _line(block.line, run),
        "level": block.level,
        "quoted": block.quoted,
        "indented": block.indented,
        "marker": block.marker,
        "rows": [[_line(cell, run) for cell in row] for row in block.rows],
    }


def _line(line: Line, run: re.Pattern[str]) -> list[dict[str, Any]]:
    return [
        {"text": _words(span.text, run) if span is not BREAK else "\n", "looks": sorted(span.looks)} for span in line
    ]


def _replaced(value: Any, numbered: Mapping[int, str]) -> Any:
    """Write the characters that no font draws as their numbers, wherever they stand."""
    if not numbered:
        return value
    match value:
        case str():
            return value.translate(numbered)
        case list():
            return [_replaced(part, numbered) for part in value]
        case dict():
            return {name: _replaced(part, numbered) for name, part in value.items()}
    return value
