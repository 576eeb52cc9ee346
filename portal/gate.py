"""The gate's questions: who the actor is to a file, what the policies say of a matter, what the event says of it.

`Work.require` (portal/work.py) is the one gate; this module holds what it asks and what it writes, without the
transaction around it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import SystemRandom
from time import monotonic, sleep
from typing import Any, Final, assert_never
from uuid import UUID, uuid4

from policies.engine import Decision, Engine
from portal.access.actions import Action, seen_by
from portal.access.actors import Actor, Principal, Task
from portal.access.caller import Caller
from portal.access.entities import (
    Absent,
    ClarificationFacts,
    DocumentFacts,
    EntryFacts,
    ManifestFacts,
    ReviewFacts,
    RoomFacts,
)
from portal.access.file_matters import (
    Row,
    clarification_matter,
    document_matter,
    entry_matter,
    manifest_matter,
    review_matter,
    room_matter,
)
from portal.access.likeness import alike
from portal.access.matters import Matter, bare_matter
from portal.access.principals import Who
from portal.access.questions import Ask, questions
from portal.audit.events import (
    REFUSALS_STREAM,
    Entry,
    Phase,
)
from portal.domain.ids import DocumentId, EntryId, EventId, ReviewId, StreamId, VersionId
from portal.domain.reviews import RoomKind
from portal.domain.roles import Role
from portal.errors import Forbidden, NotActing, NotFound, PortalError, ProveAgain
from storage import dialogue
from storage.reports import Manifest
from storage.repositories.clarifications import ClarificationRecords
from storage.repositories.documents import DocumentRecords
from storage.repositories.people import PeopleRecords, Standing
from storage.repositories.reviews import NO_REVIEW, ReviewRecord
from storage.tables import Document, Review, Room, Version

_UNSEEN: Final = Action.VIEW_DOCUMENT  # asked where a refusal has no act of seeing, so that it takes as long
_NOT_RUNNING: Final = "guardrails.not-running"
STEP_SECONDS: Final = 0.05  # longer than the questions take on a busy machine: else more of one kind miss the step
_CHANCE: Final = SystemRandom()
_ABSENT: Final[dict[type, Absent]] = {
    Review: Absent(ReviewFacts),
    Room: Absent(RoomFacts),
    Document: Absent(DocumentFacts),
    Version: Absent(DocumentFacts),
    dialogue.Clarification: Absent(ClarificationFacts),
    dialogue.Entry: Absent(EntryFacts),
    Manifest: Absent(ManifestFacts),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policies say, and whether a refused actor sees the thing at all."""

    decision: Decision
    seen: bool
    stale: bool = False  # it would be a yes to whoever has just proved who they are


@dataclass(frozen=True, slots=True)
class Files:
    """Where what an act is on is looked up further."""

    documents: DocumentRecords
    clarifications: ClarificationRecords


class Standings:
    """Who the actor is to each file, looked up once in a transaction."""

    def __init__(self, who: Who, people: PeopleRecords, files: Files, now: datetime) -> None:
        self._who = who
        self._people = people
        self._files = files
        self._now = now
        self._known: dict[UUID | None, Actor] = {}
        self._wide: Actor | None = None
        self.of: dict[UUID, Standing] = {}
        self._contained: tuple[frozenset[ReviewId], frozenset[ReviewId]] | None = None

    def actor(self, review: UUID | None) -> Actor:
        """Tell the policies who asks about one review, or about things outside reviews (None)."""
        if self._wide is not None:
            return self._wide
        if review not in self._known:
            self._known[review] = self._look_up(review)
        return self._known[review]

    def everywhere(self) -> Actor:
        """Tell the policies who asks about many reviews at once."""
        who = self._who
        if who.person is None or who.appointment is None:
            return who.principal()
        assigned = self._people.assigned(who.appointment.id, self._now)
        undertaken = self._people.undertaken(who.person.id)
        return who.principal(
            _reviews(assigned), _reviews(undertaken), self._tasks(), self._texts(), self._held_back(who.person.id)
        )

    def widen(self) -> None:
        """Let everything be asked about with all that the actor is to each review, instead of one after the other."""
        self._wide = self.everywhere()

    def _look_up(self, review: UUID | None) -> Actor:
        who = self._who
        if review is None or who.person is None:
            return who.principal()
        appointment = who.appointment.id if who.appointment else None
        standing = self._people.standing(who.person.id, appointment, review, self._now)
        self.of[review] = standing
        here = frozenset({ReviewId(review)})
        return who.principal(
            here if standing.assigned else frozenset(),
            here if standing.undertaken else frozenset(),
            self._tasks(),
            self._texts(),
            self._held_back(who.person.id),
        )

    def _held_back(self, person: UUID) -> tuple[frozenset[ReviewId], frozenset[ReviewId]]:
        """Look up, once, from which reviews somebody is held back, and of which they download nothing."""
        if self._contained is None:
            contained, stopped = self._people.held_back(person)
            self._contained = (_reviews(contained), _reviews(stopped))
        return self._contained

    def _tasks(self) -> frozenset[Task]:
        if self._who.role is not Role.TRANSLATOR or self._who.person is None:
            return frozenset()
        return frozenset(
            Task(ReviewId(task.review_id), DocumentId(task.document_id), VersionId(task.version_id))
            for task in self._files.documents.tasks_of(self._who.person.id)
        )

    def _texts(self) -> frozenset[tuple[ReviewId, EntryId]]:
        if self._who.role is not Role.TRANSLATOR or self._who.person is None:
            return frozenset()
        tasks = self._files.clarifications.tasks_of(self._who.person.id)
        return frozenset((ReviewId(task.review_id), EntryId(task.entry_id)) for task in tasks)


