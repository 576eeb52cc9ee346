"""Breach cases as the policies and the other use cases see them: facts, a permit on one, who is told of its steps."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.access.entities import Absent, CaseFacts
from portal.access.file_matters import review_facts
from portal.domain.account_events import AccountEvent
from portal.domain.cases import Steps
from portal.domain.ids import CaseId, GrantId, PersonId, RoomId, StateCode, VersionId
from portal.domain.roles import Role
from portal.errors import NotFound
from portal.usecases.account_notices import tell_person
from portal.usecases.case_records import EntryKind
from portal.usecases.concerns import reach_of, tell_officers
from portal.usecases.files import files_of
from portal.work import Portal, Work
from storage.cases import BreachCase
from storage.database import Session
from storage.fields import Place
from storage.permits import Permit, case_scope
from storage.repositories.cases import CaseRecords
from storage.repositories.grants import GrantRecords
from storage.repositories.reviews import Reach, ReviewRecord, ReviewRecords


def steps_of(row: BreachCase) -> Steps:
    """Tell when a case took its steps."""
    return Steps(
        *(row.confirmed_at, row.declined_at, row.asked_at, row.heard_at, row.found_at, row.submitted_at, row.closed_at)
    )


def facts_of_case(work: Work, row: BreachCase | None) -> CaseFacts | Absent:
    """Tell the policies about a case, or that there is none."""
    return facts_at(work.session, row, work.now)


def facts_at(session: Session, row: BreachCase | None, now: datetime) -> CaseFacts | Absent:
    """Tell the policies about a case as some transaction finds it."""
    record = ReviewRecords(session, Reach(None, everything=True)).find(row.review_id) if row else None
    return _facts(session, now, [(row, record)])[0][1] if row and record else Absent(CaseFacts)


def facts_of_cases(work: Work, rows: Sequence[BreachCase]) -> list[tuple[BreachCase, CaseFacts]]:
    """Tell the policies about cases, with as many questions as about one."""
    files = files_of(work).those({row.review_id for row in rows})
    return _facts(work.session, work.now, [(row, files[row.review_id]) for row in rows if row.review_id in files])


def case_facts(work: Work, row: BreachCase, record: ReviewRecord) -> CaseFacts:
    """Tell the policies about a case, made or about to be."""
    return _facts(work.session, work.now, [(row, record)])[0][1]


def _facts(
    session: Session, now: datetime, found: Sequence[tuple[BreachCase, ReviewRecord]]
) -> list[tuple[BreachCase, CaseFacts]]:
    records, reviews = CaseRecords(session), {row.review_id for row, _ in found}
    filers, involved = records.filers(reviews), records.involved(reviews)
    hands = records.hands([row.id for row, _ in found])
    passed = _let_pass(session, now, [row for row, _ in found])
    granted = GrantRecords(session).of_cases([row.id for row, _ in found])
    return [
        (
            row,
            CaseFacts(
                CaseId(row.id),
                review_facts(record),
                frozenset(map(PersonId, {row.proposed_by, *hands[row.id]})),
                PersonId(row.person_id) if row.person_id else None,
                StateCode(row.person_state) if row.person_state else None,
                frozenset(map(PersonId, filers[row.review_id])),
                frozenset(map(PersonId, involved[row.review_id])),
                registered=row.confirmed_at is not None,
                ended=row.declined_at is not None or row.closed_at is not None,
                asked=row.asked_at is not None,
                heard=row.heard_at is not None or row.id in passed,
                found=row.found_at is not None,
                submitted=row.submitted_at is not None,
                rooms=frozenset(RoomId(room.id) for room in record.rooms),
                grantees=frozenset(StateCode(grant.state_code) for grant in granted[row.id]),
            ),
        )
        for row, record in found
    ]


def _let_pass(session: Session, now: datetime, rows: Sequence[BreachCase]) -> frozenset[UUID]:
    """Tell in which cases the day for answering is over, and the person answered by then without ending it."""
    over = [row.id for row in rows if row.answer_by is not None and now >= row.answer_by]
    return CaseRecords(session).with_entry(over, EntryKind.ANSWER) if over else frozenset()


def find_case(work: Work, action: Action, case_id: UUID) -> tuple[BreachCase, CaseFacts, Permit]:
    """Ask for an act on a case.

    Raises:
        NotFound: There is no such case, or the actor may not know of it.
        Forbidden: The actor sees the case but may not do this.
    """
    row = CaseRecords(work.session).case(case_id, reach_of(work))
    facts = facts_of_case(work, row)
    if action is Action.COMPARE_CASE and row is not None and isinstance(facts, CaseFacts):
        versions = CaseRecords(work.session).version_ids(row.review_id)
        grants = [one.grant.id for one in GrantRecords(work.session).of_review(row.review_id)]
        facts = replace(
            facts,
            versions=frozenset(map(VersionId, versions)),
            grants=frozenset(map(GrantId, grants)),
            under=_grant_of_actor(work, facts),
        )
    if action is Action.DISCLOSE_CASE and isinstance(facts, CaseFacts):
        exhibits = frozenset(VersionId(one.id) for one in CaseRecords(work.session).exhibits(case_id))
        facts = replace(facts, versions=exhibits)
    permit = work.require_on(action, facts, asked=case_id)
    if row is None or isinstance(facts, Absent):
        raise NotFound
    return row, facts, permit


def _grant_of_actor(work: Work, facts: CaseFacts) -> GrantId | None:
    """Find under which grant a case concerns the actor's State, unless it is a party: nobody else learns of a grant."""
    state, parties = work.who.state, {facts.review.state_under_review, *facts.review.reviewing}
    if state is None or state in parties:
        return None
    granted = GrantRecords(work.session).of_cases([facts.id])[facts.id]
    return next((GrantId(one.id) for one in granted if one.state_code == state), None)


