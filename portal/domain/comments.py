"""Comments on a draft report by its places, and what becomes of them (GL 30, 34): rules without input or output.

1. A comment is on one version of a draft, by article, page or paragraph; it is never edited, and is answered in turn.
   One that a disagreement on the report opened may be on the whole text.
2. Whoever drafts says what becomes of it: accepted as it is, in discussion, or settled by a text that was agreed on.
   What was said last counts; accepted and settled comments are open no more.
3. A later version of the draft says which comments it takes up.
4. Once the report is final, nothing is commented on any more.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.domain import markdown
from portal.domain.documents import DocumentKind, DocumentStage
from portal.domain.names import one_line
from portal.domain.problems import Problem, RefusedError
from portal.domain.tags import parse_tag
from portal.domain.texts import N_
from portal.errors import Conflict

TEXT_CHARACTERS: Final = 5000
PLACE_CHARACTERS: Final = 40
COMMENTED: Final = frozenset({DocumentKind.DRAFT_REPORT, DocumentKind.REPORT, DocumentKind.SUMMARY})
FINAL: Final = N_("The report is final: all parties have agreed on it, so nothing was recorded.")
NO_DRAFT: Final = N_("Choose a draft that lies in the shared room, is circulated and not withdrawn.")
NO_PLACE: Final = N_("Say where in the draft: by the article, the page or the paragraph.")
NO_COMMENTS: Final = N_("Tick the comments that this version takes up.")
NO_DISPOSITION: Final = N_("Choose what becomes of the comment.")


class Disposition(StrEnum):
    """What becomes of a comment."""

    ACCEPTED = "accepted"
    DISCUSSED = "discussed"
    AGREED_TEXT = "agreed_text"


DISPOSITIONS: Final[dict[Disposition, str]] = {
    Disposition.ACCEPTED: N_("Accepted"),
    Disposition.DISCUSSED: N_("In discussion"),
    Disposition.AGREED_TEXT: N_("Settled by an agreed text"),
}


@dataclass(frozen=True, slots=True)
class CommentPlace:
    """Where in a draft: the article as it is cited, the page, the paragraph; none: the whole text."""

    article: str = ""
    page: str = ""
    paragraph: str = ""


def article_of(raw: str) -> str:
    """Return an article as it is cited; nothing where none is given.

    Raises:
        RefusedError: It is none.

    """
    return str(parse_tag(raw)) if raw.strip() else ""


def mark_of(raw: str) -> str:
    """Return a page or a paragraph as it is kept; nothing where none is given.

    Raises:
        RefusedError: It is too long, or holds characters that nobody sees.

    """
    return one_line(raw, PLACE_CHARACTERS) if raw.strip() else ""


def check_place(place: CommentPlace) -> None:
    """Refuse a comment on no place.

    Raises:
        RefusedError: Neither article nor page nor paragraph is given.

    """
    if not (place.article or place.page or place.paragraph):
        raise RefusedError(Problem("no-place", NO_PLACE))


def text_of(raw: str) -> str:
    """Return what somebody writes to a draft, as it is kept, in Markdown.

    Raises:
        RefusedError: It is empty, too long, or holds characters that nobody sees.

    """
    return markdown.check_text(raw, TEXT_CHARACTERS)


def perhaps_text(raw: str) -> str:
    """Return what somebody adds to a disposition; nothing where they add nothing.

    Raises:
        RefusedError: It is too long, or holds characters that nobody sees.

    """
    return text_of(raw) if raw.strip() else ""


def disposition_of(raw: str) -> Disposition:
    """Return a disposition by its word.

    Raises:
        RefusedError: There is none of this name.

    """
    try:
        return Disposition(raw)
    except ValueError:
        raise RefusedError(Problem("no-disposition", NO_DISPOSITION)) from None


def is_draft(kind: str, stage: str, *, withdrawn: bool, translation: bool) -> bool:
    """Tell whether a document of the shared room is a draft on which the parties comment."""
    return kind in COMMENTED and stage == DocumentStage.CIRCULATED and not (withdrawn or translation)


def check_draft(*, fit: bool) -> None:
    """Refuse to comment on, or take up in, what is no draft in circulation.

    Raises:
        RefusedError: It is none.

    """
    if not fit:
        raise RefusedError(Problem("no-draft", NO_DRAFT))


def check_open(*, final: bool) -> None:
    """Refuse to go on with a draft that became final.

    Raises:
        Conflict: All parties have agreed on it.

    """
    if final:
        raise Conflict(FINAL)


def rank(disposition: Disposition | None) -> int:
    """Give the place of a comment in their list: those that nobody answered first, settled ones last."""
    if disposition is None:
        return 0
    return 1 if disposition is Disposition.DISCUSSED else 2