def _reviews(ids: frozenset[UUID]) -> frozenset[ReviewId]:
    return frozenset(ReviewId(review) for review in ids)


def matter_of(
    files: Files,
    record: ReviewRecord | None,
    action: Action,
    kind: type[Row],
    row: Row | None,
    target: RoomKind | None = None,
) -> Matter:
    """Take what an act is on, found or not, with the file that it is of."""
    if row is None or record is None:
        return _absent(files, action, kind)
    match row:
        case Review():
            return review_matter(record, action)
        case Room():
            return room_matter(row, record, action)
        case dialogue.Clarification():
            return clarification_matter(row, record, action, target)
        case Manifest():
            return manifest_matter(row, record, action)
        case _:
            return _text_matter(files, record, action, row)


def _absent(files: Files, action: Action, kind: type[Row]) -> Matter:
    """Take what isn't there, as late as what is: whatever would be looked up beside it is looked up."""
    if kind is Version:
        files.documents.find(NO_REVIEW)
    if kind is dialogue.Entry:
        files.clarifications.clears(NO_REVIEW, "")
    return bare_matter(_ABSENT[kind], action)


def _text_matter(
    files: Files, record: ReviewRecord, action: Action, row: Document | Version | dialogue.Entry
) -> Matter:
    match row:
        case Document():
            return document_matter(row, None, record, action)
        case Version():
            document = files.documents.find(row.document_id)
            return document_matter(document, row, record, action) if document else _absent(files, action, Version)
        case dialogue.Entry():
            asks = row.owner in record.reviewing
            clears = files.clarifications.clears(row.review_id, row.owner if asks else "")
            return entry_matter(row, record, action, needs_clearance=clears)
    assert_never(row)


def review_of(row: Any) -> UUID | None:
    """Tell of which review a row is; one that was not found is of none."""
    match row:
        case Review():
            return row.id
        case None:
            return NO_REVIEW
        case _:
            review: UUID = row.review_id
            return review


def verdict(engine: Engine, actor: Actor, action: Action, matter: Matter, target: RoomKind | None) -> Verdict:
    """Ask the policies for the act, and on a refusal whether the actor sees the thing."""
    decision = _decide(engine, actor, Ask(action, matter.facts, matter.version, target))
    if decision.allowed:
        return Verdict(decision, seen=True)
    stale = _decide(engine, refreshed(actor), Ask(action, matter.facts, matter.version, target)).allowed
    seeing = seen_by(action)
    second = _decide(engine, actor, Ask(seeing or _UNSEEN, matter.facts, matter.version))
    return Verdict(decision, seen=stale or (seeing is not None and second.allowed), stale=stale)


def refusal(found: Verdict, who: Who) -> PortalError:
    """Choose how a no is told: with its reason to whoever sees the thing, else as if there were none."""
    if found.stale:
        return ProveAgain()
    if found.seen:
        return Forbidden(found.decision.policies)
    return NotActing() if who.held and _NOT_RUNNING in found.decision.policies else NotFound()


