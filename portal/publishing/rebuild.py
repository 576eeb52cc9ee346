"""Makes the public file anew from what a person sees on the chosen pages (see PUBLISHING.md)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pypdfium2

from portal.publishing.findings import Reason, Unpublishable
from portal.publishing.opening import MOST_PUBLISHED, opened
from portal.publishing.pictures import pictures_of
from portal.publishing.seeing import see
from portal.publishing.titles import clean_title
from portal.publishing.writing import Writer

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class RebuiltPage:
    """What became of a page.

    `source` is its number in the source. `words` are in the public file, for screen readers and searches; `hidden`
    nobody could see, and they are gone; `unsure` are in its picture at most, since they are covered in part or don't
    look like what the file says of them.
    """

    source: int
    words: tuple[str, ...]
    hidden: tuple[str, ...]
    unsure: tuple[str, ...]
    hidden_images: int
    blank: bool


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A public file, and what became of each page."""

    file: bytes
    title: str
    language: str
    pages: tuple[RebuiltPage, ...]


def page_count(source: bytes) -> int:
    """Count the pages that there are to choose from.

    Raises:
        Unpublishable: It isn't a PDF file that can be published.
    """
    with opened(source) as pdf:
        return len(pdf.pages)


def rebuild(source: bytes, pages: Sequence[int], title: str, language: str) -> Rebuilt:
    """Draw the chosen pages and write them, with the words that can be read on them, as a new file.

    The same source, pages, title and language always give the same bytes.

    Args:
        source: a PDF file.
        pages: numbers from 1, each once, rising.
        title: what the public file is called; words of the State.
        language: as in BCP 47; `und` if it isn't known.

    Raises:
        Unpublishable: The file, the pages or the title can't be published.
    """
    _check(pages, page_count(source))
    if not _LANGUAGE.fullmatch(language):
        raise ValueError("the language isn't one")
    title = clean_title(title)
    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        raise Unpublishable(Reason.DAMAGED) from error
    try:
        return _rebuilt(document, pages, title, language)
    finally:
        document.close()


def _rebuilt(document: pypdfium2.PdfDocument, pages: Sequence[int], title: str, language: str) -> Rebuilt:
    writer = Writer(title, language)
    done = []
    for number in pages:
        sight = see(document, number)
        try:
            pictures = pictures_of(sight)
        finally:
            sight.page.close()
        writer.add_page(sight, pictures)
        words, hidden, unsure = (
            tuple(word.text for word in group) for group in (sight.words, sight.hidden, sight.unsure)
        )
        done.append(RebuiltPage(number, words, hidden, unsure, sight.hidden_images, blank=not pictures))
    return Rebuilt(writer.finish(), title, language, tuple(done))


def _check(pages: Sequence[int], available: int) -> None:
    if not pages or list(pages) != sorted(set(pages)) or pages[0] < 1 or pages[-1] > available:
        raise Unpublishable(Reason.NO_SUCH_PAGES)
    if len(pages) > MOST_PUBLISHED:
        raise Unpublishable(Reason.TOO_MANY_PAGES)
