"""The path of a clarification, from draft to answer and back: rules without input or output (ToR 22-24, GL 16-24).

1. Drafts lie where their authors work: questions in the reviewers' room, answers in the national room of the State
   under review. The other side never sees one (GL 17).
2. What is sent becomes an entry of its own in the shared room: submitted, so that its State and the officer see it;
   then passed on, so that all parties see it (GL 21, 23). It never changes; a correction is another entry.
3. Where a reviewing State is set so, its focal point clears a question before it is submitted. What the State under
   review sends, its focal point sends (ToR 17).
4. Where a clarification stands follows from its entries alone, so no two records of it can disagree.
5. Each act is made on what its author saw: if that changed meanwhile, it is not made.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Conflict


class ClarificationKind(StrEnum):
    """What is asked for, in the words of the text (GL 21, 23)."""

    CLARIFICATION = "clarification"
    INFORMATION = "information"
    SUPPLEMENTARY = "supplementary"


class Part(StrEnum):
    """Who speaks in an entry: the side that asks, or the side that answers."""

    QUESTION = "question"
    ANSWER = "answer"


class EntryStage(StrEnum):
    """How far a text has travelled; SENT: a draft of which an entry in the shared room was made."""

    DRAFT = "draft"
    DISCARDED = "discarded"
    SENT = "sent"
    SUBMITTED = "submitted"
    CIRCULATED = "circulated"


class ClarificationStage(StrEnum):
    """Where a clarification stands."""

    DRAFT = "draft"  # nothing was submitted yet
    MERGED = "merged"  # the draft went into another one
    DISCARDED = "discarded"
    SUBMITTED = "submitted"  # a question, or one that follows, is with the secretariat
    ASKED = "asked"  # it is with the State under review
    REPLIED = "replied"  # an answer is with the secretariat
    ANSWERED = "answered"  # it is with the State that asked
    CLOSED = "closed"


class Clearance(StrEnum):
    """Whether a draft waits for the focal point, or has been cleared."""

    NONE = "none"
    ASKED = "asked"
    GIVEN = "given"


class RemarkKind(StrEnum):
    """What is no part of the record."""

    COMMENT = "comment"
    CALL = "call"
    MAIL = "mail"
    MEETING = "meeting"


class Holder(StrEnum):
    """Whose turn it is with one clarification."""

    STATE = "state"
    EXPERTS = "experts"
    OFFICER = "officer"
    NOBODY = "nobody"


KIND_WORDS: Final = {
    ClarificationKind.CLARIFICATION: N_("Request for clarification"),
    ClarificationKind.INFORMATION: N_("Request for additional information"),
    ClarificationKind.SUPPLEMENTARY: N_("Supplementary question"),
}
STAGE_WORDS: Final = {
    ClarificationStage.DRAFT: N_("Draft"),
    ClarificationStage.MERGED: N_("Merged"),
    ClarificationStage.DISCARDED: N_("Discarded"),
    ClarificationStage.SUBMITTED: N_("With the secretariat"),
    ClarificationStage.ASKED: N_("Awaits an answer"),
    ClarificationStage.REPLIED: N_("Answer with the secretariat"),
    ClarificationStage.ANSWERED: N_("Answered"),
    ClarificationStage.CLOSED: N_("Closed"),
}
ENTRY_WORDS: Final = {
    EntryStage.DRAFT: N_("Draft"),
    EntryStage.DISCARDED: N_("Discarded"),
    EntryStage.SENT: N_("Sent"),
    EntryStage.SUBMITTED: N_("With the secretariat"),
    EntryStage.CIRCULATED: N_("Passed on"),
}
REMARK_WORDS: Final = {
    RemarkKind.COMMENT: N_("Side comment"),
    RemarkKind.CALL: N_("Call"),
    RemarkKind.MAIL: N_("Mail"),
    RemarkKind.MEETING: N_("Meeting"),
}
_HOLDERS: Final = {
    ClarificationStage.DRAFT: Holder.EXPERTS,
    ClarificationStage.SUBMITTED: Holder.OFFICER,
    ClarificationStage.ASKED: Holder.STATE,
    ClarificationStage.REPLIED: Holder.OFFICER,
    ClarificationStage.ANSWERED: Holder.EXPERTS,
}
ENDED: Final = frozenset({ClarificationStage.CLOSED, ClarificationStage.MERGED, ClarificationStage.DISCARDED})
SENT: Final = N_(
    "This text was sent or discarded meanwhile, so nothing was changed. What was sent is never edited: if it has to be "
    "put right, write a correction."
)
EDITED: Final = N_(
    "Somebody saved this draft after you opened it. Nothing was overwritten: both texts are below. Bring them together "
    "and save again."
)
EDITED_BEFORE: Final = N_(
    "Somebody saved this draft after you opened it, so it was not sent as it stands now. Read it again, then send it."
)
CLEARED: Final = N_("This draft was cleared already; it needs no second time.")
PASSED: Final = N_("This was passed on already; it needs no second time.")
NOT_THERE: Final = N_("This question wasn’t passed on to the State under review, so there is nothing to answer yet.")
UNPASSED: Final = N_("This question wasn’t passed on yet, so nothing can follow it. Write in its draft, or wait.")
FIRST: Final = N_("Pass on first what this puts right or translates: it would tell of a text that isn’t there yet.")
WAITS: Final = N_("Something of this clarification is with the secretariat, so it stays open. Nothing was changed.")
EMPTY: Final = N_("Nothing is written in this draft yet, so it wasn’t sent.")
ASIDE: Final = N_(
    "This question wasn’t passed on yet, so a comment that all parties read would tell of it. Write it for those of "
    "another room."
)
OVER: Final = N_("This clarification is closed, merged or discarded, so nothing was added to it.")
CLOSED: Final = N_(
    "This clarification was closed already, or something of it is with the secretariat. Nothing was changed."
)
MERGED: Final = N_("Only drafts that nobody submitted yet are merged, and never into themselves. Nothing was changed.")
BATCH_CHANGED: Final = N_(
    "A question of this batch changed after you opened the page, so none was submitted and nothing was lost. Look at "
    "the list again, then submit what is still to be submitted."
)


@dataclass(frozen=True, slots=True)
class Formal:
    """An entry of the shared room, as far as the path is concerned; language versions and corrections don't count."""

    part: Part
    stage: EntryStage
    at: datetime  # passed on, or else submitted


