"""What is sent: submitted to the secretariat, alone or in a numbered batch, and passed on to all parties.

1. A draft is read first, then sealed anew as an entry of the shared room. Drafts, earlier wordings and comments stay
   behind; the shared room learns of one text.
2. What is sent is the wording that the sender saw, with the documents that went with it: if somebody changed either
   meanwhile, nothing is sent. Of a batch all is sent or nothing (GL 21).
3. What the officer passes on takes its language versions along, and circulates the documents that go with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain import clarifications as path
from portal.domain.clarifications import ClarificationStage, EntryStage, Formal, Part
from portal.domain.documents import DocumentStage
from portal.domain.reviews import RoomKind
from portal.domain.texts import N_
from portal.errors import Conflict, Invalid, NotFound
from portal.usecases.attachments import carrying, keep_all, shared_version
from portal.usecases.contents import author
from portal.usecases.questions import clarification_of, file_room, touch
from portal.usecases.subjects import Subject, open_draft_subject, open_entry, seal_entry, seal_subject
from portal.usecases.telling import tell_passed_on, tell_submitted
from portal.work import Portal, Work
from storage.dialogue import Attachment, Batch, Clarification, Entry
from storage.permits import Permit, room_scope
from storage.tables import Document

NOTHING: Final = N_("Choose at least one question. Nothing was submitted.")
EARLIER: Final = N_("An answer can’t be due before today. Choose a later day, or none.")


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A draft that was read, on its way to the shared room."""

    entry: UUID
    edition: int
    text: str
    subject: Subject


def submit_entry(portal: Portal, caller: Caller, entry_id: UUID, seen: int) -> UUID:
    """Submit a question or an answer to the secretariat; gives the clarification.

    Raises:
        NotFound: There is no such draft, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't send it, or it has to be cleared first.
        Invalid: Nothing is written in it yet.
        Conflict: It changed meanwhile, or was sent.

    """
    leaving = _read(portal, caller, entry_id, seen)
    with carrying(portal, caller, entry_id) as carried, portal.work(caller) as work:
        for entry in work.allowed(Action.VIEW_ENTRY, Entry, [work.clarifications.entry(entry_id)]):
            _check_unsent(work, entry, leaving)  # or it would be said of what goes with it, once it is there
        sent = _submit(work, leaving, keep_all(work, carried), None)
        _tell(work, [sent])
        return sent.clarification_id


def submit_batch(portal: Portal, caller: Caller, review_id: UUID, chosen: Sequence[tuple[UUID, int]]) -> int:
    """Submit several questions together, as the desk-review outcome (GL 21); gives the batch's number.

    Args:
        portal: The portal.
        caller: Who asks.
        review_id: The review that all of them are of.
        chosen: Of each draft the id, and the saving that the sender saw.

    Raises:
        NotFound: There is no such draft, or the actor may not know of it.
        Forbidden: The actor sees one of them but doesn't send it, or it has to be cleared first.
        Invalid: None was chosen, or nothing is written in one of them.
        Conflict: One of them changed meanwhile: none was sent.

    """
    if not chosen:
        raise Invalid(NOTHING)
    leaving = [_read(portal, caller, entry_id, seen) for entry_id, seen in dict(chosen).items()]
    with portal.work(caller) as work:
        batch, sent = None, []
        for one in leaving:
            entry = work.clarifications.entry(one.entry)
            if entry is None or entry.review_id != review_id or entry.part != Part.QUESTION:
                raise NotFound
            if entry.edition != one.edition or entry.stage != EntryStage.DRAFT:
                raise Conflict(path.BATCH_CHANGED)
            batch = batch or _new_batch(work, entry)
            sent.append(_submit(work, one, {}, batch))
        _tell(work, sent)
        return batch.number if batch else 0


