"""Breach cases: proposed by one person, registered by a second one, seen by the States concerned from then on.

1. The confidentiality officer proposes a case on a concern, or of their own motion. It is opened once a second person
   confirms it: another confidentiality officer, or a focal point of a State concerned, each with a fresh proof of who
   they are. Nobody who filed the concern, or ever worked on the review, is one of the two.
2. With the confirmation, in the same transaction, the file is frozen (case_records.py) and the States concerned are
   told.
3. States concerned are the State under review, the reviewing States, the State of the person concerned, and those that
   were granted what the case is about (case_grants.py). What each of them sees of it, case_eyes.py says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, CaseFacts, PortalFacts
from portal.domain.account_events import AccountEvent
from portal.domain.cases import CaseStage, check_invented
from portal.domain.ids import CaseId
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound
from portal.usecases.account_notices import tell_person
from portal.usecases.case_facts import (
    case_facts,
    facts_of_cases,
    find_case,
    marked,
    steps_of,
    tell_concerned,
    workers_of,
)
from portal.usecases.case_grants import granted_of, touch
from portal.usecases.case_records import EntryKind, add_entry, snapshot
from portal.usecases.concerns import ConcernLine, facts_of_concern, list_concerns, reach_of, tell_officers
from portal.usecases.files import files_of
from portal.usecases.people import name_of
from portal.usecases.standings import allows_each
from portal.work import Portal, Work
from storage.cases import BreachCase, Concern
from storage.fields import Place
from storage.permits import case_scope
from storage.repositories.cases import CaseRecords
from storage.repositories.grants import GrantRecords
from storage.tables import Person

PAGE: Final = 50
TAKEN = N_("A case was proposed on this concern before, or it was set aside. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A case as it is proposed.

    Args:
        review: The review.
        concern: The concern that it rests on; None: of the officer's own motion.
        person: Whom it concerns; None while nobody is named.
        subject: What it is about, without anything confidential of the file.
        grounds: What is alleged, and on what it rests.
        exercise: It is run on invented data.
        grants: What it is about was given by these.
    """

    review: UUID
    concern: UUID | None
    person: UUID | None
    subject: str
    grounds: str
    exercise: bool
    grants: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list."""

    id: UUID
    number: int
    state: str  # under review
    stage: CaseStage
    exercise: bool
    since: datetime
    waits: bool  # for the reader to confirm or decline it, or for the Group's decision
    due: bool  # a containment is to be looked at again


@dataclass(frozen=True, slots=True)
class Asked:
    """Which parts of the lists are asked for: what comes after a case's number, and after a concern of each list."""

    case: int | None = None
    waiting: UUID | None = None
    ended: UUID | None = None
    cycle: UUID | None = None


@dataclass(frozen=True, slots=True)
class CasesPage:
    """Concerns and cases that the reader sees, a part of each list; `older`: where the next part begins, if any.

    Args:
        waiting: The cases that wait for the reader.
        reviews: Those of the cycle on which the reader may propose a case.
    """

    waiting: tuple[CaseLine, ...]
    cases: tuple[CaseLine, ...]
    concerns: tuple[ConcernLine, ...]  # that wait
    ended: tuple[ConcernLine, ...]
    older: Asked
    cycle: UUID | None
    cycles: tuple[tuple[UUID, str], ...]
    reviews: tuple[tuple[UUID, str], ...]
    officer: bool
    oversight: bool


# --- looking


