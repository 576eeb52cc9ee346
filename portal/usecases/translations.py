"""Texts sent for translation: by the officer, to one translator, one version at a time; or taken back (GL 21, 23).

A translator sees and opens exactly the version that was sent to them, until it is delivered or taken back.
Deliveries are in deliveries.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain import moves
from portal.domain.documents import DocumentKind
from portal.domain.languages import document_language
from portal.domain.notices import NoticeKind
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Conflict, Invalid
from portal.usecases.contents import author
from portal.usecases.notices import tell
from portal.usecases.particulars import open_particulars, open_title
from portal.usecases.people import name_of
from portal.work import Portal, Work
from storage.permits import Permit
from storage.tables import Document, Person, TranslationTask, Version

CHOOSE: Final = N_("Choose a translator whose appointment runs now. Nothing was sent.")
SAME_LANGUAGE: Final = N_("The document is in that language already, so nothing was sent. Choose another language.")


@dataclass(frozen=True, slots=True)
class TaskLine:
    """Something sent for translation, as its translator or its officer sees it."""

    id: UUID
    review: UUID
    state: str  # under review
    kind: DocumentKind
    number: int
    version: int
    source: str
    language: str
    size: int
    by: str
    to: str
    at: datetime
    delivered_at: datetime | None
    recalled_at: datetime | None
    pledged: bool


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One text to be translated, for its translator."""

    line: TaskLine
    title: str
    file: str
    version_id: UUID


@dataclass(frozen=True, slots=True)
class Sendings:
    """What of a document was sent for translation, and to whom it can be sent, for its officer."""

    document: UUID
    number: int
    title: str
    language: str
    room: UUID
    review: UUID
    state: str
    versions: tuple[tuple[UUID, int], ...]
    translators: tuple[tuple[UUID, str], ...]
    tasks: tuple[TaskLine, ...]
    sends: bool
    recalls: bool


