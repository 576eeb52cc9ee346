"""One entry of the register: parties, officers, how many people work on it. Never a document, nor their number."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.appointments import Standing, standing
from portal.domain.ids import ReviewId
from portal.domain.legal import LegalBasis
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.errors import NotFound
from portal.usecases.bases import open_basis
from portal.usecases.directory import earlier
from portal.usecases.parties import open_reason
from portal.usecases.people import name_of
from portal.work import Portal
from storage.permits import Permit
from storage.repositories.register import RegisterRecords
from storage.repositories.reviews import ReviewRecord
from storage.tables import Review


@dataclass(frozen=True, slots=True)
class PartyLine:
    """A State's part, and how many of its people work on the review now."""

    state: str
    under_review: bool
    focal_points: int
    waiting: int  # focal points who wait for confirmation
    experts: int
    observers: int


@dataclass(frozen=True, slots=True)
class FormerLine:
    """A State that reviewed before it was replaced."""

    state: str
    starts: datetime
    ends: datetime
    basis: LegalBasis | None
    reason: str


@dataclass(frozen=True, slots=True)
class OfficerLine:
    """An officer's assignment, running or over."""

    assignment: UUID
    person: UUID
    name: str
    standing: Standing
    starts: datetime
    ends: datetime | None
    basis: LegalBasis | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A review as the register shows it."""

    id: UUID
    cycle: str
    cycle_id: UUID
    under_review: str
    stage: ReviewStage
    languages: tuple[str, ...]
    passes_at_once: bool
    opened: datetime
    closed: datetime | None
    parties: tuple[PartyLine, ...]
    former: tuple[FormerLine, ...]
    officers: tuple[OfficerLine, ...]
    to_assign: tuple[tuple[UUID, str], ...]  # appointments of officers who aren't assigned now
    waiting_officers: int  # officers who wait for confirmation


def view_entry(portal: Portal, caller: Caller, review_id: ReviewId) -> EntryPage:
    """Show an entry of the register.

    Raises:
        NotFound: There is no such review, or the register isn't the caller's to see.
    """
    with portal.work(caller) as work:
        record = work.file(review_id)
        row = record.review if record else None
        review, permit = work.require(Action.VIEW_REGISTER_ENTRY, Review, row, asked=review_id)
        if record is None:
            raise NotFound
        now, cycle = work.now, work.reviews.cycle(review.cycle_id)
        codes = [review.state_code, *record.reviewing]
        at_work = work.reviews.people(review.id, codes, now)
        counts = Counter((appointment.state_code, appointment.role) for appointment, _, _ in at_work)
        assignments = work.people.assignments(review.id)
        people = work.people.named(sorted({one.person_id for one in assignments}))
        officers = RegisterRecords(work.session, work.who.reach).officers_ever(review.id)
        free = RegisterRecords(work.session, work.who.reach).officers_to_assign(now)
        waiting = RegisterRecords(work.session, work.who.reach).count_unconfirmed(now, codes)
    lines = [
        OfficerLine(
            one.id,
            one.person_id,
            name_of(portal, permit, people[one.person_id]),
            standing(now, one.starts_at, earlier(one.ended_at, one.ends_at)),
            one.starts_at,
            earlier(one.ended_at, one.ends_at),
            open_basis(portal, permit, "assignment", one.id, one.basis),
        )
        for one in assignments
        if one.appointment_id in officers
    ]
    assigned = {line.person for line in lines if line.standing is not Standing.ENDED}
    return EntryPage(
        review.id,
        cycle.name if cycle else "",
        review.cycle_id,
        review.state_code,
        ReviewStage(review.stage),
        tuple(review.languages.split()),
        review.passes_at_once,
        review.opened_at,
        review.closed_at,
        tuple(
            PartyLine(
                code,
                code == review.state_code,
                counts[code, Role.FOCAL_POINT],
                waiting.get((Role.FOCAL_POINT, code), 0),
                counts[code, Role.EXPERT],
                counts[code, Role.OBSERVER],
            )
            for code in codes
        ),
        _former(portal, permit, record),
        tuple(lines),
        tuple((a.id, name_of(portal, permit, person)) for a, person in free if person.id not in assigned),
        waiting.get((Role.OFFICER, None), 0),
    )


def _former(portal: Portal, permit: Permit, record: ReviewRecord) -> tuple[FormerLine, ...]:
    lines = [
        FormerLine(
            party.state_code,
            party.since,
            party.until,
            open_basis(portal, permit, "review_party", party.id, party.end_basis, "end_basis"),
            open_reason(portal, permit, party),
        )
        for party in record.parties
        if party.until is not None
    ]
    return tuple(sorted(lines, key=lambda line: (line.ends, line.state)))