def list_cases(portal: Portal, caller: Caller, asked: Asked = Asked()) -> CasesPage:  # frozen
    """List concerns and cases, as far as the reader sees them.

    Raises:
        NotFound: The reader sees none.

    """
    with portal.work(caller) as work:
        work.require_on(Action.LIST_CASES, PortalFacts())
        work.standings.widen()
        officer, group = work.who.role is Role.CONFIDENTIALITY_OFFICER, work.who.role is Role.OVERSIGHT
        records, reach = CaseRecords(work.session), reach_of(work)
        due = records.to_review(work.now.date()) if officer else frozenset()
        waiting = waiting_cases(work, due)
        cases: list[CaseLine] = []
        last, more = asked.case, True
        while more and len(cases) <= PAGE:  # what the reader may not see leaves no gap, and is in no count
            rows = records.some_cases(reach, last, PAGE + 1)
            cases += _seen(work, rows, due)
            last, more = (rows[-1].number if rows else None), len(rows) > PAGE
        concerns, later = list_concerns(work, ended=False, before=asked.waiting, most=PAGE) if officer else ([], False)
        ended, before = list_concerns(work, ended=True, before=asked.ended, most=PAGE) if officer else ([], False)
        cycles = tuple((row.id, row.name) for row in work.reviews.cycles()) if officer else ()
        cycle = next((id_ for id_, _ in cycles if id_ == asked.cycle), cycles[0][0] if cycles else None)
        older = Asked(
            cases[PAGE - 1].number if len(cases) > PAGE else None,
            concerns[-1].id if later else None,
            ended[-1].id if before else None,
        )
        return CasesPage(
            waiting=tuple(waiting[:PAGE]),
            cases=tuple(cases[:PAGE]),
            concerns=tuple(concerns),
            ended=tuple(ended),
            older=older,
            cycle=cycle,
            cycles=cycles,
            reviews=tuple((id_, state) for id_, state in records.reviews(cycle)) if cycle else (),
            officer=officer,
            oversight=group,
        )


def waiting_cases(work: Work, due: frozenset[UUID] = frozenset()) -> list[CaseLine]:
    """List the cases that wait for whoever asks; due: those with a containment to be looked at again."""
    undecided = work.who.role is not Role.OVERSIGHT
    rows = CaseRecords(work.session).unended(reach_of(work), proposed=undecided)
    if not rows:
        return []
    work.standings.widen()
    return [line for line in _seen(work, rows, due) if line.waits]


def _seen(work: Work, rows: Sequence[BreachCase], due: frozenset[UUID]) -> list[CaseLine]:
    seeing, deciding = Action.VIEW_CASE, Action.CONFIRM_CASE
    if work.who.role is Role.OVERSIGHT:
        seeing, deciding = Action.VIEW_SUBMISSION, Action.DECIDE_CASE
    found = facts_of_cases(work, rows)
    sees = allows_each(work, seeing, [facts for _, facts in found])
    seen = [pair for pair, may in zip(found, sees, strict=True) if may]
    waits = allows_each(work, deciding, [facts for _, facts in seen])
    return [case_line(row, facts, waits=may, due=row.id in due) for (row, facts), may in zip(seen, waits, strict=True)]


def case_line(row: BreachCase, facts: CaseFacts, *, waits: bool, due: bool = False) -> CaseLine:
    """Give a case as lists show it."""
    stage, since = steps_of(row).stage, row.confirmed_at or row.proposed_at
    return CaseLine(row.id, row.number, facts.review.state_under_review, stage, row.exercise, since, waits, due)


# --- opening one, by two people


@dataclass(frozen=True, slots=True)
class Proposing:
    """The page on which a case is proposed; people: whom it may concern, with their States; grants: likewise.

    Under: the grant under which the concern was filed: the case is about that, too.
    """

    review: UUID
    state: str
    concern: UUID | None
    about: UUID | None
    people: tuple[tuple[UUID, str, str | None], ...]
    invented: bool
    grants: tuple[tuple[UUID, str], ...]
    under: UUID | None


def view_proposing(portal: Portal, caller: Caller, review_id: UUID | None, concern_id: UUID | None) -> Proposing:
    """Show the form of a case on a concern, or on a review of the officer's own motion.

    Raises:
        NotFound: There is no such review or concern, or it isn't the reader's to propose.

    """
    with portal.work(caller) as work:
        records = CaseRecords(work.session)
        concern = records.concern(concern_id, reach_of(work)) if concern_id else None
        on = concern.review_id if concern else review_id if concern_id is None else None
        record = files_of(work).find(on) if on and reach_of(work).officer else None
        seen = concern is None or _sees_concern(work, concern)
        officer = work.who.role is Role.CONFIDENTIALITY_OFFICER and seen and record is not None
        facts = PortalFacts() if officer else Absent(PortalFacts)
        permit = work.require_on(Action.LIST_CASES, facts, asked=concern_id or review_id)
        if record is None:
            raise NotFound
        people = work.people.named(list(workers_of(work, record)))
        invented = records.invented([party.state_code for party in record.parties])
        grants = GrantRecords(work.session)
        under, given = grants.of_concern(concern.id) if concern else None, grants.ever_given(record.review.id)
    named = [(one.id, name_of(portal, permit, one), one.state_code) for one in people.values()]
    return Proposing(
        record.review.id,
        record.review.state_code,
        concern.id if concern else None,
        concern.about_person if concern else None,
        tuple(sorted(named, key=lambda one: (one[2] or "", one[1].casefold()))),
        invented,
        tuple((one.id, one.state_code) for one in given),
        under.id if under else None,
    )