def my_translations(portal: Portal, caller: Caller) -> list[TaskLine]:
    """List what a translator has to translate, oldest first; no title is opened for it.

    Raises:
        NotFound: The actor translates nothing.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.LIST_TRANSLATIONS, PortalFacts())
        person = author(work)
        rows = [(row[0], row[1], row[2]) for row in work.documents.sent_to(person)]
        pledged = work.people.undertaken(person)
        states = _states(work)
        names = _people(work, [task for task, _, _ in rows])
    opened = _names(portal, permit, names)
    return [_line(task, document, version, states, opened, pledged) for task, document, version in rows]


def view_translation(portal: Portal, caller: Caller, task_id: UUID) -> TaskPage:
    """Show one text to its translator: the document's title and the version that was sent.

    Raises:
        NotFound: Nothing of the kind is with the actor.

    """
    with portal.work(caller) as work:
        task, found = with_translator(work, task_id)
        version, permit = work.require(Action.VIEW_DOCUMENT, Version, found, asked=task_id)
        document = work.documents.find(version.document_id)
        if document is None or task is None:
            raise RuntimeError("a version was allowed whose document is out of reach")
        states = _states(work)
        names = _people(work, [task])
    line = _line(task, document, version, states, _names(portal, permit, names), frozenset({task.review_id}))
    title, name = open_title(portal, permit, document), open_particulars(portal, permit, version).name
    return TaskPage(line, title, name, version.id)


def list_sendings(portal: Portal, caller: Caller, document_id: UUID) -> Sendings:
    """Show an officer what of a document was sent for translation, and the form to send it.

    Raises:
        NotFound: There is no such document, or the actor may not know of it.
        Forbidden: The actor sees it but has nothing translated.

    """
    with portal.work(caller) as work:
        document, permit = work.require(
            Action.VIEW_DOCUMENT, Document, work.documents.find(document_id), asked=document_id
        )
        sends = bool(work.allowed(Action.SEND_FOR_TRANSLATION, Document, [document]))
        recalls = bool(work.allowed(Action.RECALL_TRANSLATION, Document, [document]))
        if not recalls:
            work.require(Action.SEND_FOR_TRANSLATION, Document, document, asked=document_id)
        versions = {version.id: version for version in work.documents.versions(document.id)}
        tasks = work.documents.tasks_for(document.id)
        holders = [held.person_id for held in work.people.holders(Role.TRANSLATOR.value, work.now)] if sends else []
        people = work.people.named([*holders, *(t.person_id for t in tasks), *(t.sent_by for t in tasks)])
        states = _states(work)
    names = _names(portal, permit, people)
    return Sendings(
        document=document.id,
        number=document.number,
        title=open_title(portal, permit, document),
        language=document.language,
        room=document.room_id,
        review=document.review_id,
        state=states[document.review_id],
        versions=tuple((version.id, version.number) for version in versions.values()),
        translators=tuple((person, names[person]) for person in dict.fromkeys(holders)),
        tasks=tuple(_line(t, document, versions[t.version_id], states, names, frozenset()) for t in tasks),
        sends=sends,
        recalls=recalls,
    )


def send_for_translation(
    portal: Portal, caller: Caller, document_id: UUID, version_id: UUID, person_id: UUID, language: str
) -> None:
    """Send one version of a document to a translator.

    Raises:
        NotFound: There is no such version of this document, or the actor may not know of it.
        Forbidden: The actor sees it but has nothing translated.
        Invalid: Nobody such translates now, or the text is in that language already.
        Conflict: It is with that translator for that language already.

    """
    with portal.work(caller) as work:
        found = work.documents.find_version(version_id)
        version = found if found is not None and found.document_id == document_id else None
        version, permit = work.require(Action.SEND_FOR_TRANSLATION, Version, version, asked=version_id)
        document = work.documents.find(document_id)
        wanted = document_language(language)
        if document is not None and document.language == wanted:
            raise Invalid(SAME_LANGUAGE, {"language": SAME_LANGUAGE})
        if person_id not in {held.person_id for held in work.people.holders(Role.TRANSLATOR.value, work.now)}:
            raise Invalid(CHOOSE, {"translator": CHOOSE})
        for task in work.documents.tasks_for(document_id):
            same = (task.version_id, task.person_id, task.language) == (version.id, person_id, wanted)
            if same and task.delivered_at is None and task.recalled_at is None:
                raise Conflict(moves.SENT)
        task_id = uuid4()
        work.note(permit, task=str(task_id), translator=str(person_id), language=wanted)
        work.documents.add(
            TranslationTask(
                id=task_id,
                review_id=version.review_id,
                document_id=version.document_id,
                version_id=version.id,
                person_id=person_id,
                language=wanted,
                sent_by=author(work),
                sent_at=work.now,
            )
        )
        tell_translator(work, version, task_id, person_id)


def tell_translator(work: Work, version: Version, task_id: UUID, person_id: UUID) -> None:
    """Tell a translator that a version of a document was sent to them."""
    record = work.file(version.review_id)
    if record is not None:
        tell(
            work,
            NoticeKind.TRANSLATION_SENT,
            review_id=version.review_id,
            room_id=version.room_id,
            about=task_id,
            action=Action.ACCEPT_UNDERTAKING,  # which the first text opens to them, and without which none opens
            row=record.review,
            only={person_id},
        )


def recall_translation(portal: Portal, caller: Caller, task_id: UUID) -> UUID:
    """Take a text back from its translator, whose access ends at once; gives the document.

    Raises:
        NotFound: There is no such thing, or the actor may not know of it.
        Forbidden: The actor sees the document but has nothing translated.
        Conflict: It was delivered or taken back already.

    """
    with portal.work(caller) as work:
        task = work.documents.task(task_id)
        found = work.documents.find(task.document_id) if task else None
        document, permit = work.require(Action.RECALL_TRANSLATION, Document, found, asked=task_id)
        if task is None:
            raise RuntimeError("a document was allowed that nobody asked for")
        moves.check_open(task.delivered_at, task.recalled_at)
        work.note(permit, task=str(task.id))
        task.recalled_at = work.now
        return document.id


def with_translator(work: Work, task_id: UUID) -> tuple[TranslationTask | None, Version | None]:
    """Find a task that is with the actor now, and its version."""
    task = work.documents.task(task_id)
    mine = task is not None and work.who.person is not None and task.person_id == work.who.person.id
    if task is None or not mine or task.delivered_at is not None or task.recalled_at is not None:
        return None, None
    return task, work.documents.find_version(task.version_id)


def _states(work: Work) -> dict[UUID, str]:
    return {record.review.id: record.review.state_code for record in work.reviews.all()}


def _people(work: Work, tasks: Sequence[TranslationTask]) -> dict[UUID, Person]:
    return dict(work.people.named([*(task.person_id for task in tasks), *(task.sent_by for task in tasks)]))


def _names(portal: Portal, permit: Permit, people: dict[UUID, Person]) -> dict[UUID, str]:
    return {id_: name_of(portal, permit, person) for id_, person in people.items()}


def _line(
    task: TranslationTask,
    document: Document,
    version: Version,
    states: dict[UUID, str],
    names: dict[UUID, str],
    pledged: frozenset[UUID],
) -> TaskLine:
    return TaskLine(
        id=task.id,
        review=task.review_id,
        state=states[task.review_id],
        kind=DocumentKind(document.kind),
        number=document.number,
        version=version.number,
        source=document.language,
        language=task.language,
        size=version.size,
        by=names[task.sent_by],
        to=names[task.person_id],
        at=task.sent_at,
        delivered_at=task.delivered_at,
        recalled_at=task.recalled_at,
        pledged=task.review_id in pledged,
    )