def reachable(work: Work, row: BreachCase) -> frozenset[UUID]:
    """Find whom a case can name or hold back: who works or worked on the review, but nobody who opened the case."""
    record = files_of(work).find(row.review_id)
    people = workers_of(work, record) if record else frozenset()
    opened = {row.proposed_by, row.confirmed_by, work.who.person_id}
    return frozenset({*people, *({row.person_id} - {None})} - opened)  # type: ignore[arg-type]  # none is None


def workers_of(work: Work, record: ReviewRecord) -> frozenset[UUID]:
    """Find who works or worked on a review, or reads or read its report under a grant."""
    review = record.review.id
    now = {person.id for _, person, _ in work.reviews.people(review, parties_of(record), work.now)}
    return frozenset(now | CaseRecords(work.session).involved([review])[review])


def parties_of(record: ReviewRecord) -> list[str]:
    """Name the States that are parties to a review now."""
    return [party.state_code for party in record.parties if party.until is None]


def open_words(portal: Portal, permit: Permit, row: BreachCase, column: str) -> str:
    """Open what a case is about (`subject`), or what is alleged (`grounds`)."""
    blob: bytes = getattr(row, column)
    return portal.open_text(permit, case_scope(row.id), Place("breach_case", column, row.id), blob)


def marked(row: BreachCase, event: AccountEvent) -> AccountEvent:
    """Give what is told of a case: of an exercise, that it is one, wherever it is read."""
    if not row.exercise:
        return event
    own = event in {AccountEvent.HEARING_ASKED, AccountEvent.CASE_FOUND}
    return AccountEvent.EXERCISE_HEARING if own else AccountEvent.EXERCISE_MOVED


def tell_concerned(work: Work, row: BreachCase, event: AccountEvent) -> None:
    """Tell the focal points of the States concerned and the confidentiality officers; never the person concerned.

    Of an exercise the same people are told, and that it is one: that is what is exercised.
    """
    event, record = marked(row, event), files_of(work).find(row.review_id)
    granted = GrantRecords(work.session).of_cases([row.id])[row.id]
    states = {*(parties_of(record) if record else ()), row.person_state, *(one.state_code for one in granted)}
    codes = [code for code in states if code]
    people = {one.person_id for one in work.people.holders(Role.FOCAL_POINT, work.now, codes)}
    for person in sorted(people - {work.who.person_id, row.person_id}):
        tell_person(work, person, event)
    tell_officers(work, event, {row.person_id, *people})
