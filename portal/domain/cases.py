"""Breach cases: what a concern says, where a case stands, what may follow what (GL 5; the procedure is decided here).

1. (d) A concern says nature, time, place and possible damage, in any of the six languages.
2. (d) A case is opened by two people: whoever proposes it, and a second one who confirms it.
3. (d) No breach is found of somebody who was not heard: they said all that they want to, or the day
   for answering is over.
4. (d) Where nobody is named, nobody can be heard, and no breach is found.
5. (d) Nothing is deleted: a concern that is set aside, and a case that is declined or closed, stay in the record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from portal.domain.markdown import check_text
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

Value = TypeVar("Value")
LINE_CHARACTERS: Final = 400
TEXT_CHARACTERS: Final = 8000
COMPARISONS_A_DAY: Final = 5  # (d) each tells a little of rooms that one doesn’t see
DAY: Final = timedelta(days=1)
ANSWER_DAYS_LEAST: Final = 7  # (d) nobody is asked to answer by tomorrow
ANSWER_DAYS_USUAL: Final = 14


class Nature(StrEnum):
    """What somebody is concerned about."""

    DISCLOSED = "disclosed"
    LOST = "lost"
    ACCESS = "access"
    HANDLING = "handling"
    OTHER = "other"


NATURES: Final[dict[Nature, str]] = {
    Nature.DISCLOSED: N_("Something was shown or passed to somebody who may not see it"),
    Nature.LOST: N_("A copy or a device was lost or stolen"),
    Nature.ACCESS: N_("Somebody got in who should not"),
    Nature.HANDLING: N_("Something was kept or sent in an unsafe way"),
    Nature.OTHER: N_("Something else"),
}


class CaseStage(StrEnum):
    """Where a case stands."""

    PROPOSED = "proposed"
    DECLINED = "declined"
    REGISTERED = "registered"
    HEARING = "hearing"
    HEARD = "heard"
    FOUND = "found"
    SUBMITTED = "submitted"
    CLOSED = "closed"


STAGES: Final[dict[CaseStage, str]] = {
    CaseStage.PROPOSED: N_("Proposed"),
    CaseStage.DECLINED: N_("Declined"),
    CaseStage.REGISTERED: N_("Under examination"),
    CaseStage.HEARING: N_("The person is being heard"),
    CaseStage.HEARD: N_("The person was heard"),
    CaseStage.FOUND: N_("There is a finding"),
    CaseStage.SUBMITTED: N_("With the Oversight Group"),
    CaseStage.CLOSED: N_("Closed"),
}


HOLD_DAYS_MOST: Final = 92
DAYS_MOST: Final = 366


class Hold(StrEnum):
    """How somebody, or everybody, is held back while a case is looked into."""

    EVERYWHERE = "everywhere"
    REVIEW = "review"
    DOWNLOADS = "downloads"
    SESSIONS = "sessions"
    GRANT = "grant"


HOLDS: Final[dict[Hold, str]] = {
    Hold.REVIEW: N_("Suspend from this review"),
    Hold.EVERYWHERE: N_("Suspend everywhere"),
    Hold.DOWNLOADS: N_("Stop downloads of this review"),
    Hold.SESSIONS: N_("Sign out everywhere"),
    Hold.GRANT: N_("Suspend a grant to another State"),
}


class Finding(StrEnum):
    """What an examination found."""

    NO_BREACH = "no_breach"
    PROCEDURE = "procedure"
    CONFIDENTIALITY = "confidentiality"
    NOT_ESTABLISHED = "not_established"


FINDINGS: Final[dict[Finding, str]] = {
    Finding.NO_BREACH: N_("No breach"),
    Finding.PROCEDURE: N_("Breach of procedure"),
    Finding.CONFIDENTIALITY: N_("Breach of confidentiality"),
    Finding.NOT_ESTABLISHED: N_("Not established"),
}


class Decision(StrEnum):
    """What the Oversight Group decides."""

    NONE = "none"
    REQUEST = "request"
    RECOMMENDATION = "recommendation"
    REFERRAL = "referral"


DECISIONS: Final[dict[Decision, str]] = {
    Decision.NONE: N_("No measure"),
    Decision.REQUEST: N_("A request"),
    Decision.RECOMMENDATION: N_("A recommendation"),
    Decision.REFERRAL: N_("Referral to the Conference"),
}
_BREACHES: Final = frozenset({Finding.PROCEDURE, Finding.CONFIDENTIALITY})


@dataclass(frozen=True, slots=True)
class Steps:
    """When a case took each of its steps; None: not yet."""

    confirmed: datetime | None = None
    declined: datetime | None = None
    asked: datetime | None = None
    heard: datetime | None = None
    found: datetime | None = None
    submitted: datetime | None = None
    closed: datetime | None = None

    @property
    def stage(self) -> CaseStage:
        """Tell where the case stands."""
        latest = (
            (self.declined, CaseStage.DECLINED),
            (self.closed, CaseStage.CLOSED),
            (self.submitted, CaseStage.SUBMITTED),
            (self.found, CaseStage.FOUND),
            (self.heard, CaseStage.HEARD),
            (self.asked, CaseStage.HEARING),
            (self.confirmed, CaseStage.REGISTERED),
        )
        return next((stage for when, stage in latest if when is not None), CaseStage.PROPOSED)


@dataclass(frozen=True, slots=True)
class Told:
    """A concern as it was filed.

    Args:
        nature: What it is about.
        language: In which language it is written.
        happened: What happened.
        when: The time, in words.
        where: The place.
        damage: What damage it may do.
        documents: The ids of documents of the file that it names.
    """

    nature: Nature
    language: str
    happened: str
    when: str
    where: str
    damage: str
    documents: tuple[str, ...] = ()


def text_of(raw: str, longest: int = TEXT_CHARACTERS) -> str:
    """Return a text as it is kept.

    Raises:
        RefusedError: It is empty, too long, or holds characters that nobody sees or that turn others.
    """
    return check_text(raw, longest)


def line_of(raw: str) -> str:
    """Return a short text, which may be empty.

    Raises:
        RefusedError: It is too long, or holds characters that nobody sees or that turn others.
    """
    return text_of(raw, LINE_CHARACTERS) if raw.strip() else ""


def nature_of(raw: str) -> Nature:
    """Return what a concern is about.

    Raises:
        RefusedError: It is none of the list.
    """
    return chosen(raw, {nature.value: nature for nature in Nature})


def chosen(raw: str, values: Mapping[str, Value]) -> Value:
    """Return one of several.

    Raises:
        RefusedError: It is none of them.
    """
    if raw not in values:
        raise RefusedError(Problem("case-choose", N_("Choose one of the list.")))
    return values[raw]


def check_invented(*, exercise: bool, invented: bool, staff: bool = False) -> None:
    """Refuse an exercise on a real review, or about somebody of a real State or of the secretariat.

    Raises:
        RefusedError: One of its States is real.
    """
    if exercise and not invented:
        raise RefusedError(
            Problem(
                "case-exercise",
                N_("An exercise is run on a review of invented States alone, and this one is of real States."),
            )
        )
    if exercise and staff:
        sentence = N_("An exercise names somebody of an invented State alone: nobody of the secretariat.")
        raise RefusedError(Problem("case-exercise-staff", sentence))


def check_hold(kind: Hold, *, named: bool) -> None:
    """Refuse to hold back nobody; downloads alone are stopped for everybody.

    Raises:
        RefusedError: Nobody was named.
    """
    if kind not in {Hold.DOWNLOADS, Hold.GRANT} and not named:
        raise RefusedError(
            Problem("hold-nobody", N_("Choose whom it is about; only downloads are stopped for everybody."))
        )


def check_ahead(day: date, today: date, least: int, most: int = DAYS_MOST) -> None:
    """Refuse a day that doesn't lie far enough ahead, or lies too far.

    Raises:
        RefusedError: It is earlier or later than so many days from today.
    """
    first, last = today + timedelta(days=least), today + timedelta(days=most)
    if not first <= day <= last:
        sentence = N_("Choose a day from %(first)s to %(last)s.")
        raise RefusedError(Problem("case-day", sentence, {"first": first.isoformat(), "last": last.isoformat()}))


def check_unheard(answer_by: datetime | None, now: datetime) -> None:
    """Refuse to record that nobody answered before the day is over.

    Raises:
        RefusedError: They weren't asked, or have time still.
    """
    if answer_by is None or now < answer_by:
        sentence = N_("The person concerned wasn’t asked to be heard, or still has time to answer. Wait for the day.")
        raise RefusedError(Problem("case-early", sentence))


def check_comparisons(made: int) -> None:
    """Refuse to compare too often.

    Raises:
        RefusedError: So many were made within a day.
    """
    if made >= COMPARISONS_A_DAY:
        sentence = N_("Your side compared %(count)d versions with the file within a day. Go on tomorrow.")
        raise RefusedError(Problem("case-comparisons", sentence, {"count": made}))


def check_finding(finding: Finding, *, named: bool) -> None:
    """Refuse to find a breach of nobody.

    Raises:
        RefusedError: Nobody is named, so nobody was heard.
    """
    if finding in _BREACHES and not named:
        sentence = N_("Nobody is named, so nobody was heard, and no breach can be found. Name somebody, or find none.")
        raise RefusedError(Problem("case-nobody", sentence))
