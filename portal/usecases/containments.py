"""Containment: somebody, or everybody, is held back while a case is looked into; at once, and reversibly.

1. It takes a registered case, a reason, a day within three months on which it is looked at again, and a fresh proof of
   who one is. It reaches who works or worked on the review, and nobody who opened the case; everywhere, only whom the
   case concerns: so nobody is silenced by it who speaks for a State.
2. It holds from the next request on, and stops downloads that run within seconds (portal/web/sending.py asks again).
3. A containment is begun and lifted by acts, and never rewritten: who was held back when, has an answer.
4. Signing somebody out is done once and has nothing to lift: they sign in again.
5. In an exercise all of it is written down, and nobody is touched.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.account_events import AccountEvent
from portal.domain.cases import HOLD_DAYS_MOST, Hold, check_ahead, check_hold, check_invented
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound, SignedOut
from portal.usecases.account_notices import tell_person
from portal.usecases.case_facts import find_case, reachable, tell_concerned
from portal.usecases.case_grants import touch
from portal.usecases.grant_facts import grant_records, tell_people
from portal.work import Portal, Work
from storage.cases import BreachCase, Containment
from storage.fields import Place
from storage.grants import GrantHold
from storage.permits import Permit, case_scope
from storage.repositories.cases import CaseRecords
from storage.repositories.grants import GrantRecord
from storage.tables import Person

LIFTED = N_("This was lifted before, or there is nothing to lift. Nothing was changed.")
NOT_CONCERNED = Problem(
    "hold-everywhere",
    N_("Everywhere, only the person whom the case concerns is held back. Choose this review instead."),
)
NO_GRANT = Problem("hold-grant", N_("Choose one of the grants that run, and nobody in particular."))
RUNS = N_("This person, or everybody, is held back in this way already. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Containing:
    """A containment as it is begun; person None: everybody in the review."""

    kind: Hold
    person: UUID | None
    reason: str
    review_on: date
    grant: UUID | None = None  # which one is suspended


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A containment as a page shows it; person: None where it isn't told, or is everybody."""

    id: UUID
    kind: Hold
    person: str | None
    everybody: bool
    reason: str
    review_on: date
    due: bool  # it is to be looked at again
    begun_at: datetime
    lifted_at: datetime | None
    lift_reason: str | None
    state: str = ""  # whose grant is suspended


def begin_containment(portal: Portal, caller: Caller, case_id: UUID, said: Containing) -> None:
    """Hold somebody, or everybody, back.

    Raises:
        NotFound: There is no such case or person, or the actor may not know of it.
        Forbidden: The actor sees the case but may not do this.
        Conflict: It holds already.
        RefusedError: Nobody was named, or the day isn't ahead.

    """
    check_hold(said.kind, named=said.person is not None)
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.BEGIN_CONTAINMENT, case_id)
        check_ahead(said.review_on, work.now.date(), 1, HOLD_DAYS_MOST)
        by, records = work.who.person_id, CaseRecords(work.session)
        if by is None:
            raise SignedOut
        person = _person(work, case, said)
        grant = _grant(work, case, said)
        alike = (said.kind.value, said.person)
        running = [one for one in records.containments(case.id) if one.lifted_at is None]
        if any((one.kind, one.person_id) == alike for one in running if one.kind != Hold.GRANT):
            raise Conflict(RUNS)
        containment, once = uuid4(), said.kind is Hold.SESSIONS
        place = Place("containment", "reason", containment)
        row = Containment(
            id=containment,
            case_id=case.id,
            review_id=case.review_id,
            kind=said.kind.value,
            person_id=said.person,
            acts=not case.exercise,
            reason=work.seal(permit, case_scope(case.id), place, said.reason),
            review_on=said.review_on,
            begun_by=by,
            begun_at=work.now,
            lifted_by=by if once else None,
            lifted_at=work.now if once else None,
        )
        records.add(row)
        if grant is not None:
            grant_records(work).add(GrantHold(containment_id=containment, grant_id=grant.grant.id))
            invented = CaseRecords(work.session).invented([grant.grant.state_code])
            check_invented(exercise=case.exercise, invented=invented)
            touch(work, permit, case, {grant.grant.id: grant.grant.state_code})
            if row.acts:
                tell_people(work, grant.readers, AccountEvent.HELD_BACK)
        if row.acts and person is not None:
            _hold(work, said.kind, person)
        work.note(permit, containment=str(containment), kind=said.kind.value, held=str(said.person or ""))
        _tell(work, case, person, AccountEvent.HELD_BACK, acts=row.acts)


