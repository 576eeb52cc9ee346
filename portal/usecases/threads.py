"""One clarification with all that belongs to it, as one reader may see it.

Formal entries stand in the order in which they were sent, each with its language versions and corrections; drafts and
side comments beside them, each for those who read the room that it lies in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.reasons import reasons
from portal.domain import clarifications as path
from portal.domain.clarifications import (
    ClarificationKind,
    ClarificationStage,
    Clearance,
    EntryStage,
    Holder,
    Part,
)
from portal.domain.reviews import RoomKind
from portal.domain.roles import Role
from portal.errors import NotFound
from portal.usecases.handling import answering
from portal.usecases.looks import look
from portal.usecases.particulars import open_title
from portal.usecases.people import name_of
from portal.usecases.reviews import rooms_in_order
from portal.usecases.subjects import Subject, open_entry, open_remark, open_subject
from portal.work import Portal, Work
from storage.dialogue import Attachment, Clarification, Entry, EntryTask, Remark
from storage.permits import Permit
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Person, Room, Version

_ACTS: Final = (
    Action.EDIT_ENTRY,
    Action.DISCARD_ENTRY,
    Action.CLEAR_ENTRY,
    Action.SUBMIT_ENTRY,
    Action.PASS_ON_ENTRY,
    Action.SEND_ENTRY,
)


@dataclass(frozen=True, slots=True)
class Attached:
    """A document's version that goes with an entry."""

    document: UUID
    version: UUID
    number: int  # of the version
    title: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A text of a clarification."""

    id: UUID
    part: Part
    stage: EntryStage
    owner: str
    language: str
    text: str
    room: RoomKind
    edition: int
    clearance: Clearance
    by: str
    at: datetime
    edited_by: str
    edited_at: datetime
    passed_at: datetime | None
    corrects: UUID | None
    corrected: bool  # by a later entry that the reader sees
    versions: tuple["EntryLine", ...]  # in other languages
    attached: tuple[Attached, ...]
    in_translation: tuple[str, ...]  # languages
    may: frozenset[Action]


@dataclass(frozen=True, slots=True)
class Comment:
    """A side comment."""

    room: UUID
    by: str
    owner: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Desk:
    """A room in which the reader can write beside the clarification."""

    id: UUID
    kind: RoomKind
    state: str | None


@dataclass(frozen=True, slots=True)
class Other:
    """Another question, that a draft can go into or that went into this one."""

    id: UUID
    heading: str
    owner: str


@dataclass(frozen=True, slots=True)
class Thread:
    """A clarification's page."""

    id: UUID
    review: UUID
    under_review: str
    number: int | None
    draft_number: int
    subject: Subject
    about: Attached | None
    kind: ClarificationKind
    owner: str
    stage: ClarificationStage
    holder: Holder
    mine: bool
    due_on: date | None
    overdue: bool
    merged_into: UUID | None
    also_asked: tuple[str, ...]
    entries: tuple[EntryLine, ...]
    drafts: tuple[EntryLine, ...]
    comments: tuple[Comment, ...]
    desks: tuple[Desk, ...]
    given_to: tuple[str, ...]
    people: tuple[tuple[UUID, str, bool], ...]  # whom it can be given to, and whether it is
    others: tuple[Other, ...]
    answers: bool
    follows_up: bool
    merges: bool
    routes: bool
    closes: bool
    state: str | None
    today: date
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What was fetched of a clarification, before anything is opened."""

    row: Clarification
    record: ReviewRecord
    seen: Sequence[Entry]
    may: dict[UUID, frozenset[Action]]
    remarks: Sequence[Remark]
    attached: Sequence[tuple[Attachment, Version, Document]]
    about: tuple[Version, Document] | None
    tasks: Sequence[EntryTask]
    people: dict[UUID, Person]
    given: frozenset[UUID]
    answering: Sequence[UUID]
    others: Sequence[Clarification]
    merged: Sequence[Clarification]
    rooms: Sequence[Room]


def view_thread(portal: Portal, caller: Caller, clarification_id: UUID) -> Thread:
    """Show a clarification.

    Raises:
        NotFound: There is no such clarification, or the actor may not know of it.
        Forbidden: The actor hasn't given the undertaking.

    """
    with portal.work(caller) as work:
        found = work.clarifications.find(clarification_id)
        record, rooms, permit = work.require_rooms(
            Action.VIEW_CLARIFICATION, Clarification, found, Action.LIST_ROOM, asked=clarification_id
        )
        if found is None:
            raise NotFound
        look(work, record.review.id)
        rows = _fetch(work, record, rooms, found)
        may = {
            "answers": _drafts(work, found, RoomKind.NATIONAL),
            "follows_up": _drafts(work, found, RoomKind.REVIEWERS),
            "merges": found.stage == ClarificationStage.DRAFT
            and bool(work.allowed(Action.MERGE_CLARIFICATION, Clarification, [found])),
            "routes": bool(work.allowed(Action.ROUTE_CLARIFICATION, Clarification, [found])),
            "closes": found.stage in {ClarificationStage.ASKED, ClarificationStage.ANSWERED}
            and bool(work.allowed(Action.CLOSE_CLARIFICATION, Clarification, [found])),
        }
        places = [room for room in rooms if room.kind != RoomKind.SHARED or found.passed_at is not None]
        desks = rooms_in_order(work.allowed(Action.ADD_REMARK, Room, places))
        why = tuple(reasons(work.why(Action.VIEW_CLARIFICATION, Clarification, found)))
        role, state, today = work.who.role, work.who.state, work.now.date()
    return _opened(portal, permit, rows, may, desks, why, (role, state, today))


def _drafts(work: Work, row: Clarification, target: RoomKind) -> bool:
    return row.stage not in path.ENDED and bool(work.allowed(Action.DRAFT_ENTRY, Clarification, [row], target=target))


def _fetch(work: Work, record: ReviewRecord, rooms: Sequence[Room], row: Clarification) -> _Rows:
    places = [room.id for room in rooms]
    entries = [one for one in work.clarifications.entries([row.id]) if one.stage != EntryStage.DISCARDED]
    seen = work.allowed(Action.VIEW_ENTRY, Entry, [one for one in entries if one.room_id in places])
    there = {one.id for one in seen}
    seen = [one for one in seen if one.stage != EntryStage.SENT or one.sent_as not in there]
    may: dict[UUID, set[Action]] = {one.id: set() for one in seen}
    for action in _ACTS:
        target = RoomKind.SHARED if action is Action.SUBMIT_ENTRY else None
        for one in work.allowed(action, Entry, seen, target=target):
            may[one.id].add(action)
    remarks = work.clarifications.remarks(row.id, places)
    given = {routing.person_id for routing in work.clarifications.routings([row.id])}
    national = record.room(RoomKind.NATIONAL.value, record.review.state_code)
    own = national is not None and national.id in places
    writes = bool(work.allowed(Action.ROUTE_CLARIFICATION, Clarification, [row]))
    answerers = [person.id for person in answering(work, row.review_id)] if writes else []
    people = {one.created_by for one in seen} | {one.edited_by for one in seen}
    people |= {remark.created_by for remark in remarks} | set(answerers) | (given if own else set())
    drafts_here = RoomKind.REVIEWERS in {RoomKind(room.kind) for room in rooms}
    return _Rows(
        row=row,
        record=record,
        seen=seen,
        may={id_: frozenset(acts) for id_, acts in may.items()},
        remarks=remarks,
        attached=_attached(work, seen),
        about=_about(work, row),
        tasks=[one for one in work.clarifications.tasks_for(list(there)) if not (one.delivered_at or one.recalled_at)],
        people=dict(work.people.named(list(people))),
        given=frozenset(given) if own else frozenset(),
        answering=answerers,
        others=work.clarifications.drafts_beside(row) if drafts_here and row.stage == ClarificationStage.DRAFT else [],
        merged=work.clarifications.merged_into(row.id) if drafts_here else [],
        rooms=rooms,
    )


def _attached(work: Work, seen: Sequence[Entry]) -> list[tuple[Attachment, Version, Document]]:
    """Find what goes with entries, among what the reader may see."""
    rows = [(row[0], row[1], row[2]) for row in work.clarifications.attachments([one.id for one in seen])]
    allowed = {row.id for row in work.allowed(Action.VIEW_DOCUMENT, Document, [document for _, _, document in rows])}
    return [row for row in rows if row[2].id in allowed]


def _about(work: Work, row: Clarification) -> tuple[Version, Document] | None:
    version = work.documents.find_version(row.about_version) if row.about_version else None
    document = work.documents.find(version.document_id) if version else None
    if version is None or document is None or not work.allowed(Action.VIEW_DOCUMENT, Document, [document]):
        return None
    return version, document


def _opened(
    portal: Portal,
    permit: Permit,
    rows: _Rows,
    may: dict[str, bool],
    desks: Sequence[Room],
    why: tuple[str, ...],
    reader: tuple[Role | None, str | None, date],
) -> Thread:
    row, record, (role, state, today) = rows.row, rows.record, reader
    names = {id_: name_of(portal, permit, person) for id_, person in rows.people.items()}
    lines = _entry_lines(portal, permit, rows, names)
    under = state == record.review.state_code
    drafts = RoomKind.REVIEWERS in {RoomKind(room.kind) for room in rows.rooms}
    stage = path.shown(ClarificationStage(row.stage), passed=row.passed_at is not None, drafts=drafts)
    whose = path.holder(stage)
    sent = {EntryStage.SUBMITTED, EntryStage.CIRCULATED, EntryStage.SENT}
    return Thread(
        id=row.id,
        review=row.review_id,
        under_review=record.review.state_code,
        number=row.number,
        draft_number=row.draft_number,
        subject=open_subject(portal, permit, record, row),
        about=_attached_line(portal, permit, *rows.about) if rows.about else None,
        kind=ClarificationKind(row.kind),
        owner=row.owner,
        stage=stage,
        holder=whose,
        mine=path.is_mine(whose, role, under_review=under, asks=state == row.owner),
        due_on=row.due_on,
        overdue=path.is_overdue(stage, row.due_on, today),
        merged_into=row.merged_into,
        also_asked=tuple(sorted({other.owner for other in rows.merged} - {row.owner})),
        entries=tuple(line for line in lines if line.stage in sent),
        drafts=tuple(line for line in lines if line.stage is EntryStage.DRAFT),
        comments=tuple(
            Comment(
                remark.room_id,
                names[remark.created_by],
                remark.owner,
                remark.created_at,
                open_remark(portal, permit, remark),
            )
            for remark in rows.remarks
        ),
        desks=tuple(Desk(room.id, RoomKind(room.kind), room.state_code) for room in desks),
        given_to=tuple(sorted(names[person] for person in rows.given)),
        people=tuple((person, names[person], person in rows.given) for person in rows.answering),
        others=tuple(_other(portal, permit, record, other) for other in rows.others),
        answers=may["answers"],
        follows_up=may["follows_up"],
        merges=may["merges"],
        routes=may["routes"],
        closes=may["closes"],
        state=state,
        today=today,
        why=why,
    )


def _other(portal: Portal, permit: Permit, record: ReviewRecord, row: Clarification) -> Other:
    subject = open_subject(portal, permit, record, row)
    return Other(row.id, f"{subject.article}: {subject.heading}", row.owner)


def _entry_lines(portal: Portal, permit: Permit, rows: _Rows, names: dict[UUID, str]) -> list[EntryLine]:
    kinds = {room.id: RoomKind(room.kind) for room in rows.rooms}
    corrected = {one.corrects_id for one in rows.seen if one.corrects_id and one.stage != EntryStage.DRAFT}

    def line(one: Entry) -> EntryLine:
        versions = [other for other in rows.seen if other.translates_id == one.id]
        return EntryLine(
            id=one.id,
            part=Part(one.part),
            stage=EntryStage(one.stage),
            owner=one.owner,
            language=one.language,
            text=open_entry(portal, permit, one),
            room=kinds[one.room_id],
            edition=one.edition,
            clearance=Clearance(one.clearance),
            by=names[one.created_by],
            at=one.created_at,
            edited_by=names[one.edited_by],
            edited_at=one.edited_at,
            passed_at=one.circulated_at,
            corrects=one.corrects_id,
            corrected=one.id in corrected,
            versions=tuple(line(other) for other in versions),
            attached=tuple(
                _attached_line(portal, permit, version, document)
                for attached, version, document in rows.attached
                if attached.entry_id == one.id
            ),
            in_translation=tuple(task.language for task in rows.tasks if task.entry_id == one.id),
            may=rows.may[one.id],
        )

    there = {one.id for one in rows.seen}
    return [line(one) for one in rows.seen if one.translates_id not in there]


def _attached_line(portal: Portal, permit: Permit, version: Version, document: Document) -> Attached:
    return Attached(
        document.id,
        version.id,
        version.number,
        open_title(portal, permit, document),
    )
