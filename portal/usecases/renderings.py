"""Texts of clarifications sent for translation: to one translator, who sees just that text, until it is delivered.

What comes back is a language version of the text: an entry that says what it translates, as far as its original has
travelled; the officer passes both on together (GL 21, 23).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain import moves
from portal.domain.clarifications import EntryStage, Part
from portal.domain.languages import document_language
from portal.domain.reviews import RoomKind
from portal.domain.roles import Role
from portal.errors import Conflict, Invalid, NotFound
from portal.usecases.contents import author
from portal.usecases.people import name_of
from portal.usecases.questions import clarification_of, touch
from portal.usecases.subjects import open_entry, seal_entry
from portal.usecases.translations import CHOOSE, SAME_LANGUAGE
from portal.work import Portal, Work
from storage.dialogue import Entry, EntryTask
from storage.permits import room_scope


@dataclass(frozen=True, slots=True)
class TextTask:
    """A text sent for translation, as its translator sees it in a list."""

    id: UUID
    review: UUID
    state: str  # under review
    part: Part
    source: str
    language: str
    by: str
    at: datetime
    pledged: bool


@dataclass(frozen=True, slots=True)
class TextPage:
    """One text to be translated, for its translator."""

    task: TextTask
    text: str


@dataclass(frozen=True, slots=True)
class TextSendings:
    """To whom a text can be sent for translation, and where it is, for its officer."""

    entry: UUID
    clarification: UUID
    review: UUID
    under_review: str
    part: Part
    language: str
    text: str
    translators: tuple[tuple[UUID, str], ...]
    tasks: tuple[tuple[UUID, str, str, datetime, datetime | None, datetime | None], ...]


def my_texts(portal: Portal, caller: Caller) -> list[TextTask]:
    """List the texts that a translator has to translate, oldest first; none is opened for it.

    Raises:
        NotFound: The actor translates nothing.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.LIST_TRANSLATIONS, PortalFacts())
        tasks = work.clarifications.tasks_of(author(work))
        rows = [(task, work.clarifications.entry(task.entry_id)) for task in tasks]
        pledged = work.people.undertaken(author(work))
        states = {record.review.id: record.review.state_code for record in work.reviews.all()}
        people = work.people.named(list({task.sent_by for task in tasks}))
    names = {id_: name_of(portal, permit, person) for id_, person in people.items()}
    return [_task(task, entry, states, names, pledged) for task, entry in rows if entry is not None]


def view_text(portal: Portal, caller: Caller, task_id: UUID) -> TextPage:
    """Show one text to its translator.

    Raises:
        NotFound: Nothing of the kind is with the actor.

    """
    with portal.work(caller) as work:
        task, found = _mine(work, task_id)
        entry, permit = work.require(Action.VIEW_ENTRY, Entry, found, asked=task_id)
        if task is None:
            raise NotFound
        record = work.file(entry.review_id)
        states = {entry.review_id: record.review.state_code if record else ""}
        people = work.people.named([task.sent_by])
    names = {id_: name_of(portal, permit, person) for id_, person in people.items()}
    return TextPage(_task(task, entry, states, names, frozenset({entry.review_id})), open_entry(portal, permit, entry))


def deliver_text(portal: Portal, caller: Caller, task_id: UUID, text: str) -> None:
    """Deliver the translation of a text; the translator's access to it ends.

    Raises:
        NotFound: It was delivered or taken back meanwhile, or is with somebody else.

    """
    with portal.work(caller) as work:
        task, found = _mine(work, task_id)
        original, permit = work.require(Action.DELIVER_ENTRY, Entry, found, asked=task_id)
        if task is None:
            raise NotFound
        record, entry_id = work.file(original.review_id), uuid4()
        passes = record is not None and record.review.passes_at_once and original.stage == EntryStage.CIRCULATED
        version = Entry(
            id=entry_id,
            review_id=original.review_id,
            room_id=original.room_id,
            clarification_id=original.clarification_id,
            part=original.part,
            owner=original.owner,
            language=task.language,
            stage=(EntryStage.CIRCULATED if passes else EntryStage.SUBMITTED).value,
            text=seal_entry(work, permit, room_scope(original.review_id, original.room_id), entry_id, text),
            translates_id=original.id,
            edited_by=author(work),
            edited_at=work.now,
            created_by=author(work),
            created_at=work.now,
            circulated_by=author(work) if passes else None,
            circulated_at=work.now if passes else None,
        )
        work.clarifications.add(version)
        task.delivered_at = work.now
        row = clarification_of(work, original)
        row.officer_at = work.now
        if passes:
            touch(row, RoomKind.SHARED, work)
        work.note(permit, task=str(task.id), became=str(entry_id))


