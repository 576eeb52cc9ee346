"""Scanned copies of the notes on which appointments and assignments rest: added, listed, opened.

1. A copy arrives as any file does (contents.py): the intent is durable before a byte is read, the content is sealed
   while it arrives, and a row names it once it is whole. Its own key is wrapped by the registry's.
2. Copies are added, never replaced. Whoever may make or end what rests on a note adds its copy, but not for themselves.
3. It leaves as any content does (downloads.py), under a permit that covers this one copy.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, AppointmentFacts, AssignmentFacts
from portal.access.file_matters import review_facts
from portal.domain import media
from portal.domain.ids import AppointmentId, AssignmentId, PersonId, StateCode
from portal.domain.notes import COPY_BYTES, COPY_TOO_LARGE, check_place, check_type
from portal.domain.ranges import ByteRange, Span
from portal.domain.roles import Role
from portal.errors import NotFound
from portal.usecases.contents import Arrived, Kept, Limit, Upload, author, expect_file
from portal.usecases.downloads import FAILED, Download, begin_span, end_download
from portal.usecases.particulars import Particulars, open_copied, seal_copied
from portal.work import Intent, Portal, Work
from storage.notes import NoteCopy
from storage.permits import REGISTRY, Permit
from storage.repositories.notes import NoteRecords
from storage.repositories.people import PeopleRecords
from storage.repositories.reviews import ReviewRecord, ReviewRecords
from storage.tables import Appointment, Assignment

LIMIT: Final = Limit(COPY_BYTES, COPY_TOO_LARGE)


@dataclass(frozen=True, slots=True)
class Based:
    """What rests on a note: an appointment, or an assignment under one to a review within reach."""

    appointment: Appointment
    assignment: Assignment | None = None
    record: ReviewRecord | None = None

    @property
    def row(self) -> Appointment | Assignment:
        """Give the row that holds the note's number and date."""
        return self.assignment or self.appointment

    @property
    def facts(self) -> AppointmentFacts | AssignmentFacts:
        """Tell the policies about it; no policy about notes asks whether it runs or what else the person holds."""
        one = self.appointment
        person, role = PersonId(one.person_id), Role(one.role)
        state = StateCode(one.state_code) if one.state_code else None
        if self.assignment is not None and self.record is not None:
            return AssignmentFacts(AssignmentId(self.assignment.id), person, state, role, review_facts(self.record))
        by = PersonId(one.appointed_by) if one.appointed_by else None
        return AppointmentFacts(AppointmentId(one.id), person, state, role, by, running=False)


@dataclass(frozen=True, slots=True)
class Copy:
    """A scanned copy in a list."""

    id: UUID
    on: UUID  # the appointment or assignment
    of_end: bool
    name: str
    size: int
    added: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """The copies of a person's notes that the reader may open, and where they may add one."""

    rows: tuple[NoteCopy, ...]
    may_add: frozenset[UUID]


def find_based(people: PeopleRecords, reviews: ReviewRecords, on: UUID | None) -> Based | None:
    """Find the appointment or the assignment of an id; an assignment to a review beyond reach is none."""
    if on is None:
        return None
    appointment = people.appointment(on)
    if appointment is not None:
        return Based(appointment)
    assignment = people.assignment(on)
    under = people.appointment(assignment.appointment_id) if assignment else None
    record = reviews.known(assignment.review_id) if assignment else None
    return Based(under, assignment, record) if under and assignment and record else None


def noted_on(copy: NoteCopy | None) -> UUID | None:
    """Name the appointment or assignment whose note a copy is of."""
    return (copy.appointment_id or copy.assignment_id) if copy else None


def begin_note(portal: Portal, caller: Caller, person_id: PersonId, on: UUID, file_name: str, declared: str) -> Upload:
    """Ask to add the scanned copy of a note.

    Args:
        portal: The portal.
        caller: Who asks.
        person_id: Whose appointment or assignment it is.
        on: The appointment or assignment.
        file_name: As it was sent.
        declared: The type that it was sent as.

    Raises:
        NotFound: This person has no such appointment or assignment, or it isn't the caller's to see.
        Forbidden: The caller sees it but may not add to it.

    """
    with portal.work(caller) as work:
        _, permit = _ask_to_add(work, person_id, on)
        return expect_file(work, permit, Action.ADD_NOTE, on, file_name, declared, LIMIT)


