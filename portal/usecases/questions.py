"""Drafts of questions and answers: begun, saved, discarded, cleared; they never leave the room they lie in.

1. Each saving counts. Whoever saves what somebody else saved meanwhile is told, and nothing is overwritten.
2. A clearance is for the text that was read: a change takes it away.
"""

from dataclasses import dataclass
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain import clarifications as path
from portal.domain.clarifications import ClarificationKind, ClarificationStage, Clearance, EntryStage, Part
from portal.domain.documents import DocumentStage
from portal.domain.reviews import RoomKind
from portal.domain.texts import N_
from portal.errors import Conflict, Invalid, NotFound
from portal.usecases.attachments import choose
from portal.usecases.contents import author
from portal.usecases.subjects import Subject, seal_entry, seal_subject
from portal.usecases.telling import tell_to_clear
from portal.work import Portal, Work
from storage.dialogue import Clarification, Entry
from storage.permits import Permit, room_scope
from storage.tables import Review, Room, Version

NOT_OURS = N_("Only what your own State sent in this clarification can be corrected.")
NO_VERSION = N_("Choose a document that lies in the shared room and was circulated, or none.")


class Edited(Conflict):
    """Somebody else saved the draft meanwhile; what was typed is with whoever typed it."""

    def __init__(self) -> None:
        super().__init__(path.EDITED)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as its author gives it."""

    kind: ClarificationKind
    subject: Subject
    language: str
    text: str
    about: UUID | None = None  # a version of a document


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft that was saved: which saving this was."""

    entry: UUID
    clarification: UUID
    edition: int


def ask(portal: Portal, caller: Caller, review_id: UUID, said: Asked) -> Saved:
    """Begin the draft of a question in the reviewers' room (ToR 22, GL 21).

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the room but does not ask.
        Invalid: The document isn't one that all parties see.

    """
    with portal.work(caller) as work:
        record = work.file(review_id)
        found = record.room(RoomKind.REVIEWERS.value) if record else None
        room, permit = work.require(Action.ASK_CLARIFICATION, Room, found, asked=review_id)
        _check_about(work, room.review_id, said.about)
        row = Clarification(
            id=uuid4(),
            review_id=room.review_id,
            draft_number=work.clarifications.next_draft_number(room.review_id),
            owner=str(work.who.state),
            kind=said.kind.value,
            stage=ClarificationStage.DRAFT.value,
            draft_subject=b"",
            about_version=said.about,
            created_by=author(work),
            created_at=work.now,
            reviewers_room_at=work.now,
        )
        scope = room_scope(room.review_id, room.id)
        row.draft_subject = seal_subject(work, permit, scope, row.id, said.subject, draft=True)
        work.clarifications.add(row)
        entry = _new_draft(work, permit, row, room, Part.QUESTION, said.language, said.text, None)
        work.note(permit, clarification=str(row.id), entry=str(entry.id))
        return Saved(entry.id, row.id, entry.edition)


def begin_draft(
    portal: Portal,
    caller: Caller,
    clarification_id: UUID,
    part: Part,
    language: str,
    text: str,
    corrects: UUID | None = None,
) -> Saved:
    """Begin an answer, a question that follows, or a correction of what one's State sent (GL 23, 24).

    Raises:
        NotFound: There is no such clarification, or the actor may not know of it.
        Forbidden: The actor sees it but does not speak here.
        Conflict: It is over, or the question was not passed on yet.
        Invalid: What is to be corrected isn't of this State, or not in this clarification.

    """
    kind = RoomKind.REVIEWERS if part is Part.QUESTION else RoomKind.NATIONAL
    with portal.work(caller) as work:
        found = work.clarifications.find(clarification_id)
        row, permit = work.require(Action.DRAFT_ENTRY, Clarification, found, asked=clarification_id, target=kind)
        path.check_takes(ClarificationStage(row.stage), part, passed=row.passed_at is not None)
        path.check_follows(passed=row.passed_at is not None, corrects=corrects is not None)
        if corrects is not None:
            _check_corrects(work, row, part, corrects)
        room = file_room(work, row.review_id, kind)
        entry = _new_draft(work, permit, row, room, part, language, text, corrects)
        touch(row, kind, work)
        work.note(permit, entry=str(entry.id))
        return Saved(entry.id, row.id, entry.edition)


