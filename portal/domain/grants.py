"""Grants: another State party reads a report, as far and as long as the State under review lets it (ToR 37).

1. A State asks, with its purpose and by name who is to read; or it is offered, and names them when it accepts.
2. (d) A grant covers the final report and the agreed summary; anything else only where it was ticked.
3. (d) It runs from a day to a day, at most a year; extending it is a decision like the first.
4. (d) Its pages come with their words, for whoever doesn't see them, unless it gives pictures alone.
5. (d) It is ended at once, with a reason, by the State under review alone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from portal.domain.periods import Period, period
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

DAYS_USUAL: Final = 90
DAYS_MOST: Final = 366
READERS_MOST: Final = 20
DOCUMENTS_MOST: Final = 60
LANGUAGES_MOST: Final = 20  # codes of up to three letters: a row of terms holds so many


class Mode(StrEnum):
    """How what is granted may be read."""

    VIEW = "view"
    IMAGES = "images"
    COPIES = "copies"


MODES: Final[dict[Mode, str]] = {
    Mode.VIEW: N_("On the screen only"),
    Mode.IMAGES: N_("On the screen only, as pictures without their words: who uses a screen reader can’t read them"),
    Mode.COPIES: N_("On the screen, and as marked copies to download"),
}


class Ending(StrEnum):
    """How a grant ended."""

    REFUSED = "refused"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Stand(StrEnum):
    """Where a grant stands."""

    ASKED = "asked"
    OFFERED = "offered"
    COMING = "coming"
    RUNNING = "running"
    HELD = "held"
    EXPIRED = "expired"
    REFUSED = "refused"
    DECLINED = "declined"
    REVOKED = "revoked"


STANDS: Final[dict[Stand, str]] = {
    Stand.ASKED: N_("Asked for"),
    Stand.OFFERED: N_("Offered"),
    Stand.COMING: N_("Granted, not yet begun"),
    Stand.RUNNING: N_("Granted"),
    Stand.HELD: N_("Suspended"),
    Stand.EXPIRED: N_("Its time is over"),
    Stand.REFUSED: N_("Refused"),
    Stand.DECLINED: N_("Declined"),
    Stand.REVOKED: N_("Revoked"),
}


@dataclass(frozen=True, slots=True)
class Times:
    """What a grant's standing follows from.

    Args:
        ended_as: How it ended, if it did.
        open_offer: It was offered, and the other State hasn't said yes.
        starts: Of the terms; None: there are none yet.
        ends: Likewise.
        held: It is suspended while a breach is looked into.
    """

    ended_as: Ending | None
    open_offer: bool
    starts: datetime | None
    ends: datetime | None
    held: bool = False


def stand_of(times: Times, now: datetime) -> Stand:
    """Tell where a grant stands."""
    if times.ended_as is not None:
        return Stand(times.ended_as.value)
    if times.ends is not None and times.ends <= now:
        return Stand.EXPIRED
    if times.open_offer:
        return Stand.OFFERED
    if times.starts is None:
        return Stand.ASKED
    if times.held:
        return Stand.HELD
    return Stand.COMING if times.starts > now else Stand.RUNNING


def runs(times: Times, now: datetime) -> bool:
    """Tell whether something is read under a grant now, or could be but for a containment."""
    return stand_of(times, now) in {Stand.RUNNING, Stand.HELD}


def terms_period(first: date | None, last: date | None, now: datetime, zone: str) -> Period:
    """Return the moments between which a grant runs.

    Raises:
        RefusedError: There is no last day, it lies more than a year ahead, or the days don't fit.
    """
    found = period(first, last, now, zone)
    if found.ends is None or found.ends > now + timedelta(days=DAYS_MOST):
        raise RefusedError(
            Problem("grant-days", N_("Choose a last day, at most a year ahead. A grant can be extended at any time."))
        )
    return found


def check_readers(readers: Collection[object]) -> None:
    """Refuse a grant to nobody, or to a crowd.

    Raises:
        RefusedError: Nobody is named, or too many are.
    """
    if not 0 < len(readers) <= READERS_MOST:
        sentence = N_("Choose who is to read: at least one person, at most %(most)d.")
        raise RefusedError(Problem("grant-readers", sentence, {"most": READERS_MOST}))


def check_documents(documents: Collection[object]) -> None:
    """Refuse a grant of nothing.

    Raises:
        RefusedError: Nothing was ticked, or too much.
    """
    if not 0 < len(documents) <= DOCUMENTS_MOST:
        sentence = N_("Choose what is to be read: at least one document, at most %(most)d.")
        raise RefusedError(Problem("grant-documents", sentence, {"most": DOCUMENTS_MOST}))


def check_languages(languages: Collection[object]) -> None:
    """Refuse a grant in more languages than are kept.

    Raises:
        RefusedError: There are too many.
    """
    if len(languages) > LANGUAGES_MOST:
        sentence = N_("Choose at most %(most)d languages.")
        raise RefusedError(Problem("grant-languages", sentence, {"most": LANGUAGES_MOST}))


def check_leaving(ends: datetime | None, first: datetime) -> None:
    """Refuse to name somebody whose last appointment for their State ends before the grant begins.

    Raises:
        RefusedError: They will have left.
    """
    if ends is not None and ends <= first:
        sentence = N_("Somebody was chosen who acts for their State no longer when this begins. Leave them out.")
        raise RefusedError(Problem("grant-leaver", sentence))