def pass_on(portal: Portal, caller: Caller, entry_id: UUID, due_on: date | None) -> UUID:
    """Pass on what was submitted to all parties (GL 21, 23); gives the clarification.

    Raises:
        NotFound: There is no such text, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't pass it on, or it was passed on already.
        Invalid: The day by which an answer is hoped for is over.
        Conflict: It puts right, or translates, what was not passed on yet.

    """
    with portal.work(caller) as work:
        entry, permit = work.require(Action.PASS_ON_ENTRY, Entry, work.clarifications.entry(entry_id), asked=entry_id)
        path.check_passes(EntryStage(entry.stage))
        if due_on is not None and due_on < work.now.date():
            raise Invalid(EARLIER, {"due_on": EARLIER})
        path.check_first(_original(work, entry))
        row = clarification_of(work, entry)
        _pass(work, entry, row, due_on)
        work.note(permit, clarification=str(row.id))
        for other in work.clarifications.entries([row.id]):
            if other.translates_id == entry.id and other.stage == EntryStage.SUBMITTED:
                work.require(Action.PASS_ON_ENTRY, Entry, other)
                other.stage, other.circulated_at = EntryStage.CIRCULATED.value, work.now
                other.circulated_by = author(work)
        restand(work, row)
        tell_passed_on(work, [entry])
        return row.id


def restand(work: Work, row: Clarification) -> None:
    """Write down where a clarification stands, from its entries in the shared room."""
    work.session.flush()
    shared = file_room(work, row.review_id, RoomKind.SHARED)
    formal = [
        Formal(Part(entry.part), EntryStage(entry.stage), entry.circulated_at or entry.created_at)
        for entry in work.clarifications.entries([row.id])
        if entry.room_id == shared.id and entry.translates_id is None and entry.corrects_id is None
    ]
    row.stage = path.standing(formal, closed=row.closed_at is not None).value


def _original(work: Work, entry: Entry) -> EntryStage:
    """Tell how far the text has travelled that another puts right or translates; what is of none needs not wait."""
    of = entry.corrects_id or entry.translates_id
    original = work.clarifications.entry(of) if of else None
    return EntryStage(original.stage) if original else EntryStage.CIRCULATED


def _read(portal: Portal, caller: Caller, entry_id: UUID, seen: int) -> _Leaving:
    """Open a draft that is about to be sent; the gate is asked before, so that nobody reads in vain."""
    with portal.work(caller) as work:
        found = work.clarifications.entry(entry_id)
        entry, permit = work.require(Action.VIEW_ENTRY, Entry, found, asked=entry_id)
        if not work.allowed(Action.SUBMIT_ENTRY, Entry, [entry], target=RoomKind.SHARED):
            work.require(Action.SUBMIT_ENTRY, Entry, entry, asked=entry_id, target=RoomKind.SHARED)
        path.check_draft(EntryStage(entry.stage))
        if entry.edition != seen:
            raise Conflict(path.EDITED_BEFORE)
        row, record = clarification_of(work, entry), work.file(entry.review_id)
        # before what goes with it is opened and sealed anew
        path.check_takes(ClarificationStage(row.stage), Part(entry.part), passed=row.passed_at is not None)
    if record is None:
        raise NotFound
    first = row.subject is None and entry.part == Part.QUESTION
    subject = open_draft_subject(portal, permit, record, row) if first else Subject("", "")
    text = open_entry(portal, permit, entry)
    if not text:
        raise Invalid(path.EMPTY)
    return _Leaving(entry.id, entry.edition, text, subject)


def _check_unsent(work: Work, entry: Entry, leaving: _Leaving) -> Clarification:
    """Refuse to send what was sent, or saved, since it was read; gives the clarification."""
    path.check_draft(EntryStage(entry.stage))
    if entry.edition != leaving.edition:
        raise Conflict(path.EDITED_BEFORE)
    row = clarification_of(work, entry)
    path.check_takes(ClarificationStage(row.stage), Part(entry.part), passed=row.passed_at is not None)
    return row