def _decide(engine: Engine, actor: Actor, ask: Ask) -> Decision:
    return engine.decide_many(questions(actor, [ask]))[0]


def decide_each(
    engine: Engine, actor: Actor, action: Action, matters: Sequence[Matter], target: RoomKind | None = None
) -> list[Decision]:
    """Ask the policies for one act on many things, once for all that are alike: what is open to the actor.

    What takes a fresh proof of who one is counts as allowed here, so that it is offered; the gate asks for the proof.
    """
    actor = refreshed(actor)
    keys = [
        matter.facts if isinstance(matter.facts, Absent) else (alike(actor, matter.facts), matter.version)
        for matter in matters
    ]
    firsts: dict[object, Ask] = {}
    for key, matter in zip(keys, matters, strict=True):
        firsts.setdefault(key, Ask(action, matter.facts, matter.version, target))
    answers = dict(zip(firsts, engine.decide_many(questions(actor, list(firsts.values()))), strict=True))
    return [answers[key] for key in keys]


def refreshed(actor: Actor) -> Actor:
    """Give the actor as if they had just proved who they are."""
    return replace(actor, fresh=True) if isinstance(actor, Principal) else actor


def allowed_entry(action: Action, matter: Matter, decision: Decision, who: Who, caller: Caller, now: datetime) -> Entry:
    """Write down a yes."""
    return Entry(
        id=EventId(uuid4()),
        stream=matter.stream,
        action=action,
        phase=Phase.ACT,
        at=now,
        who=who.said(),
        on=dict(matter.on),
        policies=decision.policies,
        origin=origin(caller, who),
        about=matter.about,
    )


def refused_entry(
    action: Action, matter: Matter, found: Verdict, who: Who, caller: Caller, now: datetime, asked: UUID | None
) -> Entry:
    """Write down a no; one that looks like absence says only what was asked for, be it there or not."""
    entry = allowed_entry(action, matter, found.decision, who, caller, now)
    entry.phase = Phase.REFUSAL
    if not found.seen:
        entry.stream = REFUSALS_STREAM
        entry.on = {"asked": str(asked)} if asked else {}
        entry.policies = ()
        entry.about = None
    return entry


def outcome_entry(intent: Entry, at: datetime, said: dict[str, Any]) -> Entry:
    """Make the outcome of an intent: the same act on the same thing by the same person."""
    return replace(
        intent,
        id=EventId(uuid4()),
        phase=Phase.OUTCOME,
        at=at,
        intent=intent.id,
        detail=said,
        stamp=None,
        rows={},
    )


def arrival_entry(act: Entry, room: UUID, about: UUID, on: dict[str, str], said: dict[str, Any]) -> Entry:
    """Write an act that reached into another room down in that room's stream too, without saying from where."""
    return replace(
        act,
        id=EventId(uuid4()),
        stream=StreamId(room),
        phase=Phase.ACT,
        on={name: act.on[name] for name in ("review",) if name in act.on} | {"room": str(room), **on},
        about=about,
        intent=None,
        detail=said,
        stamp=None,
        rows={},
    )


def targets(engine: Engine, actor: Actor, facts: DocumentFacts) -> list[RoomKind]:
    """Tell to which kinds of rooms a document may be moved."""
    kinds = [kind for kind in RoomKind if kind is not RoomKind.NATIONAL]
    asks = [Ask(Action.SUBMIT_DOCUMENT, facts, target=kind) for kind in kinds]
    decisions = engine.decide_many(questions(refreshed(actor), asks))
    return [kind for kind, decision in zip(kinds, decisions, strict=True) if decision.allowed]


def even_out(began: float) -> None:
    """Wait for the next full step since a work began (`monotonic`).

    Absent and forbidden ask the same questions, yet a row that is there takes a moment more to be read, checked and
    cleared away; the last comes after the wait, so that some chance is added to it.
    """
    sleep(STEP_SECONDS - (monotonic() - began) % STEP_SECONDS + _CHANCE.uniform(0, STEP_SECONDS / 4))


def origin(caller: Caller, who: Who) -> dict[str, str]:
    """Tell from where somebody asks; the log keeps hashes, and the values under a key of their own."""
    values = {
        "address": caller.address,
        "client": caller.client,
        "session": str(who.session.id) if who.session else "",
    }
    return {name: value for name, value in values.items() if value}