def _sees_concern(work: Work, concern: Concern) -> bool:
    facts = facts_of_concern(work, concern)
    return not isinstance(facts, Absent) and work.allows(Action.VIEW_CONCERN, facts)


def propose_case(portal: Portal, caller: Caller, proposal: Proposal) -> CaseId:
    """Propose a case; it is opened once a second person confirms it.

    Raises:
        NotFound: There is no such review, concern, person or grant, or it isn't the actor's to propose.
        Conflict: The concern was taken up or set aside.
        RefusedError: An exercise was to be run on a real review.

    """
    with portal.work(caller) as work:
        records, case, by = CaseRecords(work.session), CaseId(uuid4()), work.who.person_id
        record = files_of(work).find(proposal.review) if reach_of(work).officer else None
        concern = records.concern(proposal.concern, reach_of(work)) if proposal.concern else None
        person = work.people.find(proposal.person) if proposal.person else None
        if proposal.concern and (concern is None or concern.review_id != proposal.review):
            record = None
        row = _proposed(case, proposal, by, person, work.now) if by else None
        facts = case_facts(work, row, record) if row and record else Absent(CaseFacts)
        permit = work.require_on(Action.PROPOSE_CASE, facts, asked=proposal.review)
        if record is None or row is None or (proposal.person and person is None):
            raise NotFound
        before = records.of_concern(concern.id) if concern else ()
        if concern is not None and (concern.ended_at or any(one.declined_at is None for one in before)):
            raise Conflict(TAKEN)
        granted = granted_of(work, row, proposal.grants)
        states = {party.state_code for party in record.parties} | {row.person_state, *granted.values()}
        invented = records.invented([state for state in states if state])
        staff = person is not None and person.state_code is None
        check_invented(exercise=proposal.exercise, invented=invented, staff=staff)
        row.number = records.next_number()
        for column, words in (("subject", proposal.subject), ("grounds", proposal.grounds)):
            sealed = work.seal(permit, case_scope(case), Place("breach_case", column, case), words)
            setattr(row, column, sealed)
        records.add(row)
        touch(work, permit, row, granted)
        tell_concerned(work, row, AccountEvent.CASE_PROPOSED)
    return case


def _proposed(case: CaseId, proposal: Proposal, by: UUID, person: Person | None, now: datetime) -> BreachCase:
    return BreachCase(
        id=case,
        number=0,
        review_id=proposal.review,
        concern_id=proposal.concern,
        exercise=proposal.exercise,
        person_id=person.id if person else None,
        person_state=person.state_code if person else None,
        subject=b"",
        grounds=b"",
        proposed_by=by,
        proposed_at=now,
    )


def confirm_case(portal: Portal, caller: Caller, case_id: UUID) -> None:
    """Register a case, as its second person: the file is frozen, and the States concerned are told.

    Raises:
        NotFound: There is no such case, or the actor may not know of it.
        Forbidden: It isn't the actor's to confirm.

    """
    with portal.work(caller) as work:
        row, _, permit = find_case(work, Action.CONFIRM_CASE, case_id)
        row.confirmed_by, row.confirmed_at = work.who.person_id, work.now
        records = CaseRecords(work.session)
        concern = records.concern(row.concern_id) if row.concern_id else None
        if concern is not None:
            concern.ended_at, concern.ended_by, concern.case_id = work.now, work.who.person_id, row.id
            tell_person(work, concern.filed_by, AccountEvent.CONCERN_ANSWERED)
        add_entry(work, permit, row, EntryKind.SNAPSHOT, snapshot(work, row.review_id))
        tell_concerned(work, row, AccountEvent.CASE_REGISTERED)


def decline_case(portal: Portal, caller: Caller, case_id: UUID) -> None:
    """Decline a case that was proposed; it stays in the record, and its concern with the officer.

    Raises:
        NotFound: There is no such case, or the actor may not know of it.
        Forbidden: It isn't the actor's to decline.

    """
    with portal.work(caller) as work:
        row, _, _ = find_case(work, Action.DECLINE_CASE, case_id)
        row.declined_by, row.declined_at = work.who.person_id, work.now
        tell_officers(work, marked(row, AccountEvent.CASE_MOVED), {row.person_id})