def _submit(work: Work, leaving: _Leaving, carried: dict[UUID, UUID], batch: Batch | None) -> Entry:
    found = work.clarifications.entry(leaving.entry)
    entry, permit = work.require(Action.SUBMIT_ENTRY, Entry, found, asked=leaving.entry, target=RoomKind.SHARED)
    row = _check_unsent(work, entry, leaving)
    sent = _sent_entry(work, permit, entry, leaving.text)
    entry.stage, entry.sent_as = EntryStage.SENT.value, sent.id
    if row.subject is None:
        scope = room_scope(sent.review_id, sent.room_id)
        row.subject = seal_subject(work, permit, scope, row.id, leaving.subject, draft=False)
    if row.submitted_at is None:  # what follows later tells the other side nothing of the batch that it came in
        row.submitted_at, row.batch_id = work.now, batch.id if batch else None
    row.officer_at = work.now
    touch(row, RoomKind.REVIEWERS if entry.part == Part.QUESTION else RoomKind.NATIONAL, work)
    _attach(work, entry, sent, carried)
    record = work.file(row.review_id)
    if record is not None and record.review.passes_at_once and _original(work, sent) is EntryStage.CIRCULATED:
        _pass(work, sent, row, None)
    restand(work, row)
    on = {"clarification": str(row.id), "entry": str(sent.id)}
    work.arrives(permit, sent.room_id, row.id, on)
    return sent


def _tell(work: Work, sent: Sequence[Entry]) -> None:
    tell_passed_on(work, [one for one in sent if one.stage == EntryStage.CIRCULATED])
    tell_submitted(work, [one for one in sent if one.stage == EntryStage.SUBMITTED])


def _sent_entry(work: Work, permit: Permit, draft: Entry, text: str) -> Entry:
    room = file_room(work, draft.review_id, RoomKind.SHARED)
    entry_id = uuid4()
    sent = Entry(
        id=entry_id,
        review_id=draft.review_id,
        room_id=room.id,
        clarification_id=draft.clarification_id,
        part=draft.part,
        owner=draft.owner,
        language=draft.language,
        stage=EntryStage.SUBMITTED.value,
        text=seal_entry(work, permit, room_scope(room.review_id, room.id), entry_id, text),
        corrects_id=draft.corrects_id,
        edited_by=author(work),
        edited_at=work.now,
        created_by=author(work),
        created_at=work.now,
    )
    work.clarifications.add(sent)
    return sent


def _attach(work: Work, draft: Entry, sent: Entry, carried: dict[UUID, UUID]) -> None:
    """Let the documents that went with a draft go with what was sent, as they lie in the shared room now."""
    for attached, version, _ in work.clarifications.attachments([draft.id]):
        there = shared_version(work, carried, version, sent)
        work.clarifications.add(
            Attachment(
                id=uuid4(),
                review_id=sent.review_id,
                entry_id=sent.id,
                version_id=there,
                added_by=attached.added_by,
                added_at=work.now,
            )
        )


def _new_batch(work: Work, entry: Entry) -> Batch:
    batch = Batch(
        id=uuid4(),
        review_id=entry.review_id,
        owner=entry.owner,
        number=work.clarifications.next_batch(entry.review_id, entry.owner),
        submitted_by=author(work),
        submitted_at=work.now,
    )
    work.clarifications.add(batch)
    return batch


def _pass(work: Work, entry: Entry, row: Clarification, due_on: date | None) -> None:
    entry.stage, entry.circulated_at, entry.circulated_by = EntryStage.CIRCULATED.value, work.now, author(work)
    row.shared_room_at = work.now
    if entry.corrects_id is not None or entry.translates_id is not None:
        pass  # the clarification stands where it stood
    elif entry.part == Part.QUESTION:
        row.passed_at = row.passed_at or work.now
        row.number = row.number or work.clarifications.next_number(row.review_id)
        row.due_on = due_on
    else:
        row.answered_at, row.due_on = work.now, None
    for _, _, document in work.clarifications.attachments([entry.id]):
        if document.stage == DocumentStage.SUBMITTED and document.withdrawn_at is None:
            _circulate(work, document)


def _circulate(work: Work, document: Document) -> None:
    """Circulate a document that goes with what is passed on; where it passes at once, that was done on its way."""
    if work.allowed(Action.CIRCULATE_DOCUMENT, Document, [document]):
        work.require(Action.CIRCULATE_DOCUMENT, Document, document)
        document.stage = DocumentStage.CIRCULATED.value
        document.circulated_at = document.changed_at = work.now
