"""The agreement on a report and its executive summary: rules without input or output (ToR 33, GL 29-34).

1. A manifest names one version of a report and one of a summary, both circulated: all parties can read them.
2. It is final when the State under review and both reviewing States have agreed to it, and not before.
3. It ends when a State doesn't agree, when another one is proposed, or when what it names is overtaken: by another
   report or summary that is circulated, by a withdrawal, by other parties, or by another stage of the review. What
   was agreed to it counts for no other. Why a State doesn't agree opens a comment on the draft, and is discussed there.
4. The summary goes out once all six languages of the United Nations are there, each a version that the officer
   confirmed, and never before it is final (ToR 33-35). A while later everybody has it (ToR 51); until then, a language
   version that proves wrong is replaced (d).
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Final

from portal.domain import markdown
from portal.domain.documents import DocumentKind, DocumentStage
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_
from portal.domain.words import LANGUAGES
from portal.errors import Conflict

REASON_CHARACTERS: Final = 5000
TEXTS: Final = (DocumentKind.REPORT, DocumentKind.SUMMARY)

OTHER: Final = N_(
    "Somebody proposed another report or summary after you opened the page, so nothing was recorded. Load the page "
    "again and look at what is proposed now."
)
UNFIT: Final = N_(
    "Choose a country review report and an executive summary that lie in the shared room, are circulated and are not "
    "withdrawn, each in its newest version."
)
NO_TEXT: Final = N_("Choose the report or the executive summary.")
TRANSMITTED: Final = N_("The executive summary has gone out already, so nothing was changed.")
PUBLIC: Final = N_("The executive summary is public in this language already, so nothing was changed.")
CONFIRMED: Final = N_("This file was confirmed before. Nothing was changed.")
NO_SUMMARY: Final = N_(
    "This is no circulated language version of the final executive summary in one of the six languages, so it was not "
    "confirmed."
)
REPLACED: Final = N_(
    "Another file was confirmed in one of the languages since you opened the page, so the summary was not given to "
    "anybody. Load the page again, and open the files that are confirmed now."
)
INCOMPLETE: Final = N_("The executive summary isn’t there in all six languages yet, so it was not given to anybody.")


class Ending(StrEnum):
    """Why a manifest ended without becoming final."""

    REPLACED = "replaced"
    DISAGREED = "disagreed"
    NEW_TEXT = "new_text"
    WITHDRAWN = "withdrawn"
    PARTIES = "parties"
    STAGE = "stage"


ENDINGS: Final[dict[Ending, str]] = {
    Ending.REPLACED: N_("Another one was proposed."),
    Ending.DISAGREED: N_("A State did not agree."),
    Ending.NEW_TEXT: N_("Another report or summary was circulated."),
    Ending.WITHDRAWN: N_("One of its documents was withdrawn."),
    Ending.PARTIES: N_("The parties to the review changed."),
    Ending.STAGE: N_("The review moved to another stage."),
}


def check_newest(seen: int, newest: int) -> None:
    """Refuse to propose beside a manifest that the proposer hasn't seen.

    Raises:
        Conflict: Somebody proposed one meanwhile.

    """
    if seen != newest:
        raise Conflict(OTHER)


def fits(kind: str, wanted: DocumentKind, stage: str, withdrawn_at: datetime | None, *, translation: bool) -> bool:
    """Tell whether a document of the shared room can be what parties agree on."""
    original = kind == wanted and not translation
    return original and stage == DocumentStage.CIRCULATED and withdrawn_at is None


def overtakes(kind: str, *, translation: bool) -> bool:
    """Tell whether a document that is circulated now takes the place of what is proposed."""
    return kind in TEXTS and not translation


def check_pair(*, fit: bool) -> None:
    """Refuse to propose what can't be agreed on.

    Raises:
        RefusedError: One of the two is no such document.

    """
    if not fit:
        raise RefusedError(Problem("unfit", UNFIT))


def reason_given(raw: str) -> str:
    """Return why a State doesn't agree, as it is kept, in Markdown: it opens a comment on the draft.

    Raises:
        RefusedError: Nothing is said, it is too long, or holds characters that nobody sees.

    """
    return markdown.check_text(raw, REASON_CHARACTERS)


def text_meant(raw: str) -> DocumentKind:
    """Return which of the two texts a State doesn't agree to; the report where none is named.

    Raises:
        RefusedError: It is neither.

    """
    try:
        kind = DocumentKind(raw or DocumentKind.REPORT)
        return TEXTS[TEXTS.index(kind)]
    except ValueError:
        raise RefusedError(Problem("no-text", NO_TEXT)) from None


def is_final(parties: Collection[str], agreed: Collection[str]) -> bool:
    """Tell whether a manifest is final: each party of today has agreed to it (ToR 33)."""
    return bool(parties) and set(parties) <= set(agreed)


def confirms(*, final: bool, bound: bool, language: str, stage: str, withdrawn: bool) -> bool:
    """Tell whether a document is a language version of a final summary that can go out; bound: it translates it."""
    circulated = stage == DocumentStage.CIRCULATED and not withdrawn
    return (final or bound) and language in LANGUAGES and circulated


def check_confirms(*, fit: bool, public: bool, confirmed: bool) -> None:
    """Refuse to confirm what is no language version of the final summary, one of a public language, or one twice.

    Raises:
        Conflict: It is none, it is too late, or this version is the one that is confirmed.

    """
    if public:
        raise Conflict(PUBLIC)
    if confirmed:
        raise Conflict(CONFIRMED)
    if not fit:
        raise Conflict(NO_SUMMARY)


def check_complete(languages: Collection[str], *, transmitted: bool) -> None:
    """Refuse to give out a summary twice, or one that isn't there in all six languages.

    Raises:
        Conflict: It went out, or one is missing.

    """
    if transmitted:
        raise Conflict(TRANSMITTED)
    if not set(LANGUAGES) <= set(languages):
        raise Conflict(INCOMPLETE)


def check_same(seen: Collection[str], confirmed: Collection[str]) -> None:
    """Refuse to give out other files than those that the page showed.

    Raises:
        Conflict: Another one was confirmed meanwhile.

    """
    if set(seen) != set(confirmed):
        raise Conflict(REPLACED)
