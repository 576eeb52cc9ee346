"""What the portal asks of files that strangers made: to show pages, to mark a copy, to trace one.

Everything that reads such a file runs confined; what comes back is looked at before it is believed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any, Final

from portal.domain import copies
from portal.domain.rendering import Failure, NotRendered
from portal.papers.mark import Mark, write_mark
from portal.rendering.confinement import Confinement

IMAGE_TYPE: Final = "image/webp"
USUAL_DPI: Final = 96  # a page full of letters in grey: 60 kB
MARKS: Final = frozenset({"properties", "operators", "words", "dots"})  # portal/rendering/MARKS.md

Content = bytes | Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as an image (`IMAGE_TYPE`), and its words where they were asked for."""

    content: bytes
    width: int
    height: int
    pages: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Traced:
    """A copy that a found file comes from, and the marks that named it."""

    number: int
    by: frozenset[str]


class Renderer:
    """Shows, marks and traces, in a confinement."""

    def __init__(self, confinement: Confinement) -> None:
        self._confinement = confinement

    def page(
        self,
        pdf: Content,
        number: int,
        mark: Mark | None,
        *,
        dpi: int = USUAL_DPI,
        text: bool = False,
        stop: Event | None = None,
    ) -> Shown:
        """Draw a page (from 1) of a PDF, with a mark burnt in.

        Raises:
            NotRendered: It can't be shown.
            FontsMissing: The mark can't be set (portal/papers/fonts.py).
        """
        wanted = {"number": number, "dpi": dpi, "text": text}
        marks = [write_mark(mark)] if mark else []
        made = self._confinement.run("page", pdf, wanted, marks, stop)
        words = made.facts.get("text", "")
        if made.content[:4] + made.content[8:12] != b"RIFFWEBP" or not isinstance(words, str):
            raise NotRendered(Failure.CRASHED)
        width, height, pages = (_whole(made.facts, name) for name in ("width", "height", "pages"))
        return Shown(made.content, width, height, pages, words)

    def marked(self, pdf: Content, number: int, mark: Mark, *, dots: bool = True, stop: Event | None = None) -> bytes:
        """Make the marked copy with a number (`copies.drawn`), which the mark says too (`copies.written`).

        Raises:
            NotRendered: It can't be marked.
            FontsMissing: The mark can't be set (portal/papers/fonts.py).
        """
        if mark.copy != copies.written(number):
            raise ValueError("the mark says another number")
        content = self._confinement.run("mark", pdf, {"number": number, "dots": dots}, [write_mark(mark)], stop).content
        if not content.startswith(b"%PDF-"):
            raise NotRendered(Failure.CRASHED)
        return content

    def traced(self, found: Content, stop: Event | None = None) -> tuple[Traced, ...]:
        """Name the copies that a found PDF or picture comes from; none where no mark was left.

        Raises:
            NotRendered: It can't be read.
        """
        named = self._confinement.run("trace", found, {}, stop=stop).facts.get("found")
        if not isinstance(named, list):
            raise NotRendered(Failure.CRASHED)
        return tuple(_traced(one) for one in named)


def _traced(one: Any) -> Traced:
    number = copies.read(one["copy"]) if isinstance(one, dict) and isinstance(one.get("copy"), str) else None
    by = one.get("by") if isinstance(one, dict) else None
    if number is None or not isinstance(by, list) or not all(isinstance(mark, str) and mark in MARKS for mark in by):
        raise NotRendered(Failure.CRASHED)
    return Traced(number, frozenset(by))


def _whole(facts: Mapping[str, Any], name: str) -> int:
    value = facts.get(name)
    if not isinstance(value, int) or value < 1:
        raise NotRendered(Failure.CRASHED)
    return value