def list_text_sendings(portal: Portal, caller: Caller, entry_id: UUID) -> TextSendings:
    """Show an officer where a text was sent for translation, and the form to send it.

    Raises:
        NotFound: There is no such text, or the actor may not know of it.
        Forbidden: The actor sees it but has nothing translated.

    """
    with portal.work(caller) as work:
        entry, permit = work.require(Action.VIEW_ENTRY, Entry, work.clarifications.entry(entry_id), asked=entry_id)
        if not work.allowed(Action.SEND_ENTRY, Entry, [entry]):
            work.require(Action.SEND_ENTRY, Entry, entry, asked=entry_id)
        record = work.file(entry.review_id)
        tasks = work.clarifications.tasks_for([entry.id])
        holders = [held.person_id for held in work.people.holders(Role.TRANSLATOR.value, work.now)]
        people = work.people.named(list({*holders, *(task.person_id for task in tasks)}))
    names = {id_: name_of(portal, permit, person) for id_, person in people.items()}
    return TextSendings(
        entry=entry.id,
        clarification=entry.clarification_id,
        review=entry.review_id,
        under_review=record.review.state_code if record else "",
        part=Part(entry.part),
        language=entry.language,
        text=open_entry(portal, permit, entry),
        translators=tuple((person, names[person]) for person in dict.fromkeys(holders)),
        tasks=tuple(
            (task.id, names[task.person_id], task.language, task.sent_at, task.delivered_at, task.recalled_at)
            for task in tasks
        ),
    )


def send_text(portal: Portal, caller: Caller, entry_id: UUID, person_id: UUID, language: str) -> None:
    """Send a text to a translator.

    Raises:
        NotFound: There is no such text, or the actor may not know of it.
        Forbidden: The actor sees it but has nothing translated.
        Invalid: Nobody such translates now, or the text is in that language already.
        Conflict: It is with that translator for that language already.

    """
    with portal.work(caller) as work:
        entry, permit = work.require(Action.SEND_ENTRY, Entry, work.clarifications.entry(entry_id), asked=entry_id)
        wanted = document_language(language)
        if entry.language == wanted:
            raise Invalid(SAME_LANGUAGE, {"language": SAME_LANGUAGE})
        if person_id not in {held.person_id for held in work.people.holders(Role.TRANSLATOR.value, work.now)}:
            raise Invalid(CHOOSE, {"translator": CHOOSE})
        if any(_same(task, person_id, wanted) for task in work.clarifications.tasks_for([entry.id])):
            raise Conflict(moves.SENT)
        task_id = uuid4()
        work.clarifications.add(
            EntryTask(
                id=task_id,
                review_id=entry.review_id,
                entry_id=entry.id,
                person_id=person_id,
                language=wanted,
                sent_by=author(work),
                sent_at=work.now,
            )
        )
        work.note(permit, task=str(task_id), translator=str(person_id), language=wanted)


def recall_text(portal: Portal, caller: Caller, task_id: UUID) -> UUID:
    """Take a text back from its translator, whose access ends at once; gives the text.

    Raises:
        NotFound: There is no such thing, or the actor may not know of it.
        Forbidden: The actor sees the text but has nothing translated.
        Conflict: It was delivered or taken back already.

    """
    with portal.work(caller) as work:
        task = work.clarifications.task(task_id)
        found = work.clarifications.entry(task.entry_id) if task else None
        entry, permit = work.require(Action.RECALL_ENTRY, Entry, found, asked=task_id)
        if task is None:
            raise NotFound
        moves.check_open(task.delivered_at, task.recalled_at)
        task.recalled_at = work.now
        work.note(permit, task=str(task.id))
        return entry.id


def _same(task: EntryTask, person_id: UUID, language: str) -> bool:
    running = task.delivered_at is None and task.recalled_at is None
    return running and task.person_id == person_id and task.language == language


def _mine(work: Work, task_id: UUID) -> tuple[EntryTask | None, Entry | None]:
    """Find a task that is with the actor now, and its text."""
    task = work.clarifications.task(task_id)
    mine = task is not None and work.who.person is not None and task.person_id == work.who.person.id
    if task is None or not mine or task.delivered_at is not None or task.recalled_at is not None:
        return None, None
    return task, work.clarifications.entry(task.entry_id)


def _task(
    task: EntryTask, entry: Entry, states: dict[UUID, str], names: dict[UUID, str], pledged: frozenset[UUID]
) -> TextTask:
    return TextTask(
        id=task.id,
        review=task.review_id,
        state=states[task.review_id],
        part=Part(entry.part),
        source=entry.language,
        language=task.language,
        by=names[task.sent_by],
        at=task.sent_at,
        pledged=task.review_id in pledged,
    )
