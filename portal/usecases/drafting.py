"""A draft as its author writes in it: what is saved, who else has it open, what can go with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.clarifications import ClarificationKind, ClarificationStage, Clearance, EntryStage, Part
from portal.domain.reviews import RoomKind
from portal.errors import NotFound
from portal.usecases.attachments import Attachable
from portal.usecases.particulars import open_title
from portal.usecases.people import name_of
from portal.usecases.questions import clarification_of
from portal.usecases.subjects import Subject, open_draft_subject, open_entry
from portal.work import Portal, Work
from storage.dialogue import Entry
from storage.permits import Permit
from storage.tables import Document, Room, Version

OPEN_FOR: Final = timedelta(minutes=5)  # who opened or saved a draft so lately is taken to write in it still


@dataclass(frozen=True, slots=True)
class DraftPage:
    """A draft to be written in."""

    id: UUID
    clarification: UUID
    review: UUID
    under_review: str
    part: Part
    number: int | None
    draft_number: int
    kind: ClarificationKind
    about: UUID | None
    subject: Subject
    first: bool  # the question that the clarification begins with: its subject can be changed
    corrects: bool
    language: str
    text: str
    edition: int
    clearance: Clearance
    saved_by: str
    saved_at: datetime
    also_open: str  # who else has it open
    documents: tuple[Attachable, ...]
    may: frozenset[Action]
    draft: bool  # it is one still


@dataclass(frozen=True, slots=True)
class Choice:
    """A document that a question can be about."""

    version: UUID
    number: int
    title: str
    language: str


@dataclass(frozen=True, slots=True)
class NewPage:
    """What a new question can be about."""

    review: UUID
    under_review: str
    documents: tuple[Choice, ...]


def new_question(portal: Portal, caller: Caller, review_id: UUID) -> NewPage:
    """Show the form of a new question: the documents that all parties see.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the review but doesn't ask.

    """
    with portal.work(caller) as work:
        record = work.file(review_id)
        found = record.room(RoomKind.SHARED.value) if record else None
        room, permit = work.require(Action.LIST_ROOM, Room, found, asked=review_id)
        if record is None:
            raise NotFound
        reviewers = record.room(RoomKind.REVIEWERS.value)
        if not work.allowed(Action.ASK_CLARIFICATION, Room, [reviewers]):
            work.require(Action.ASK_CLARIFICATION, Room, reviewers, asked=review_id)
        rows = _shown(work, room)
    return NewPage(
        review_id,
        record.review.state_code,
        tuple(
            Choice(version, document.number, open_title(portal, permit, document), document.language)
            for document, version in rows
        ),
    )


def about_choices(portal: Portal, caller: Caller, review_id: UUID) -> tuple[Choice, ...]:
    """List the documents that a question can be about, in their newest versions."""
    return new_question(portal, caller, review_id).documents


def view_draft(portal: Portal, caller: Caller, entry_id: UUID) -> DraftPage:
    """Show a draft; whoever may write in it has it open from then on, and others are told.

    Raises:
        NotFound: There is no such text, or the actor may not know of it.

    """
    with portal.work(caller) as work:
        entry, permit = work.require(Action.VIEW_ENTRY, Entry, work.clarifications.entry(entry_id), asked=entry_id)
        row, record, person = clarification_of(work, entry), work.file(entry.review_id), work.who.person
        if record is None or person is None:
            raise NotFound
        acts = (Action.EDIT_ENTRY, Action.CLEAR_ENTRY, Action.DISCARD_ENTRY)
        may = {action for action in acts if work.allowed(action, Entry, [entry])}
        if work.allowed(Action.SUBMIT_ENTRY, Entry, [entry], target=RoomKind.SHARED):
            may.add(Action.SUBMIT_ENTRY)
        other = _opened_by_another(work, entry, person.id)
        if Action.EDIT_ENTRY in may and other is None:
            entry.opened_by, entry.opened_at = person.id, work.now
        documents = _documents(work, entry) if Action.EDIT_ENTRY in may and entry.part == Part.ANSWER else []
        attached = [(document, version) for _, version, document in work.clarifications.attachments([entry.id])]
        people = work.people.named([entry.edited_by, other or entry.edited_by])
    names = {id_: name_of(portal, permit, one) for id_, one in people.items()}
    first = entry.part == Part.QUESTION and row.stage == ClarificationStage.DRAFT
    return DraftPage(
        id=entry.id,
        clarification=row.id,
        review=row.review_id,
        under_review=record.review.state_code,
        part=Part(entry.part),
        number=row.number,
        draft_number=row.draft_number,
        kind=ClarificationKind(row.kind),
        about=row.about_version,
        subject=open_draft_subject(portal, permit, record, row) if first else Subject("", ""),
        first=first,
        corrects=entry.corrects_id is not None,
        language=entry.language,
        text=open_entry(portal, permit, entry),
        edition=entry.edition,
        clearance=Clearance(entry.clearance),
        saved_by=names[entry.edited_by],
        saved_at=entry.edited_at,
        also_open=names[other] if other else "",
        documents=_choices(portal, permit, documents, attached),
        may=frozenset(may),
        draft=entry.stage == EntryStage.DRAFT,
    )


def _opened_by_another(work: Work, entry: Entry, person: UUID) -> UUID | None:
    """Tell who else opened or saved a draft a moment ago."""
    recent = work.now - OPEN_FOR
    if entry.opened_by not in {None, person} and entry.opened_at is not None and entry.opened_at > recent:
        return entry.opened_by
    return entry.edited_by if entry.edited_by != person and entry.edited_at > recent else None


def _shown(work: Work, room: Room) -> list[tuple[Document, UUID]]:
    """List the documents of the shared room that all parties see, with their newest versions."""
    listed = {row.document.id: row for row in work.documents.listed(room.id)}
    open_to_all = [
        row.document
        for row in listed.values()
        if row.document.stage == "circulated" and row.document.withdrawn_at is None
    ]
    seen = work.allowed(Action.VIEW_DOCUMENT, Document, open_to_all)
    return [(document, listed[document.id].newest.id) for document in seen]


def _documents(work: Work, entry: Entry) -> list[tuple[Document, Version]]:
    """List the documents of the draft's room that can go with it, in their newest versions."""
    return [
        (row.document, row.newest)
        for row in work.documents.listed(entry.room_id)
        if row.document.owner == entry.owner and row.document.withdrawn_at is None
    ]


def _choices(
    portal: Portal,
    permit: Permit,
    documents: list[tuple[Document, Version]],
    attached: list[tuple[Document, Version]],
) -> tuple[Attachable, ...]:
    newest, chosen = {version.id for _, version in documents}, {version.id for _, version in attached}
    here = {document.id for document, _ in documents}
    earlier = [pair for pair in attached if pair[0].id in here and pair[1].id not in newest]
    return tuple(
        Attachable(
            version.id,
            document.number,
            open_title(portal, permit, document),
            document.language,
            version.id in chosen,
            None if version.id in newest else version.number,
        )
        for document, version in sorted((*documents, *earlier), key=lambda pair: pair[0].number)
    )
