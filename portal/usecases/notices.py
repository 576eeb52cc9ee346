"""Notices: people are told of what others did, in the portal and by mail (mailing.py).

1. A notice is written in the transaction of the act that it tells of, for those who may open the thing; never for
   whoever did it.
2. A notice says what kind of thing happened in which review and when. No title, no name: nothing sealed is opened.
3. What somebody may not open any more is not in their list.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, PortalFacts
from portal.domain.notices import NoticeKind, Often, mail_due, place_of
from portal.domain.roles import Role
from portal.errors import NotFound, SignedOut
from portal.usecases.account_notices import EventLine, find_events, open_events
from portal.usecases.recipients import openable, records_of, who_may, who_may_each
from portal.work import Portal, Work
from storage.dialogue import Entry
from storage.notices import Notice
from storage.repositories.reviews import ReviewRecord
from storage.tables import Appointment, Document, Person, Review

PAGE: Final = 50
_READ_AT_ONCE: Final = 100
_ROUNDS: Final = 10  # of reading, for one page: most of it may be closed to the reader by now


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice as its list shows it, with those of the same before it; state: under review; place: where it leads."""

    id: UUID
    kind: NoticeKind
    state: str
    place: str
    at: datetime
    seen: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """Some notices, newest first; older: the one after which the next page begins, if there may be one."""

    lines: tuple[NoticeLine, ...]
    older: UUID | None
    first: bool  # the page of the newest
    events: tuple[EventLine, ...] = ()  # what happened to accounts: one's own, and those that one cares for

    @property
    def unseen(self) -> bool:
        """Tell whether one of them wasn't seen yet."""
        return any(not line.seen for line in self.lines)


# --- telling, in the transaction of an act


def tell(
    work: Work,
    kind: NoticeKind,
    *,
    review_id: UUID,
    room_id: UUID | None,
    about: UUID,
    action: Action,
    row: Any,
    only: Collection[UUID] | None = None,
) -> int:
    """Tell those at work on a review of something, if the policies let them; gives how many were told.

    Args:
        work: The transaction of the act; what the act changed is changed already.
        kind: What happened.
        review_id: In which review.
        room_id: In which of its rooms, if it lies in one.
        about: The id to which the notice leads (portal/domain/notices.py).
        action: What somebody must be allowed to do to be told.
        row: The row of the file on which that is asked.
        only: If given, nobody but these people is told.

    """
    record = work.file(review_id)
    if record is None:
        return 0
    people = [
        person
        for person in who_may(work, record, action, row)
        if person.id != work.who.person_id and (only is None or person.id in only)
    ]
    notice = _Notice(kind, review_id, room_id, about, action)
    _write(work, notice, people, work.now)
    return len(people)


def tell_each(
    work: Work,
    kind: NoticeKind,
    action: Action,
    rows: Sequence[Document | Entry],
    only: Collection[UUID] | None = None,
) -> None:
    """Tell of each of some documents or texts of a review those who may do something to it, asking each person once."""
    record = work.file(rows[0].review_id) if rows else None
    if record is None:
        return
    for row, people in zip(rows, who_may_each(work, record, action, rows), strict=True):
        told = [one for one in people if one.id != work.who.person_id and (only is None or one.id in only)]
        _write(work, _Notice(kind, row.review_id, row.room_id, row.id, action), told, work.now)


def tell_of_documents(work: Work, kind: NoticeKind, documents: Sequence[Document]) -> None:
    """Tell those who may open the contents of a review's documents of what happened to each."""
    tell_each(work, kind, Action.DOWNLOAD_VERSION, documents)


def tell_of_review(work: Work, kind: NoticeKind, action: Action, review: Review) -> None:
    """Tell those who may do something to a review as a whole of what happened to it."""
    tell(work, kind, review_id=review.id, room_id=None, about=review.id, action=action, row=review)


def tell_of_week(work: Work, review: Review, people: Collection[Person], monday: datetime) -> None:
    """Tell people that a file was opened in the week before a Monday."""
    notice = _Notice(NoticeKind.FILE_OPENED, review.id, None, review.id, Action.VIEW_REVIEW_TRAIL)
    _write(work, notice, people, monday)


def tell_assigned(work: Work, record: ReviewRecord, appointment: Appointment, starts: datetime) -> None:
    """Tell somebody that they were assigned to a review, once that begins; of an officer, all who see it (GL 13)."""
    review = record.review
    person = work.people.find(appointment.person_id)
    if person is not None and person.id != work.who.person_id:
        notice = _Notice(NoticeKind.ASSIGNED, review.id, None, review.id, Action.VIEW_REVIEW)
        _write(work, notice, [person], max(starts, work.now))
    if appointment.role == Role.OFFICER:
        others = who_may(work, record, Action.VIEW_REVIEW, review)
        others = [one for one in others if one.id not in {appointment.person_id, work.who.person_id}]
        notice = _Notice(NoticeKind.OFFICER_ASSIGNED, review.id, None, review.id, Action.VIEW_REVIEW)
        _write(work, notice, others, work.now)


