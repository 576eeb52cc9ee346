"""What is no part of the record: side comments in a room, and the log of calls, mails and meetings (GL 18).

A remark is seen by those who read its room. It is never edited, so that nobody reads it differently later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import SECRETARIAT
from portal.domain import clarifications as path
from portal.domain.clarifications import RemarkKind
from portal.domain.reviews import RoomKind
from portal.domain.texts import N_
from portal.errors import Conflict, Invalid
from portal.usecases.contents import author
from portal.usecases.people import name_of
from portal.usecases.questions import touch
from portal.usecases.reviews import rooms_in_order
from portal.usecases.subjects import open_remark, seal_remark
from portal.usecases.telling import tell_of_comment
from portal.work import Portal, Work
from storage.dialogue import Clarification, Remark
from storage.permits import Permit, room_scope
from storage.tables import Review, Room

CONTACTS_MOST: Final = 200
REMARK_CHARACTERS: Final = 5000
LATER: Final = N_("This time is still to come. Write when the call or meeting was.")


@dataclass(frozen=True, slots=True)
class Contact:
    """A logged call, mail or meeting."""

    id: UUID
    kind: RemarkKind
    room: UUID
    owner: str
    by: str
    held_at: datetime
    text: str
    clarification: UUID | None


@dataclass(frozen=True, slots=True)
class ContactsPage:
    """What was logged of a review in the rooms that the reader may see, newest first, and where they may log."""

    review: UUID
    under_review: str
    contacts: tuple[Contact, ...]
    rooms: tuple[tuple[UUID, RoomKind, str | None], ...]


def comment(portal: Portal, caller: Caller, clarification_id: UUID, room_id: UUID, text: str) -> None:
    """Write a side comment beside a clarification, for those who read one room.

    Raises:
        NotFound: There is no such room or clarification, or the actor may not know of it.
        Forbidden: The actor reads the room but doesn't write in it.
        Conflict: All parties would read it, and the question was not passed on yet.

    """
    with portal.work(caller) as work:
        row = work.clarifications.find(clarification_id)
        room = _find_room(work, room_id)
        if row is None or (room is not None and room.review_id != row.review_id):
            room = None
        if row is not None and not work.allowed(Action.VIEW_CLARIFICATION, Clarification, [row]):
            room = None
        if row is not None and row.passed_at is None and room is not None and room.kind == RoomKind.SHARED:
            raise Conflict(path.ASIDE)
        _add(work, room, room_id, RemarkKind.COMMENT, text, None, row)


def log_contact(
    portal: Portal,
    caller: Caller,
    review_id: UUID,
    room_id: UUID,
    kind: RemarkKind,
    held_at: datetime | None,
    text: str,
) -> None:
    """Log a call, an outside mail or a meeting, for those who read one room of a review (GL 18).

    Raises:
        NotFound: There is no such room in the review, or the actor may not know of it.
        Forbidden: The actor reads the room but doesn't write in it.
        Invalid: The time is still to come.

    """
    with portal.work(caller) as work:
        if held_at is not None and held_at > work.now:
            raise Invalid(LATER, {"held_at": LATER})
        room = _find_room(work, room_id)
        _add(work, room if room and room.review_id == review_id else None, room_id, kind, text, held_at, None)


def list_contacts(portal: Portal, caller: Caller, review_id: UUID) -> ContactsPage:
    """List what was logged of a review.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the review but doesn't follow its dialogue.

    """
    with portal.work(caller) as work:
        found = work.reviews.find(review_id)
        row = found.review if found else None
        record, rooms, permit = work.require_rooms(
            Action.LIST_CLARIFICATIONS, Review, row, Action.LIST_ROOM, asked=review_id
        )
        remarks = work.clarifications.contacts([room.id for room in rooms], CONTACTS_MOST)
        writes = rooms_in_order(work.allowed(Action.ADD_REMARK, Room, rooms))
        people = work.people.named(list({remark.created_by for remark in remarks}))
    names = {id_: name_of(portal, permit, person) for id_, person in people.items()}
    return ContactsPage(
        review=record.review.id,
        under_review=record.review.state_code,
        contacts=tuple(
            Contact(
                remark.id,
                RemarkKind(remark.kind),
                remark.room_id,
                remark.owner,
                names[remark.created_by],
                remark.held_at,
                open_remark(portal, permit, remark),
                remark.clarification_id,
            )
            for remark in remarks
        ),
        rooms=_places(writes),
    )


def _places(rooms: Sequence[Room]) -> tuple[tuple[UUID, RoomKind, str | None], ...]:
    return tuple((room.id, RoomKind(room.kind), room.state_code) for room in rooms)


def _find_room(work: Work, room_id: UUID) -> Room | None:
    record = work.reviews.of_room(room_id)
    return next((room for room in record.rooms if room.id == room_id), None) if record else None


def _add(
    work: Work,
    found: Room | None,
    asked: UUID,
    kind: RemarkKind,
    text: str,
    held_at: datetime | None,
    beside: Clarification | None,
) -> None:
    room, permit = work.require(Action.ADD_REMARK, Room, found, asked=asked)
    remark_id = write_remark(work, permit, room, kind, text, held_at, beside)
    record = work.file(room.review_id)
    of_others = room.state_code is not None and record is not None and room.state_code != record.review.state_code
    if beside is not None and not of_others:  # what a reviewing State writes in its own room is new to nobody else
        touch(beside, RoomKind(room.kind), work)
    if beside is not None:
        tell_of_comment(work, beside, room)
    work.note(permit, remark=str(remark_id), kind=kind.value)


def write_remark(
    work: Work,
    permit: Permit,
    room: Room,
    kind: RemarkKind,
    text: str,
    held_at: datetime | None = None,
    beside: Clarification | None = None,
) -> UUID:
    """Keep what somebody says in a room; gives its id. held_at: when, if not now; beside: what it is said of."""
    remark_id = uuid4()
    work.clarifications.add(
        Remark(
            id=remark_id,
            review_id=room.review_id,
            room_id=room.id,
            clarification_id=beside.id if beside else None,
            kind=kind.value,
            owner=str(work.who.state or SECRETARIAT),
            text=seal_remark(work, permit, room_scope(room.review_id, room.id), remark_id, text),
            held_at=held_at or work.now,
            created_by=author(work),
            created_at=work.now,
        )
    )
    return remark_id