def _person(work: Work, case: BreachCase, said: Containing) -> Person | None:
    """Find whom the case can reach; everywhere, only whom it concerns is held back."""
    if said.person is None:
        return None
    found = work.people.find(said.person)
    if found is None or said.person not in reachable(work, case):
        raise NotFound
    if said.kind is Hold.EVERYWHERE and said.person != case.person_id:
        raise RefusedError(NOT_CONCERNED)
    return found


def _grant(work: Work, case: BreachCase, said: Containing) -> GrantRecord | None:
    """Find the grant of the case's review that is to be suspended."""
    if said.kind is not Hold.GRANT:
        return None
    found = next((one for one in grant_records(work).of_review(case.review_id) if one.grant.id == said.grant), None)
    if found is None or found.terms is None or found.grant.ended_at is not None or said.person is not None:
        raise RefusedError(NO_GRANT)
    if found.held:
        raise Conflict(RUNS)
    return found


def _hold(work: Work, kind: Hold, person: Person) -> None:
    if kind is Hold.EVERYWHERE and person.suspended_at is None:
        person.suspended_at = work.now
    if kind is Hold.SESSIONS:
        work.identity.end_sessions(person.id, work.now)


def lift_containment(portal: Portal, caller: Caller, containment_id: UUID, reason: str) -> UUID:
    """Lift a containment, with a reason; gives its case.

    Raises:
        NotFound: There is no such containment, or the actor may not know of it.
        Forbidden: The actor sees the case but may not do this.
        Conflict: It was lifted before.

    """
    with portal.work(caller) as work:
        records = CaseRecords(work.session)
        row = records.containment(containment_id)
        case, _, permit = find_case(work, Action.LIFT_CONTAINMENT, row.case_id if row else containment_id)
        if row is None or row.lifted_at is not None:
            raise Conflict(LIFTED)
        place = Place("containment", "lift_reason", row.id)
        row.lift_reason = work.seal(permit, case_scope(case.id), place, reason)
        row.lifted_by, row.lifted_at = work.who.person_id, work.now
        work.session.flush()
        person = work.people.find(row.person_id) if row.person_id else None
        suspended = person is not None and row.acts and row.kind == Hold.EVERYWHERE
        if person is not None and suspended and not records.running(person.id, Hold.EVERYWHERE):
            person.suspended_at = None
        work.note(permit, containment=str(row.id))
        _tell(work, case, person, AccountEvent.LET_IN_AGAIN, acts=row.acts)
        return case.id


def _tell(work: Work, case: BreachCase, person: Person | None, event: AccountEvent, *, acts: bool) -> None:
    if person is not None and acts:
        tell_person(work, person.id, event)
    tell_concerned(work, case, AccountEvent.CASE_MOVED)


def open_hold(
    portal: Portal, permit: Permit, row: Containment, name: str | None, today: date, state: str = ""
) -> HoldLine:
    """Open a containment, once the permit's event is committed."""
    scope = case_scope(row.case_id)
    lift = row.lift_reason
    lifted = portal.open_text(permit, scope, Place("containment", "lift_reason", row.id), lift) if lift else None
    return HoldLine(
        row.id,
        Hold(row.kind),
        name,
        row.person_id is None,
        portal.open_text(permit, scope, Place("containment", "reason", row.id), row.reason),
        row.review_on,
        row.lifted_at is None and row.review_on <= today,
        row.begun_at,
        row.lifted_at,
        lifted,
        state,
    )
