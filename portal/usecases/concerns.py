"""Concerns: whoever works on a review says that its confidentiality is in danger, and sees what became of that.

So does whoever reads its report under a grant (granted_concerns.py).

1. A concern is sealed under a key of its own: neither registrar nor administrator opens it, nor the other parties.
2. Nothing of it stands in the trail of the file, so that no party learns from there who filed one.
3. The confidentiality officers are told at once; not one whom it is about.
4. The officer learns which documents it names by room and number, never by title.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, ConcernFacts
from portal.access.file_matters import review_facts
from portal.domain.account_events import AccountEvent
from portal.domain.cases import Nature, Told
from portal.domain.ids import ConcernId, PersonId
from portal.domain.reviews import RoomKind
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound, SignedOut
from portal.usecases.account_notices import tell_person
from portal.usecases.files import files_of
from portal.usecases.people import name_of
from portal.usecases.recipients import records_of
from portal.usecases.standings import allows_each
from portal.work import Portal, Work
from storage.cases import Concern
from storage.fields import Place
from storage.permits import Permit, case_scope, room_scope
from storage.repositories.cases import CaseReach, CaseRecords
from storage.repositories.grants import GrantRecords
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Person, Review, Room

ENDED = N_("This concern was set aside or taken up before. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Named:
    """A document that a concern can name; the title is for whoever files it alone."""

    id: UUID
    number: int
    room: RoomKind
    state: str | None
    title: str = ""


@dataclass(frozen=True, slots=True)
class ConcernLine:
    """A concern in a list; person: that it names somebody is told, not whom."""

    id: UUID
    state: str  # under review
    filed_at: datetime
    ended_at: datetime | None
    taken_up: bool


@dataclass(frozen=True, slots=True)
class Filing:
    """The page on which concerns about a review are filed."""

    review: UUID
    state: str
    documents: tuple[Named, ...]
    people: tuple[tuple[UUID, str, Role, str | None], ...]
    mine: tuple[ConcernLine, ...]


@dataclass(frozen=True, slots=True)
class ConcernPage:
    """One concern; by and about are names."""

    line: ConcernLine
    review: UUID
    told: Told
    documents: tuple[Named, ...]
    mine: bool
    by: str
    about: str | None
    about_id: UUID | None
    under: tuple[UUID, str] | None  # the grant under which it was filed, and the State that reads
    reason: str | None
    may_set_aside: bool
    proposed: bool  # a case was proposed on it and is neither declined nor registered yet
    invented: bool


def reach_of(work: Work) -> CaseReach:
    """Tell which concerns and cases may be found for whoever asks."""
    role, me = work.who.role, work.who.person_id
    state = work.who.state if role is Role.FOCAL_POINT else None
    return CaseReach(me, state, role is Role.CONFIDENTIALITY_OFFICER, role is Role.OVERSIGHT)


def view_filing(portal: Portal, caller: Caller, review_id: UUID) -> Filing:
    """Show the form of a concern about a review, and what the reader filed before.

    Raises:
        NotFound: There is no such review, or the reader doesn't work on it.

    """
    with portal.work(caller) as work:
        found = work.reviews.find(review_id)
        record, rooms, permit = work.require_rooms(
            Action.LIST_CONCERNS, Review, found.review if found else None, Action.LIST_ROOM, asked=review_id
        )
        person = work.who.person
        if person is None:
            raise SignedOut
        rows = [row for room in rooms for row in work.documents.of_room(room.id)]
        documents = work.allowed(Action.VIEW_DOCUMENT, Document, rows)
        people = _people(work, record)
        mine = concerns_of(work, person.id, record)
    by_room = {room.id: room for room in rooms}
    return Filing(
        record.review.id,
        record.review.state_code,
        tuple(_titled(portal, permit, row, by_room[row.room_id]) for row in documents),
        tuple((who.id, name_of(portal, permit, who), role, state) for who, role, state in people),
        tuple(mine),
    )


def concerns_of(work: Work, person: UUID, record: ReviewRecord) -> list[ConcernLine]:
    """List what somebody filed about a review."""
    rows = CaseRecords(work.session).concerns_of(person, record.review.id)
    return [_line(row, record.review.state_code) for row in rows]


def _people(work: Work, record: ReviewRecord) -> list[tuple[Person, Role, str | None]]:
    states = [party.state_code for party in record.parties if party.until is None]
    rows = work.reviews.people(record.review.id, states, work.now)
    found = [(person, Role(appointment.role), appointment.state_code) for appointment, person, _ in rows]
    found += [(person, Role.TRANSLATOR, None) for _, person in records_of(work).translators(record.review.id, work.now)]
    holders = [one.person_id for one in work.people.holders(Role.CONFIDENTIALITY_OFFICER, work.now)]
    people = work.people.named(holders)  # who guards the guard: a concern may be about one of them, too
    found += [(people[id_], Role.CONFIDENTIALITY_OFFICER, None) for id_ in dict.fromkeys(holders)]
    return [one for one in found if one[0].id != work.who.person_id]


def _titled(portal: Portal, permit: Permit, row: Document, room: Room) -> Named:
    place = Place("document", "title", row.id)
    title = portal.open_text(permit, room_scope(row.review_id, row.room_id), place, row.title)
    return Named(row.id, row.number, RoomKind(room.kind), room.state_code, title)


def file_concern(portal: Portal, caller: Caller, review_id: UUID, told: Told, about: UUID | None) -> ConcernId:
    """File a concern about a review.

    Args:
        portal: The portal.
        caller: Who files it.
        review_id: The review.
        told: What they say; of its documents those are kept that they see.
        about: Somebody who works on the review, if they name anybody.

    Raises:
        NotFound: There is no such review or person, or the actor doesn't work on it.

    """
    with portal.work(caller) as work:
        record, me = work.file(review_id), work.who.person_id
        concern = ConcernId(uuid4())
        facts = concern_facts(work, record, concern, me, about) if record and me else Absent(ConcernFacts)
        permit = work.require_on(Action.FILE_CONCERN, facts, asked=review_id)
        if record is None or me is None:
            raise NotFound
        if about is not None and about not in {person.id for person, _, _ in _people(work, record)}:
            raise NotFound
        keep_concern(work, permit, facts, told, _seen(work, record, told.documents))
    return concern


def keep_concern(work: Work, permit: Permit, facts: ConcernFacts | Absent, told: Told, documents: list[str]) -> None:
    """Write a concern down with those of its documents that its author sees, and tell the confidentiality officers.

    Raises:
        NotFound: There is nothing that it could be about.
    """
    if isinstance(facts, Absent):
        raise NotFound
    said = json.dumps(asdict(told) | {"documents": documents})
    row = Concern(
        id=facts.id,
        review_id=facts.review.id,
        filed_by=facts.filed_by,
        filed_at=work.now,
        about_person=facts.person,
        told=work.seal(permit, case_scope(facts.id), Place("concern", "told", facts.id), said),
    )
    CaseRecords(work.session).add(row)
    tell_officers(work, AccountEvent.CONCERN_FILED, {facts.filed_by, facts.person})


def _seen(work: Work, record: ReviewRecord, ids: Sequence[str]) -> list[str]:
    rooms = work.allowed(Action.LIST_ROOM, Room, record.rooms)
    rows = [row for room in rooms for row in work.documents.of_room(room.id) if str(row.id) in ids]
    return [str(row.id) for row in work.allowed(Action.VIEW_DOCUMENT, Document, rows)]


def tell_officers(work: Work, event: AccountEvent, but: set[UUID | None]) -> None:
    """Tell the confidentiality officers of something, but for those who have a part in it."""
    holders = {one.person_id for one in work.people.holders(Role.CONFIDENTIALITY_OFFICER, work.now)}
    for person in sorted(holders - but - {work.who.person_id}):
        tell_person(work, person, event)


def concern_facts(
    work: Work, record: ReviewRecord, concern: ConcernId, filed_by: UUID, about: UUID | None
) -> ConcernFacts:
    """Tell the policies about a concern."""
    return _facts(record, _people_around(work, [record.review.id]), concern, (filed_by, about))


def _people_around(work: Work, reviews: Collection[UUID]) -> dict[UUID, tuple[frozenset[UUID], frozenset[UUID]]]:
    """Name who filed concerns about reviews, and who was ever assigned to them or sent a text."""
    records = CaseRecords(work.session)
    filers, involved = records.filers(reviews), records.involved(reviews)
    return {review: (filers[review], involved[review]) for review in reviews}


def _facts(
    record: ReviewRecord,
    around: dict[UUID, tuple[frozenset[UUID], frozenset[UUID]]],
    concern: ConcernId,
    people: tuple[UUID, UUID | None],
) -> ConcernFacts:
    (by, about), (filers, involved) = people, around[record.review.id]
    return ConcernFacts(
        concern,
        review_facts(record),
        PersonId(by),
        PersonId(about) if about else None,
        frozenset(map(PersonId, filers)),
        frozenset(map(PersonId, involved)),
    )


def facts_of_concern(work: Work, row: Concern | None) -> ConcernFacts | Absent:
    """Tell the policies about a concern that was filed, or that there is none."""
    record = files_of(work).find(row.review_id) if row else None
    if row is None or record is None:
        return Absent(ConcernFacts)
    return concern_facts(work, record, ConcernId(row.id), row.filed_by, row.about_person)


def view_concern(portal: Portal, caller: Caller, concern_id: UUID) -> ConcernPage:
    """Show a concern: to whoever filed it, and to the confidentiality officer.

    Raises:
        NotFound: There is no such concern, or the reader may not know of it.

    """
    with portal.work(caller) as work:
        records = CaseRecords(work.session)
        row = records.concern(concern_id, reach_of(work))
        facts = facts_of_concern(work, row)
        permit = work.require_on(Action.VIEW_CONCERN, facts, asked=concern_id)
        if row is None or isinstance(facts, Absent):
            raise NotFound
        record = files_of(work).find(row.review_id)
        people = work.people.named([one for one in (row.filed_by, row.about_person) if one])
        documents = {str(one.id): one for one in records.documents(row.review_id)}
        aside = row.ended_at is None and work.allows(Action.SET_CONCERN_ASIDE, facts)
        proposed = any(case.confirmed_at is None and case.declined_at is None for case in records.of_concern(row.id))
        mine = row.filed_by == work.who.person_id
        parties = [party.state_code for party in record.parties] if record else []
        grant = GrantRecords(work.session).of_concern(row.id)
        invented = records.invented([*parties, *([grant.state_code] if grant else [])])
    told = told_of(portal, permit, row)
    rooms = {room.id: room for room in record.rooms} if record else {}
    named = [documents[id_] for id_ in told.documents if id_ in documents]
    return ConcernPage(
        line=_line(row, facts.review.state_under_review),
        review=row.review_id,
        told=told,
        documents=()
        if mine and grant  # whoever reads under a grant isn't told how much lies in which room
        else tuple(
            Named(one.id, one.number, RoomKind(rooms[one.room_id].kind), rooms[one.room_id].state_code) for one in named
        ),
        mine=mine,
        by=name_of(portal, permit, people[row.filed_by]),
        about=name_of(portal, permit, people[row.about_person]) if row.about_person else None,
        about_id=row.about_person,
        under=(grant.id, grant.state_code) if grant else None,
        reason=_reason(portal, permit, row),
        may_set_aside=aside,
        proposed=proposed,
        invented=invented,
    )


def told_of(portal: Portal, permit: Permit, row: Concern) -> Told:
    """Open what a concern says."""
    said = json.loads(portal.open_text(permit, case_scope(row.id), Place("concern", "told", row.id), row.told))
    nature = Nature(said.pop("nature"))
    return Told(nature=nature, documents=tuple(said.pop("documents")), **said)


def _reason(portal: Portal, permit: Permit, row: Concern) -> str | None:
    if row.reason is None:
        return None
    return portal.open_text(permit, case_scope(row.id), Place("concern", "reason", row.id), row.reason)


def set_aside(portal: Portal, caller: Caller, concern_id: UUID, reason: str) -> None:
    """Set a concern aside, with a reason that whoever filed it reads; it stays in the record.

    Raises:
        NotFound: There is no such concern, or the actor may not know of it.
        Forbidden: It isn't the actor's to judge.
        Conflict: It was set aside or taken up before, or waits for a second person.

    """
    with portal.work(caller) as work:
        records = CaseRecords(work.session)
        row = records.concern(concern_id, reach_of(work))
        permit = work.require_on(Action.SET_CONCERN_ASIDE, facts_of_concern(work, row), asked=concern_id)
        if row is None:
            raise NotFound
        if row.ended_at is not None or any(case.declined_at is None for case in records.of_concern(row.id)):
            raise Conflict(ENDED)
        row.reason = work.seal(permit, case_scope(row.id), Place("concern", "reason", row.id), reason)
        row.ended_at, row.ended_by = work.now, work.who.person_id
        tell_person(work, row.filed_by, AccountEvent.CONCERN_ANSWERED)


def _line(row: Concern, state: str) -> ConcernLine:
    return ConcernLine(row.id, state, row.filed_at, row.ended_at, row.case_id is not None)


def list_concerns(work: Work, *, ended: bool, before: UUID | None, most: int) -> tuple[list[ConcernLine], bool]:
    """List the newest concerns that the reader may see, in a transaction whose gate was asked; tells if there are more.

    The standings were widened before.

    Args:
        work: The transaction.
        ended: Those that were dealt with; otherwise those that wait.
        before: The id of the concern after which the list goes on.
        most: How many.

    """
    records = CaseRecords(work.session)
    last = records.concern(before) if before else None
    seen: list[ConcernLine] = []
    while len(seen) <= most:
        rows = records.some_concerns(ended=ended, before=last, most=most + 1)
        files = files_of(work).those({row.review_id for row in rows})
        around = _people_around(work, files)
        each = [
            _facts(files[row.review_id], around, ConcernId(row.id), (row.filed_by, row.about_person)) for row in rows
        ]
        allowed = allows_each(work, Action.VIEW_CONCERN, each)
        for row, facts, may in zip(rows, each, allowed, strict=True):
            if may:
                seen.append(_line(row, facts.review.state_under_review))
        if len(rows) <= most:
            break
        last = rows[-1]
    return seen[:most], len(seen) > most
