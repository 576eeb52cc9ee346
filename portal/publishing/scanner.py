"""Finds what a PDF file holds that a reader of its pages doesn't see, and proves that a public file holds none of it.

A public file has one text that nobody sees: the words for screen readers. So it is scanned against what it was rebuilt
from: the text of each page has to be exactly the verified words of that page, and every other object has to be one that
`writing.py` writes (`plain.py`).
"""

from collections import Counter
from collections.abc import Iterable

import pypdfium2
from pikepdf import Pdf

from portal.publishing.collecting import Collector
from portal.publishing.drawing import Pixels
from portal.publishing.findings import Finding, Kind, Reason, Unpublishable
from portal.publishing.opening import opened
from portal.publishing.parts import find_parts
from portal.publishing.plain import foreign_parts
from portal.publishing.rebuild import Rebuilt, RebuiltPage
from portal.publishing.revisions import find_leftovers
from portal.publishing.seeing import SEEN, Sight, Word, cut, see


def scan_rebuilt_from(source: bytes, pages: Iterable[RebuiltPage]) -> tuple[Finding, ...]:
    """Find everything in a source that its pages don't show, as far as those pages go that were rebuilt.

    Raises:
        Unpublishable: It isn't a PDF file that can be read.
    """
    found = Collector()
    with opened(source) as pdf:
        _find_in_file(source, pdf, found)
    for page in pages:
        _note(found, page.source, page.hidden, page.unsure, page.hidden_images)
    return found.result()


def scan_public(rebuilt: Rebuilt) -> tuple[Finding, ...]:
    """Find everything in a public file that it must not hold; nothing, if it is as it has to be.

    Raises:
        Unpublishable: It can't be read.
    """
    found = Collector()
    with opened(rebuilt.file) as pdf:
        _find_in_file(rebuilt.file, pdf, found, title=rebuilt.title)
        foreign = foreign_parts(pdf, rebuilt.title, rebuilt.language)
        if foreign or len(pdf.pages) != len(rebuilt.pages):
            found.add(Kind.FOREIGN_OBJECTS, *foreign, count=max(len(foreign), 1))
    for page, (number, sight) in zip(rebuilt.pages, _sights(rebuilt.file), strict=False):  # other pages: see above
        said = _texts((*sight.hidden, *sight.unsure, *sight.words))
        if _letters(said) != _letters(page.words):
            found.add(Kind.HIDDEN_TEXT, *(Counter(said) - Counter(page.words)), page=number)
        for word in sight.hidden:
            if not _has_ink(word, sight.picture):
                found.add(Kind.HIDDEN_TEXT, word.text, page=number)
        _note(found, number, (), (), sight.hidden_images)
    return found.result()


def _letters(words: Iterable[str]) -> Counter[str]:
    return Counter(letter for word in words for letter in word)


def _texts(words: Iterable[Word]) -> tuple[str, ...]:
    return tuple(word.text for word in words)


def _has_ink(word: Word, picture: Pixels) -> bool:
    """Tell whether there is something to see where a word of a public file stands."""
    lefts, tops, rights, bottoms = zip(*(letter.box for letter in word.letters), strict=True)
    there = picture[cut((min(lefts), min(tops), max(rights), max(bottoms)), picture)]
    return bool(there.size) and int(there.max()) - int(there.min()) >= SEEN


def _find_in_file(file: bytes, pdf: Pdf, found: Collector, title: str | None = None) -> None:
    find_leftovers(file, pdf, found)
    find_parts(pdf, found, title)


def _sights(file: bytes) -> Iterable[tuple[int, Sight]]:
    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        raise Unpublishable(Reason.DAMAGED) from error
    try:
        for number in range(1, len(document) + 1):
            sight = see(document, number)
            sight.page.close()
            yield number, sight
    finally:
        document.close()


def _note(found: Collector, number: int, hidden: tuple[str, ...], unsure: tuple[str, ...], images: int) -> None:
    for kind, words in ((Kind.HIDDEN_TEXT, hidden), (Kind.DOUBTFUL_TEXT, unsure)):
        if words:
            found.add(kind, *words, count=len(words), page=number)
    if images:
        found.add(Kind.HIDDEN_IMAGES, count=images, page=number)