@dataclass(frozen=True, slots=True)
class _Notice:
    """What is the same for everybody who is told."""

    kind: NoticeKind
    review: UUID
    room: UUID | None
    about: UUID
    action: Action


def _write(work: Work, notice: _Notice, people: Collection[Person], at: datetime) -> None:
    records = records_of(work)
    often = records.often([person.id for person in people])
    records.add(
        [
            Notice(
                id=uuid4(),
                review_id=notice.review,
                room_id=notice.room,
                kind=notice.kind.value,
                action=notice.action.value,
                about=notice.about,
                person_id=person.id,
                made_at=at,
                due_at=mail_due(Often(often.get(person.id, Often.AT_ONCE)), at, person.zone),
            )
            for person in people
        ]
    )


# --- reading


def list_notices(portal: Portal, caller: Caller, before: UUID | None = None) -> NoticesPage:
    """List what somebody was told of and may open, newest first.

    Args:
        portal: The portal.
        caller: Whose notices.
        before: The last notice of the page before, if this isn't the first.

    Raises:
        NotFound: There is no such notice of theirs, or they act under no appointment.

    """
    with portal.work(caller) as work:
        person, records = work.who.person, records_of(work)
        start = records.one(person.id, before) if person and before else None
        facts = Absent(PortalFacts) if before and start is None else PortalFacts()
        permit = work.require_on(Action.LIST_NOTICES, facts, asked=before)
        if person is None:
            raise SignedOut
        shown: list[Notice] = []
        last, more = start, True
        for _ in range(_ROUNDS):
            rows = records.of_person(person.id, last, work.now, _READ_AT_ONCE)
            shown += openable(work, [work.who], rows)
            last, more = (rows[-1] if rows else last), len(rows) == _READ_AT_ONCE
            if len(shown) > PAGE or not more:
                break
        lines = tuple(_line(work, notice) for notice in shown[:PAGE])
        older = lines[-1].id if len(shown) > PAGE else last.id if more and last else None
        events = find_events(work) if before is None else ()
    return NoticesPage(lines, older, before is None, open_events(portal, permit, events))


def newest_notices(work: Work, most: int) -> tuple[NoticeLine, ...]:
    """Give the newest notices that whoever asks may open, for a page that shows them beside other things."""
    if work.who.person is None:
        return ()
    rows = records_of(work).of_person(work.who.person.id, None, work.now, _READ_AT_ONCE)
    return together([_line(work, notice) for notice in openable(work, [work.who], rows[: 2 * most])])[:most]


def together(lines: Iterable[NoticeLine]) -> tuple[NoticeLine, ...]:
    """Give notices that follow each other, say the same and lead to the same place as one, by the newest of them."""
    found: list[NoticeLine] = []
    for line in lines:
        if found and _same(found[-1]) == _same(line):
            found[-1] = replace(found[-1], count=found[-1].count + 1)
        else:
            found.append(line)
    return tuple(found)


def _same(line: NoticeLine) -> tuple[NoticeKind, str, bool]:
    return line.kind, line.place, line.seen


def see_notices(portal: Portal, caller: Caller, newest: UUID) -> None:
    """Mark what somebody was told of as seen, up to the newest that they saw; what they may not open stays as it is.

    Raises:
        NotFound: There is no such notice of theirs, or they act under no appointment.

    """
    with portal.work(caller) as work:
        person, records = work.who.person, records_of(work)
        row = records.one(person.id, newest) if person else None
        permit = work.require_on(Action.SEE_NOTICES, PortalFacts() if row else Absent(PortalFacts), asked=newest)
        if person is None or row is None:
            raise NotFound
        seen = openable(work, [work.who], records.unseen(person.id, row))
        for notice in seen:
            notice.seen_at, notice.due_at = work.now, None
        work.note(permit, notices=len(seen))


def _line(work: Work, notice: Notice) -> NoticeLine:
    kind, record = NoticeKind(notice.kind), work.file(notice.review_id)
    return NoticeLine(
        notice.id,
        kind,
        record.review.state_code if record else "",
        place_of(kind, notice.review_id, notice.about, notice.made_at),
        notice.made_at,
        notice.seen_at is not None,
    )


# --- how often by mail


def often_of(work: Work, person: Person) -> Often:
    """Tell how often somebody wants to be told by mail."""
    return Often(records_of(work).often([person.id]).get(person.id, Often.AT_ONCE))


def set_often(portal: Portal, caller: Caller, often: Often) -> None:
    """Keep how often somebody wants to be told by mail; what waits goes out as they want it now.

    Raises:
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.CHANGE_OWN_ACCOUNT, PortalFacts())
        if work.who.person is None:
            raise SignedOut
        records_of(work).set_often(work.who.person.id, often.value)
        reschedule(work, work.who.person)
        work.note(permit, step="mail set")


def reschedule(work: Work, person: Person) -> None:
    """Set anew when what waits for somebody goes out, after their wish or their zone changed."""
    often = often_of(work, person)
    for notice in records_of(work).waiting_for(person.id):
        notice.due_at = mail_due(often, max(work.now, notice.made_at), person.zone)
