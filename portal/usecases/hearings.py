"""Being heard: the person concerned sees what is alleged and what holds them back, answers, learns the finding.

Nothing else of the case is shown to them: not who filed the concern, and not what others said.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain.cases import CaseStage
from portal.errors import SignedOut
from portal.usecases.case_facts import facts_of_cases, find_case, steps_of
from portal.usecases.case_records import EntryKind, EntryLine, add_entry, open_entries
from portal.usecases.containments import HoldLine, open_hold
from portal.work import Portal
from storage.repositories.cases import CaseRecords

SHOWN = frozenset({EntryKind.HEARING, EntryKind.ANSWER, EntryKind.HEARD, EntryKind.UNHEARD, EntryKind.FINDING})


@dataclass(frozen=True, slots=True)
class HearingLine:
    """A case in which somebody is heard."""

    id: UUID
    number: int
    state: str
    stage: CaseStage
    answer_by: datetime | None


@dataclass(frozen=True, slots=True)
class HearingPage:
    """One case as the person concerned sees it."""

    line: HearingLine
    exercise: bool
    entries: tuple[EntryLine, ...]
    holds: tuple[HoldLine, ...]
    may_answer: bool


def list_own_cases(portal: Portal, caller: Caller) -> list[HearingLine]:
    """List the cases in which the reader is heard.

    Raises:
        NotFound: The reader acts under no appointment.
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        work.require_on(Action.LIST_OWN_CASES, PortalFacts())
        work.standings.widen()
        if work.who.person_id is None:
            raise SignedOut
        lines = []
        for row, facts in facts_of_cases(work, CaseRecords(work.session).of_person(work.who.person_id)):
            if work.allows(Action.VIEW_OWN_CASE, facts):
                state = facts.review.state_under_review
                lines.append(HearingLine(row.id, row.number, state, steps_of(row).stage, row.answer_by))
        return lines


def view_own_case(portal: Portal, caller: Caller, case_id: UUID) -> HearingPage:
    """Show a case to the person whom it concerns.

    Raises:
        NotFound: There is no such case, or the reader isn't asked to be heard in it.

    """
    with portal.work(caller) as work:
        row, facts, permit = find_case(work, Action.VIEW_OWN_CASE, case_id)
        records = CaseRecords(work.session)
        entries = [one for one in records.entries(row.id) if one.kind in SHOWN]
        holds = [one for one in records.containments(row.id) if one.person_id == work.who.person_id]
        people = work.people.named(list({entry.made_by for entry in entries}))
        may = work.allows(Action.ANSWER_CASE, facts)
        today = work.now.date()
    shown = open_entries(portal, permit, entries, people)
    line = HearingLine(row.id, row.number, facts.review.state_under_review, steps_of(row).stage, row.answer_by)
    return HearingPage(
        line,
        row.exercise,
        shown,
        tuple(open_hold(portal, permit, one, None, today) for one in holds),
        may,
    )


def answer_case(portal: Portal, caller: Caller, case_id: UUID, text: str, *, is_all: bool) -> None:
    """Answer to what is alleged; more than once, until there is a finding.

    Args:
        portal: The portal.
        caller: Who asks.
        case_id: The case.
        text: The answer.
        is_all: They have said all that they want to say, so that the finding need not wait for the day.

    Raises:
        NotFound: There is no such case, or the actor isn't asked to be heard in it.
        Forbidden: There is a finding already.

    """
    with portal.work(caller) as work:
        row, _, permit = find_case(work, Action.ANSWER_CASE, case_id)
        add_entry(work, permit, row, EntryKind.ANSWER, {"text": text})
        if is_all and row.heard_at is None:
            row.heard_at = work.now
