"""Publication of a report or a part of it (ToR 36): what is chosen, and where it stands.

1. Only the State under review publishes: what all parties agreed on, also in other languages, or what it submitted
   itself (d). Whatever else all parties have, such as reviewers' questions and drafts, it publishes when the focal
   point of each reviewing State consents to exactly that file (d).
2. (d) Two people of the State confirm it, one of them a focal point; then there is time to think it over.
3. (d) What was published can be withdrawn, and leaves a notice; what somebody kept of it can't be called back.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final

from portal.domain.documents import DocumentKind
from portal.domain.names import is_hidden
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

TITLE_CHARACTERS: Final = 400
REASON_CHARACTERS: Final = 2000
PAGES_MOST: Final = 1000  # of one file
SOURCE_BYTES: Final = 200 * 1024 * 1024
_PART: Final = re.compile(r"(\d{1,5})(?:\s*[-–]\s*(\d{1,5}))?")


class PublicationStage(StrEnum):
    """Where a publication stands."""

    PREPARED = "prepared"
    CONFIRMED = "confirmed"
    PUBLIC = "public"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


STAGES: Final[Mapping[PublicationStage, str]] = {
    PublicationStage.PREPARED: N_("Prepared, not confirmed"),
    PublicationStage.CONFIRMED: N_("Confirmed, public soon"),
    PublicationStage.PUBLIC: N_("Public"),
    PublicationStage.WITHDRAWN: N_("Withdrawn"),
    PublicationStage.CANCELLED: N_("Called off"),
}


OWN_PEOPLE: Final = 2  # of the State under review confirm it


def needs_all_parties(owner: str, state: str, *, agreed: bool) -> bool:
    """Tell whether a document comes out only with the consent of all parties; agreed: they agreed on it already (d)."""
    return not agreed and owner != state


def missing_words(state: str, others: Collection[str], given: Sequence[str]) -> frozenset[str]:
    """Name the States without whose word it isn't confirmed.

    Args:
        state: That is under review.
        others: The other parties whose consent it takes.
        given: The State of each person who confirmed it.
    """
    missing = {other for other in others if other not in given}
    return frozenset(missing | ({state} if given.count(state) < OWN_PEOPLE else set()))


class Origin(StrEnum):
    """Whose act made something public; kept with the kind of the document, so that the public row alone tells it."""

    STATE = "state"  # the document that its State wrote or agreed on
    TRANSLATION = "translation"  # a language version of one, likewise published by its State
    CONFERENCE = "conference"  # a transmitted summary, a document of the Conference (ToR 51)


def kept_kind(kind: DocumentKind, origin: Origin) -> str:
    """Write down of which kind something public is, and whose act made it so."""
    return kind.value if origin is Origin.STATE else f"{kind.value}/{origin.value}"


def read_kind(kept: str) -> tuple[DocumentKind, Origin]:
    """Read what `kept_kind` wrote.

    Raises:
        ValueError: It isn't that.

    """
    kind, _, origin = kept.partition("/")
    return DocumentKind(kind), Origin(origin) if origin else Origin.STATE


class Caution(StrEnum):
    """What is to be known of a public file before it is confirmed."""

    PICTURES = "pictures"
    UNSURE = "unsure"


CAUTIONS: Final[Mapping[Caution, str]] = {
    Caution.PICTURES: N_("Pages that are pictures alone: nobody can search them, or have them read aloud"),
    Caution.UNSURE: N_("Words that show, but can’t be searched or read aloud, since their look isn’t sure"),
}


def pages_of(raw: str) -> tuple[int, ...]:
    """Read which pages are chosen, such as `1-12, 15`: numbers from 1, each once, in order; nothing: all of them.

    Raises:
        RefusedError: It can't be read, or is too long.
    """
    text = raw.strip()
    if not text:
        return ()
    chosen: set[int] = set()
    for part in text.split(","):
        found = _PART.fullmatch(part.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last:
            sentence = N_("Write pages as numbers and ranges, such as 1-12, 15. “%(part)s” is none.")
            raise RefusedError(Problem("publication-pages", sentence, {"part": part.strip()[:40]}))
        if last - first >= PAGES_MOST:
            raise _too_many()
        chosen |= set(range(first, last + 1))
    if len(chosen) > PAGES_MOST:
        raise _too_many()
    return tuple(sorted(chosen))


def check_pages(chosen: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Give the pages that are to be published, of a document that has so many.

    Raises:
        RefusedError: The document has no such page, or too many.
    """
    if chosen and chosen[-1] > count:
        sentence = N_("The last page of the document is page %(count)d: there is no page %(page)d.")
        raise RefusedError(Problem("publication-no-page", sentence, {"count": count, "page": chosen[-1]}))
    if not chosen and count > PAGES_MOST:
        raise _too_many()
    return chosen or tuple(range(1, count + 1))


def pages_said(pages: tuple[int, ...]) -> str:
    """Write pages as `pages_of` reads them."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def public_title(raw: str) -> str:
    """Return the title under which something is published.

    Raises:
        RefusedError: It is empty, too long, or holds characters that nobody sees.
    """
    text = " ".join(raw.split())
    if not text:
        raise RefusedError(Problem("publication-title", N_("Give it the title under which everybody is to find it.")))
    if len(text) > TITLE_CHARACTERS or any(is_hidden(text, place) for place in range(len(text))):
        sentence = N_("A title has at most %(longest)d characters, and none that nobody sees. Change it.")
        raise RefusedError(Problem("publication-title", sentence, {"longest": TITLE_CHARACTERS}))
    return text


def public_reason(raw: str) -> str:
    """Return what is said in public of a withdrawal; it may be empty.

    Raises:
        RefusedError: It is too long, or holds characters that nobody sees.
    """
    text = " ".join(raw.split())
    if len(text) > REASON_CHARACTERS or any(is_hidden(text, place) for place in range(len(text))):
        sentence = N_("Write at most %(longest)d characters, and none that nobody sees.")
        raise RefusedError(Problem("publication-reason", sentence, {"longest": REASON_CHARACTERS}))
    return text


def check_size(size: int) -> None:
    """Refuse a document that is too large to be made anew.

    Raises:
        RefusedError: It is.
    """
    if size > SOURCE_BYTES:
        sentence = N_("The document is larger than %(megabytes)d MB. Upload a smaller version of it and publish that.")
        raise RefusedError(Problem("publication-size", sentence, {"megabytes": SOURCE_BYTES // 1_000_000}))


def _too_many() -> RefusedError:
    sentence = N_("At most %(most)d pages are published as one file. Choose fewer.")
    return RefusedError(Problem("publication-long", sentence, {"most": PAGES_MOST}))
