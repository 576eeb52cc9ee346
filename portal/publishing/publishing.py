"""From a file of a State to its public file: rebuilt in one confined process, proved in another, or not made at all.

What the first process answers was written by whoever made the source, so it is taken for no more than it can be:
words and numbers of the right types. The second process sees the public file alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portal.domain.quoting import written_runs
from portal.domain.rendering import Failure, NotRendered
from portal.publishing.findings import Finding, Kind, Reason, Unpublishable
from portal.publishing.titles import clean_title
from portal.rendering.confinement import Confinement, Limits
from portal.rendering.sandbox import MEBIBYTE

# sixty full pages take a minute of one processor and 300 MiB
LIMITS: Final = Limits(memory_bytes=1536 * MEBIBYTE, seconds=900, output_bytes=512 * MEBIBYTE)


@dataclass(frozen=True, slots=True)
class PublicPage:
    """A page of the public file: its number in the source, and what is read out of it.

    `unsure` are words that its picture may show and nobody can search or hear. `pictures_only` tells that it has no
    words that somebody who doesn't see could be read.
    """

    source: int
    words: tuple[str, ...]
    unsure: tuple[str, ...]
    pictures_only: bool


@dataclass(frozen=True, slots=True)
class Public:
    """A public file, proved to hold nothing else, and what of the source isn't in it."""

    file: bytes
    pages: tuple[PublicPage, ...]
    removed: tuple[Finding, ...]


def count_pages(confinement: Confinement, source: bytes) -> int:
    """Count the pages of a PDF file.

    Raises:
        Unpublishable: It can't be published; says why.
        NotRendered: The process gave no answer.
    """
    return _number(_asked(confinement.run("count_pages", source, {}).facts).get("pages"))


def inspect_docx(confinement: Confinement, source: bytes) -> tuple[Finding, ...]:
    """Find what a DOCX file holds that its pages don't show; it is published as PDF alone.

    Raises:
        Unpublishable: It isn't one.
        NotRendered: The process gave no answer.
    """
    return _findings(_asked(confinement.run("inspect_docx", source, {}).facts).get("findings"))


def settle_docx(confinement: Confinement, source: bytes) -> bytes:
    """Return a DOCX file with its changes taken as made, and without remarks and hidden text, to make a PDF file of.

    Raises:
        Unpublishable: It isn't one; says why.
        NotRendered: The process gave no answer.
    """
    made = confinement.run("settle_docx", source, {})
    _asked(made.facts)
    return made.content


def make_public(confinement: Confinement, source: bytes, pages: Sequence[int], title: str, language: str) -> Public:
    """Make the public file of chosen pages, and prove it.

    Args:
        confinement: with `LIMITS`, or whatever a whole report takes.
        source: a PDF file.
        pages: numbers from 1, each once, rising.
        title: what the public file is called.
        language: of the file, as in BCP 47; `und` if it isn't known.

    Raises:
        Unpublishable: It can't be published, or the proof failed; says why.
        NotRendered: A process gave no answer.
    """
    named = {"title": clean_title(title), "language": language}
    made = confinement.run("rebuild", source, {"pages": list(pages), **named})
    facts = _asked(made.facts)
    shown = tuple(_page(page) for page in _list(facts.get("pages")))
    if [page.source for page in shown] != list(pages):
        raise NotRendered(Failure.CRASHED)
    proof = {"words": [page.words for page in shown], **named}
    left = _findings(_asked(confinement.run("prove", made.content, proof).facts).get("findings"))
    if left:
        raise Unpublishable(Reason.NOT_CLEAN, tuple(finding.kind for finding in left))
    return Public(made.content, shown, _findings(facts.get("removed")))


def find_quotes(confinement: Confinement, file: bytes | Iterable[bytes], text: str) -> tuple[tuple[str, ...], bool]:
    """Find which runs of a text stand in a document, shown or not, and whether it holds more than could be read.

    Raises:
        NotRendered: The process gave no answer: it is of a type without words, damaged, locked or too large.
    """
    facts = confinement.run("find_quotes", file, {}, [text.encode()]).facts
    quoted = _texts(facts.get("quoted"))
    if not set(quoted) <= written_runs(text):  # it can answer with what the text says, and nothing else
        raise NotRendered(Failure.CRASHED)
    return quoted, facts.get("more") is not False


def _asked(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    if "refused" not in facts:
        return facts
    try:
        reason = Reason(facts["refused"])
    except ValueError:
        raise NotRendered(Failure.CRASHED) from None
    raise Unpublishable(reason)


def _page(told: Any) -> PublicPage:
    if not isinstance(told, dict):
        raise NotRendered(Failure.CRASHED)
    words = _texts(told.get("words"))
    return PublicPage(
        _number(told.get("source")), words, _texts(told.get("unsure")), not words and not told.get("blank")
    )


def _findings(told: Any) -> tuple[Finding, ...]:
    try:
        return tuple(
            Finding(Kind(one["kind"]), _number(one["count"]), _texts(one["words"]), tuple(map(_number, one["pages"])))
            for one in _list(told)
        )
    except (KeyError, TypeError, ValueError):
        raise NotRendered(Failure.CRASHED) from None


def _list(told: Any) -> list[Any]:
    if not isinstance(told, list):
        raise NotRendered(Failure.CRASHED)
    return told


def _texts(told: Any) -> tuple[str, ...]:
    return tuple(map(_text, _list(told)))


def _text(told: Any) -> str:
    if not isinstance(told, str):
        raise NotRendered(Failure.CRASHED)
    return told


def _number(told: Any) -> int:
    if not isinstance(told, int) or isinstance(told, bool):
        raise NotRendered(Failure.CRASHED)
    return told