def save_draft(
    portal: Portal,
    caller: Caller,
    entry_id: UUID,
    seen: int,
    language: str,
    text: str,
    asked: Asked | None = None,
    going: frozenset[UUID] | None = None,
) -> Saved:
    """Save a draft as it is now.

    Args:
        portal: The portal.
        caller: Who asks.
        entry_id: The draft.
        seen: The saving that the actor saw.
        language: Of the text.
        text: The text.
        asked: What it asks, where it is the question that a clarification begins with.
        going: The versions of documents that go with it; None: those that went before.

    Raises:
        NotFound: There is no such draft, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't work on it.
        Edited: Somebody saved it after the actor opened it.
        Conflict: It was sent or discarded meanwhile.
        Invalid: What is to go with it can't.

    """
    with portal.work(caller) as work:
        entry, permit = work.require(Action.EDIT_ENTRY, Entry, work.clarifications.entry(entry_id), asked=entry_id)
        path.check_draft(EntryStage(entry.stage))
        if entry.edition != seen:
            raise Edited
        if going is not None:
            choose(work, entry, going)
            work.note(permit, attached=len(going))
        row = clarification_of(work, entry)
        scope = room_scope(entry.review_id, entry.room_id)
        if asked is not None and row.stage == ClarificationStage.DRAFT:
            _check_about(work, row.review_id, asked.about)
            row.kind, row.about_version = asked.kind.value, asked.about
            row.draft_subject = seal_subject(work, permit, scope, row.id, asked.subject, draft=True)
        entry.text = seal_entry(work, permit, scope, entry.id, text)
        entry.language, entry.edition = language, entry.edition + 1
        entry.edited_by, entry.edited_at = author(work), work.now
        if entry.clearance == Clearance.GIVEN:
            entry.clearance, entry.cleared_by, entry.cleared_at = Clearance.NONE.value, None, None
        touch(row, kind_of(work, entry), work)
        return Saved(entry.id, row.id, entry.edition)


def discard_draft(portal: Portal, caller: Caller, entry_id: UUID) -> UUID:
    """Discard a draft; it stays in the record of its room. Gives the clarification.

    Raises:
        NotFound: There is no such draft, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't work on it, or it was sent or discarded meanwhile.

    """
    with portal.work(caller) as work:
        entry, _ = work.require(Action.DISCARD_ENTRY, Entry, work.clarifications.entry(entry_id), asked=entry_id)
        entry.stage = EntryStage.DISCARDED.value
        row = clarification_of(work, entry)
        left = [one for one in work.clarifications.entries([row.id]) if one.stage != EntryStage.DISCARDED]
        if not left and row.stage == ClarificationStage.DRAFT:
            row.stage = ClarificationStage.DISCARDED.value
        touch(row, kind_of(work, entry), work)
        return row.id


def ask_for_clearance(portal: Portal, caller: Caller, entry_id: UUID, seen: int) -> UUID:
    """Tell the focal point that a draft is ready to be cleared; gives the clarification.

    Raises:
        NotFound: There is no such draft, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't work on it.
        Conflict: It changed meanwhile, or was cleared.

    """
    with portal.work(caller) as work:
        entry, permit = work.require(Action.EDIT_ENTRY, Entry, work.clarifications.entry(entry_id), asked=entry_id)
        path.check_clears(EntryStage(entry.stage), Clearance(entry.clearance), entry.edition, seen)
        entry.clearance = Clearance.ASKED.value
        work.note(permit, clearance=Clearance.ASKED.value)
        tell_to_clear(work, entry)
        row = clarification_of(work, entry)
        touch(row, kind_of(work, entry), work)
        return row.id


def clear_draft(portal: Portal, caller: Caller, entry_id: UUID, seen: int) -> UUID:
    """Clear a question of one's State's experts, as it was read (GL 21, (d)); gives the clarification.

    Raises:
        NotFound: There is no such draft, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't clear it.
        Conflict: It changed meanwhile, or was cleared.

    """
    with portal.work(caller) as work:
        entry, _ = work.require(Action.CLEAR_ENTRY, Entry, work.clarifications.entry(entry_id), asked=entry_id)
        path.check_clears(EntryStage(entry.stage), Clearance(entry.clearance), entry.edition, seen)
        entry.clearance, entry.cleared_by, entry.cleared_at = Clearance.GIVEN.value, author(work), work.now
        row = clarification_of(work, entry)
        touch(row, kind_of(work, entry), work)
        return row.id