def standing(entries: Iterable[Formal], *, closed: bool) -> ClarificationStage:
    """Tell where a clarification stands that was neither merged nor discarded."""
    known = list(entries)
    if closed:
        return ClarificationStage.CLOSED
    if not known:
        return ClarificationStage.DRAFT
    passed = sorted((entry for entry in known if entry.stage is EntryStage.CIRCULATED), key=lambda entry: entry.at)
    waiting = {entry.part for entry in known if entry.stage is EntryStage.SUBMITTED}
    if not passed:
        return ClarificationStage.SUBMITTED
    if passed[-1].part is Part.QUESTION:
        return ClarificationStage.REPLIED if Part.ANSWER in waiting else ClarificationStage.ASKED
    return ClarificationStage.SUBMITTED if Part.QUESTION in waiting else ClarificationStage.ANSWERED


def shown(stage: ClarificationStage, *, passed: bool, drafts: bool) -> ClarificationStage:
    """Tell where it stands for one side: a question that isn't passed on yet shows to those who see its drafts."""
    if not drafts and passed and stage is ClarificationStage.SUBMITTED:
        return ClarificationStage.ANSWERED
    return stage


def holder(stage: ClarificationStage) -> Holder:
    """Tell whose turn it is."""
    return _HOLDERS.get(stage, Holder.NOBODY)


def held_by(who: Holder) -> tuple[ClarificationStage, ...]:
    """Tell in which stages it is somebody's turn."""
    return tuple(stage for stage, whose in _HOLDERS.items() if whose is who)


def is_overdue(stage: ClarificationStage, due_on: date | None, today: date) -> bool:
    """Tell whether an answer is still awaited after the day by which it was hoped for."""
    return stage is ClarificationStage.ASKED and due_on is not None and due_on < today


def is_mine(who: Holder, role: Role | None, *, under_review: bool, asks: bool) -> bool:
    """Tell whether it is the turn of somebody in this role; `asks`: their State asked."""
    works = role in {Role.FOCAL_POINT, Role.EXPERT}
    match who:
        case Holder.STATE:
            return works and under_review
        case Holder.EXPERTS:
            return works and asks
        case Holder.OFFICER:
            return role is Role.OFFICER
        case Holder.NOBODY:
            return False


def check_draft(stage: EntryStage) -> None:
    """Refuse to work on what is no draft any more.

    Raises:
        Conflict: It was sent or discarded.

    """
    if stage is not EntryStage.DRAFT:
        raise Conflict(SENT)


def check_clears(stage: EntryStage, clearance: Clearance, edition: int, seen: int) -> None:
    """Refuse to clear twice, or something else than what the focal point read.

    Raises:
        Conflict: Somebody was there first.

    """
    check_draft(stage)
    if clearance is Clearance.GIVEN:
        raise Conflict(CLEARED)
    if edition != seen:
        raise Conflict(EDITED)


def check_passes(stage: EntryStage) -> None:
    """Refuse to pass on a second time.

    Raises:
        Conflict: Somebody was there first.

    """
    if stage is not EntryStage.SUBMITTED:
        raise Conflict(PASSED)


def check_takes(stage: ClarificationStage, part: Part, *, passed: bool) -> None:
    """Refuse a text where there is no place for it: an answer before the question, anything after the end.

    Raises:
        Conflict: The clarification is over, or was not passed on yet.

    """
    if stage in ENDED:
        raise Conflict(OVER)
    if part is Part.ANSWER and not passed:
        raise Conflict(NOT_THERE)


def check_follows(*, passed: bool, corrects: bool) -> None:
    """Refuse what follows a question that its State doesn't know of; what was submitted can be put right before.

    Raises:
        Conflict: The question was not passed on yet.

    """
    if not passed and not corrects:
        raise Conflict(UNPASSED)


def check_first(original: EntryStage) -> None:
    """Refuse to pass on a correction or a translation before the text that it is of.

    Raises:
        Conflict: That text is with the secretariat still.

    """
    if original is not EntryStage.CIRCULATED:
        raise Conflict(FIRST)


def check_merges(stage: ClarificationStage, into: ClarificationStage, *, same: bool) -> None:
    """Refuse to merge what was submitted, or into what is over.

    Raises:
        Conflict: One of the two has moved on, or they are one.

    """
    if same or stage is not ClarificationStage.DRAFT or into in ENDED:
        raise Conflict(MERGED)


def check_closes(stage: ClarificationStage, *, follows: bool) -> None:
    """Refuse to close what wasn't passed on, is on its way, or is closed; `follows`: another question is on its way.

    Raises:
        Conflict: It stands elsewhere.

    """
    if stage not in {ClarificationStage.ASKED, ClarificationStage.ANSWERED}:
        raise Conflict(CLOSED)
    if follows:
        raise Conflict(WAITS)