def keep_note(
    portal: Portal, caller: Caller, person_id: PersonId, upload: Upload, arrived: Arrived, *, of_end: bool
) -> Kept:
    """Put an arrived copy into the record, beside those that are there.

    Raises:
        NotFound: The access ended meanwhile.
        Forbidden: The caller may no longer add to it.
        RefusedError: It is neither a PDF nor a picture, there are too many, or there is no end on a note.

    """
    with portal.work(caller) as work:
        based, permit = _ask_to_add(work, person_id, upload.on)
        check_type(arrived.detected)
        records = NoteRecords(work.session)
        there = sum(one.of_end == of_end for one in records.of([upload.on]))
        check_place(there, of_end=of_end, ended=based.row.end_basis is not None)
        said = Particulars(upload.name.name, upload.declared, arrived.detected, arrived.digest.hex())
        keyring = work.portal.keyring
        records.add(
            NoteCopy(
                id=upload.version,
                appointment_id=None if based.assignment else upload.on,
                assignment_id=upload.on if based.assignment else None,
                of_end=of_end,
                object_name=upload.object_name,
                size=arrived.size,
                wrapped_key=keyring.wrap_content_key(work.session, permit, REGISTRY, upload.version, upload.key),
                particulars=seal_copied(work, permit, upload.version, said),
                added_by=author(work),
                added_at=work.now,
            )
        )
        work.completes(permit, upload.intent, bytes=arrived.size, copy=str(upload.version), of_end=of_end)
        agrees = media.agrees(upload.declared, arrived.detected, upload.name.name)
        return Kept(upload.version, there + 1, 1, upload.name, (), agrees)


def begin_copy(
    portal: Portal, caller: Caller, copy_id: UUID, *, wanted: ByteRange | None = None, streams: bool = True
) -> Download:
    """Ask for the content of a scanned copy, or for a part of it; arguments as in `begin_download`.

    Raises:
        NotFound: There is no such copy, or it isn't the caller's to open.
        Damaged: The stored object isn't what was put there.

    """
    with portal.work(caller) as work:
        copy = NoteRecords(work.session).find(copy_id)
        based = find_based(work.people, work.reviews, noted_on(copy))
        facts = based.facts if based else Absent(AppointmentFacts)
        permit = work.require_on(Action.OPEN_NOTE, facts, asked=copy_id)
        if copy is None:
            raise NotFound
        span, intent = begin_span(work, permit, copy.size, wanted, streams=streams)
    try:
        return _opened(portal, permit, copy, span, intent)
    except BaseException:
        end_download(portal, intent, FAILED, 0)
        raise


def find_copies(work: Work, appointments: Iterable[Appointment], assignments: Iterable[Assignment]) -> Found:
    """Find the copies of these notes that the reader may open, and where they may add one."""
    based = {one.id: Based(one) for one in appointments}
    assigned = list(assignments)
    if len(assigned) > 1:
        work.reviews.those({one.review_id for one in assigned})  # known from here on: three questions, not two each
    for one in assigned:
        record, under = work.file(one.review_id), based.get(one.appointment_id)
        if record is not None and under is not None:
            based[one.id] = Based(under.appointment, one, record)
    rows = NoteRecords(work.session).of(list(based))
    opens = {on for on in map(noted_on, rows) if on and work.allows(Action.OPEN_NOTE, based[on].facts)}
    may_add = frozenset(on for on, one in based.items() if work.allows(Action.ADD_NOTE, one.facts))
    return Found(tuple(row for row in rows if noted_on(row) in opens), may_add)


def open_copies(portal: Portal, permit: Permit, rows: Sequence[NoteCopy]) -> dict[UUID, tuple[Copy, ...]]:
    """Tell of copies what a list shows, by the appointment or assignment that they are of."""
    found: dict[UUID, tuple[Copy, ...]] = {}
    for row in rows:
        on = noted_on(row)
        if on is not None:
            name = open_copied(portal, permit, row).name
            found[on] = (*found.get(on, ()), Copy(row.id, on, row.of_end, name, row.size, row.added_at))
    return found


def _ask_to_add(work: Work, person_id: PersonId, on: UUID) -> tuple[Based, Permit]:
    based = find_based(work.people, work.reviews, on)
    if based is not None and based.row.person_id != person_id:
        based = None
    permit = work.require_on(Action.ADD_NOTE, based.facts if based else Absent(AppointmentFacts), asked=on)
    if based is None:
        raise NotFound
    return based, permit


def _opened(portal: Portal, permit: Permit, copy: NoteCopy, span: Span | None, intent: Intent | None) -> Download:
    said = open_copied(portal, permit, copy)
    key = portal.keyring.open_content_key(permit, REGISTRY, copy.id, copy.wrapped_key)
    kind = said.detected or said.declared
    download = Download(copy.id, said.name, kind, copy.size, span, intent, portal, copy.object_name, key)
    download.check()
    return download
