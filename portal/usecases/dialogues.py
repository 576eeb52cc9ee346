"""The whole dialogue of a review, for a paper: what was passed on, in the order of the articles.

Drafts, side comments and logged calls are no part of the record, so no paper holds them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.clarifications import ClarificationKind, Part
from portal.domain.tags import parse_tag
from portal.usecases.particulars import open_title
from portal.usecases.people import name_of
from portal.usecases.subjects import Subject, open_entry, open_subjects
from portal.work import Portal, Work
from storage.dialogue import Clarification, Entry
from storage.permits import Permit
from storage.tables import Document, Person, Review


@dataclass(frozen=True, slots=True)
class EntryText:
    """A text that was passed on; translates: it says in another language what stands before it."""

    part: Part
    owner: str
    by: str
    at: datetime
    language: str
    text: str
    corrects: bool
    translates: bool
    attached: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ThreadText:
    """A question with what followed."""

    number: int
    subject: Subject
    kind: ClarificationKind
    owner: str
    asked_at: datetime
    closed_at: datetime | None
    entries: tuple[EntryText, ...]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """All that was passed on in a review."""

    under_review: str
    reviewing: tuple[str, ...]
    at: datetime
    threads: tuple[ThreadText, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    rows: Sequence[Clarification]
    entries: Sequence[Entry]
    attached: dict[UUID, list[Document]]
    people: dict[UUID, Person]


def export_dialogue(portal: Portal, caller: Caller, review_id: UUID) -> Dialogue:
    """Give the whole dialogue of a review, for a paper that somebody takes along.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the review but doesn't follow its dialogue.

    """
    with portal.work(caller) as work:
        found = work.reviews.find(review_id)
        row = found.review if found else None
        record, _, permit = work.require_rooms(Action.EXPORT_DIALOGUE, Review, row, Action.LIST_ROOM, asked=review_id)
        rows = _fetch(work, review_id)
        work.note(permit, clarifications=len(rows.rows))
        at = work.now
    names = {id_: name_of(portal, permit, person) for id_, person in rows.people.items()}
    sealed = [(row.id, row.subject, row.draft_subject) for row in rows.rows]
    subjects = open_subjects(portal, permit, record, sealed)
    texts: dict[UUID, list[EntryText]] = {row.id: [] for row in rows.rows}
    for entry in _in_order(rows.entries):
        titles = [open_title(portal, permit, document) for document in rows.attached.get(entry.id, [])]
        texts[entry.clarification_id].append(_text(portal, permit, entry, names, tuple(titles)))
    threads = [_thread(row, subjects[row.id], texts[row.id]) for row in rows.rows]
    threads.sort(key=lambda thread: (parse_tag(thread.subject.article).sort_key, thread.number))
    return Dialogue(record.review.state_code, record.reviewing, at, tuple(threads))


def _fetch(work: Work, review_id: UUID) -> _Rows:
    rows = work.allowed(Action.VIEW_CLARIFICATION, Clarification, work.clarifications.passed(review_id))
    entries = work.allowed(Action.VIEW_ENTRY, Entry, work.clarifications.circulated(review_id))
    there = {row.id for row in rows}
    entries = [entry for entry in entries if entry.clarification_id in there]
    attached: dict[UUID, list[Document]] = {}
    found = [(one, document) for one, _, document in work.clarifications.attachments([entry.id for entry in entries])]
    seen = {row.id for row in work.allowed(Action.VIEW_DOCUMENT, Document, [document for _, document in found])}
    for one, document in found:
        if document.id in seen:
            attached.setdefault(one.entry_id, []).append(document)
    people = work.people.named(list({entry.created_by for entry in entries}))
    return _Rows(rows, entries, attached, dict(people))


def _in_order(entries: Sequence[Entry]) -> list[Entry]:
    """Put each language version behind what it translates."""
    places = {entry.id: at for at, entry in enumerate(entries)}

    def place(entry: Entry) -> tuple[int, int]:
        return (places.get(entry.translates_id or entry.id, places[entry.id]), places[entry.id])

    return sorted(entries, key=place)


def _text(portal: Portal, permit: Permit, entry: Entry, names: dict[UUID, str], titles: tuple[str, ...]) -> EntryText:
    return EntryText(
        part=Part(entry.part),
        owner=entry.owner,
        by=names[entry.created_by],
        at=entry.circulated_at or entry.created_at,
        language=entry.language,
        text=open_entry(portal, permit, entry),
        corrects=entry.corrects_id is not None,
        translates=entry.translates_id is not None,
        attached=titles,
    )


def _thread(row: Clarification, subject: Subject, texts: Sequence[EntryText]) -> ThreadText:
    return ThreadText(
        number=row.number or 0,
        subject=subject,
        kind=ClarificationKind(row.kind),
        owner=row.owner,
        asked_at=row.passed_at or row.created_at,
        closed_at=row.closed_at,
        entries=tuple(texts),
    )