def set_clearance(portal: Portal, caller: Caller, review_id: UUID, *, clears: bool) -> None:
    """Set whether one's focal point clears the questions of one's experts.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor doesn't speak for a reviewing State.

    """
    with portal.work(caller) as work:
        record = work.reviews.find(review_id)
        review, permit = work.require(Action.SET_CLEARANCE, Review, record.review if record else None, asked=review_id)
        state = str(work.who.state)
        work.note(permit, before=work.clarifications.clears(review.id, state), after=clears)
        work.clarifications.set_clearance(review.id, state, author(work), work.now, clears=clears)


def _new_draft(
    work: Work,
    permit: Permit,
    row: Clarification,
    room: Room,
    part: Part,
    language: str,
    text: str,
    corrects: UUID | None,
) -> Entry:
    entry_id = uuid4()
    entry = Entry(
        id=entry_id,
        review_id=row.review_id,
        room_id=room.id,
        clarification_id=row.id,
        part=part.value,
        owner=str(work.who.state),
        language=language,
        stage=EntryStage.DRAFT.value,
        text=seal_entry(work, permit, room_scope(room.review_id, room.id), entry_id, text),
        corrects_id=corrects,
        edited_by=author(work),
        edited_at=work.now,
        created_by=author(work),
        created_at=work.now,
    )
    work.clarifications.add(entry)
    return entry


def _check_about(work: Work, review_id: UUID, version_id: UUID | None) -> None:
    """Refuse a document that not all parties see: the question would tell of it."""
    if version_id is None:
        return
    version = work.documents.find_version(version_id)
    document = work.documents.find(version.document_id) if version else None
    wrong = Invalid(NO_VERSION, {"about": NO_VERSION})
    if version is None or document is None or version.review_id != review_id:
        raise wrong
    if not work.allowed(Action.VIEW_DOCUMENT, Version, [version]) or document.stage != DocumentStage.CIRCULATED:
        raise wrong
    if document.room_id != file_room(work, review_id, RoomKind.SHARED).id or document.withdrawn_at is not None:
        raise wrong


def _check_corrects(work: Work, row: Clarification, part: Part, corrects: UUID) -> None:
    entry = work.clarifications.entry(corrects)
    sent = {EntryStage.SUBMITTED, EntryStage.CIRCULATED}
    if entry is None or entry.clarification_id != row.id or entry.stage not in sent or entry.translates_id:
        raise Invalid(NOT_OURS)
    if entry.owner != work.who.state or entry.part != part:
        raise Invalid(NOT_OURS)


def touch(row: Clarification, kind: RoomKind, work: Work) -> None:
    """Remember when something changed for those who see a kind of room."""
    match kind:
        case RoomKind.REVIEWERS:
            row.reviewers_room_at = work.now
        case RoomKind.SHARED:
            row.shared_room_at = work.now
        case RoomKind.NATIONAL:
            row.national_room_at = work.now
        case RoomKind.SECRETARIAT:
            row.officer_at = work.now


def file_room(work: Work, review_id: UUID, kind: RoomKind) -> Room:
    """Find a room of a file; the national one is that of the State under review."""
    record = work.file(review_id)
    state = record.review.state_code if record and kind is RoomKind.NATIONAL else None
    room = record.room(kind.value, state) if record else None
    if room is None:
        raise NotFound
    return room


def kind_of(work: Work, entry: Entry) -> RoomKind:
    """Tell the kind of the room that an entry lies in."""
    record = work.file(entry.review_id)
    return next(RoomKind(room.kind) for room in (record.rooms if record else ()) if room.id == entry.room_id)


def clarification_of(work: Work, entry: Entry) -> Clarification:
    """Find the clarification that an entry belongs to."""
    row = work.clarifications.find(entry.clarification_id)
    if row is None:
        raise NotFound
    return row
