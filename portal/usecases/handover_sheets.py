"""The two pages of a hand-over: what will pass, before it is done; and the sheet by which the successor finds in.

1. Nothing of a file is kept in a hand-over but ids. What a page says of a file is read from the records as they are
   now, and of each thing the gate is asked for whoever reads.
2. Whoever hasn't given the undertaking for a file yet sees that something of it waits, and is led to give it.
3. The registrar, who hands over, sees names of States and no counts: what lies in a file isn't theirs to know.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, HandoverFacts
from portal.domain.appointments import Standing
from portal.domain.handovers import REMINDED
from portal.domain.ids import AppointmentId, HandoverId, PersonId
from portal.domain.legal import LegalBasis
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.domain.turns import Turn
from portal.errors import NotFound
from portal.usecases.bases import open_basis
from portal.usecases.handovers import (
    Passed,
    about_to_be,
    facts_between,
    post,
    questions_of,
    reviews_of,
    successors,
)
from portal.usecases.people import name_of
from portal.usecases.reviews import turns_of
from portal.usecases.schedules import DueStep, due
from portal.usecases.standings import NOBODY, find_appointment
from portal.usecases.words_due import WordDue, WordKind, words_due
from portal.work import Portal, Work
from storage.dialogue import Clarification, Entry
from storage.fields import Place
from storage.handovers import Handover
from storage.permits import REGISTRY
from storage.repositories.handovers import HandoverRecords
from storage.tables import Appointment, Person, Review, Version


@dataclass(frozen=True, slots=True)
class Successor:
    """Somebody who can succeed, from when on."""

    appointment: UUID
    name: str
    starts: datetime | None  # None: they act already


@dataclass(frozen=True, slots=True)
class Passing:
    """What will pass of a review; counts are None where the reader may not know them."""

    state: str
    questions: int | None
    drafts: int | None


@dataclass(frozen=True, slots=True)
class HandingOver:
    """The page on which somebody's appointment is handed over."""

    person: UUID
    name: str
    appointment: UUID
    role: Role
    state: str | None
    runs: bool
    successors: tuple[Successor, ...]
    passing: tuple[Passing, ...]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A clarification, by its numbers."""

    id: UUID
    number: int | None
    draft_number: int


@dataclass(frozen=True, slots=True)
class FileSheet:
    """Where a review that was handed over stands, as its reader may see it now."""

    review: UUID
    state: str | None  # under review; None: the reader can't open it any more
    pledged: bool
    opens: bool  # the reader has a page of it
    stage: ReviewStage | None
    turn: Turn | None
    next: DueStep | None
    questions: tuple[Numbered, ...]
    drafts: tuple[Numbered, ...]
    documents: tuple[UUID, ...]  # tasks of translation
    texts: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class HandoverSheet:
    """A hand-over, for the successor and for whoever keeps the appointments."""

    id: UUID
    leaver: str
    successor: str
    role: Role
    state: str | None
    at: datetime
    basis: LegalBasis | None
    mine: bool
    files: tuple[FileSheet, ...]
    words: tuple[WordDue, ...]  # that wait for the State's word, as far as the reader may give it

    def words_of(self, review: UUID) -> list[WordDue]:
        """List those of a file that was handed over."""
        return [one for one in self.words if one.review == review and one.kind is not WordKind.OFFER]

    @property
    def offers(self) -> list[WordDue]:
        """List those of no file of the State."""
        return [one for one in self.words if one.kind is WordKind.OFFER]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A hand-over on the successor's desk."""

    id: UUID
    at: datetime


# --- before


def view_handing_over(
    portal: Portal, caller: Caller, person_id: PersonId, appointment_id: AppointmentId
) -> HandingOver:
    """Show who can succeed somebody, and what will pass.

    Raises:
        NotFound: There is no such appointment of this person, or it isn't the caller's to see.
        Forbidden: It isn't the caller's to hand over.
    """
    with portal.work(caller) as work:
        row = find_appointment(work, person_id, appointment_id)
        facts = about_to_be(row)
        permit = work.require_on(Action.VIEW_PERSON, facts, asked=appointment_id)
        if row is None or isinstance(facts, Absent):
            raise NotFound
        if not work.allows(Action.HAND_OVER, facts):
            work.require_on(Action.HAND_OVER, facts, asked=appointment_id)
        found = successors(work, row)
        person = work.people.named([person_id])[person_id]
        runs = post(work, row).standing is Standing.RUNNING
        passing = _passing(work, row)
        now = work.now
    return HandingOver(
        person.id,
        name_of(portal, permit, person),
        row.id,
        Role(row.role),
        row.state_code,
        runs,
        tuple(
            Successor(one.id, name_of(portal, permit, whose), one.starts_at if one.starts_at > now else None)
            for one, whose in found
        ),
        passing,
    )


def _passing(work: Work, row: Appointment) -> tuple[Passing, ...]:
    records = [record for review in reviews_of(work, row) if (record := work.file(review)) is not None]
    followed = {one.id for one in work.allowed(Action.LIST_CLARIFICATIONS, Review, [one.review for one in records])}
    questions = work.allowed(Action.VIEW_CLARIFICATION, Clarification, [one for _, one in questions_of(work, row)])
    drafts = HandoverRecords(work.session).drafts(row.person_id, row.state_code or "")
    drafts = work.allowed(Action.VIEW_ENTRY, Entry, drafts)
    return tuple(
        Passing(
            record.review.state_code,
            sum(one.review_id == record.review.id for one in questions) if record.review.id in followed else None,
            sum(one.review_id == record.review.id for one in drafts) if record.review.id in followed else None,
        )
        for record in records
    )


# --- after


def view_handover(portal: Portal, caller: Caller, handover_id: HandoverId) -> HandoverSheet:
    """Show where the things stand that were handed over.

    Raises:
        NotFound: There is no such hand-over, or it isn't the caller's to see.
    """
    with portal.work(caller) as work:
        row = HandoverRecords(work.session).find(handover_id)
        facts, people = _between(work, row)
        permit = work.require_on(Action.VIEW_HANDOVER, facts, asked=handover_id)
        if row is None or isinstance(facts, Absent):
            raise NotFound
        mine = facts.person == work.who.person_id
    passed = json.loads(portal.open_text(permit, REGISTRY, Place("handover", "passed", row.id), row.passed))
    with portal.work(caller) as work:  # after what passed was opened: no act of its own
        files = _files(work, {UUID(review): Passed(**what) for review, what in passed.items()})
        speaks = mine or facts.role is Role.FOCAL_POINT
        words = words_due(work, [file.review for file in files if file.opens]) if speaks else []
    leaver, successor = (name_of(portal, permit, person) for person in people)
    return HandoverSheet(
        id=row.id,
        leaver=leaver,
        successor=successor,
        role=facts.role,
        state=facts.state,
        at=row.handed_over_at,
        basis=open_basis(portal, permit, "handover", row.id, row.basis),
        mine=mine,
        files=files,
        words=tuple(words),
    )


def handed_to(work: Work) -> tuple[HandedOver, ...]:
    """List what was handed over to whoever asks, under the appointment that they act under, a short while ago."""
    acting = work.who.appointment
    if acting is None:
        return ()
    found = HandoverRecords(work.session).to_appointment(acting.id, work.now - REMINDED)
    return tuple(HandedOver(row.id, row.handed_over_at) for row in found if may_view(work, row))


def may_view(work: Work, row: Handover) -> bool:
    """Tell whether whoever asks may see a hand-over."""
    facts, _ = _between(work, row)
    return not isinstance(facts, Absent) and work.allows(Action.VIEW_HANDOVER, facts)


def _between(work: Work, row: Handover | None) -> tuple[HandoverFacts | Absent, Sequence[Person]]:
    """Tell the policies about a hand-over, there or not, and whose appointments it is between."""
    ended = work.people.appointment(row.appointment_id if row else NOBODY)
    begun = work.people.appointment(row.successor_id if row else NOBODY)
    whose = [one.person_id if one else NOBODY for one in (ended, begun)]
    people = work.people.named(whose)
    if row is None or ended is None or begun is None:
        return Absent(HandoverFacts), ()
    return facts_between(HandoverId(row.id), ended, begun), [people[person] for person in whose]


# who may not open a file's page but may know that the file is there: a translator of a text, the register's keeper
_NAMING: Final = (Action.ACCEPT_UNDERTAKING, Action.VIEW_REGISTER_ENTRY)


def _files(work: Work, passed: Mapping[UUID, Passed]) -> tuple[FileSheet, ...]:
    records = work.reviews.those(passed)
    rows = [record.review for record in records.values()]
    opens = {row.id for row in work.allowed(Action.VIEW_REVIEW, Review, rows)}
    named = opens | {row.id for act in _NAMING for row in work.allowed(act, Review, rows)}
    person = work.who.person
    pledged = work.people.undertaken(person.id) if person else frozenset[UUID]()
    turns = turns_of(work, [records[id_] for id_ in opens])
    steps = due(work, list(opens))
    return tuple(
        FileSheet(
            review=review,
            state=records[review].review.state_code if review in named else None,
            pledged=review in pledged,
            opens=review in opens,
            stage=ReviewStage(records[review].review.stage) if review in opens else None,
            turn=turns.get(review),
            next=_next(steps.get(review, [])),
            questions=_questions(work, what),
            drafts=_drafts(work, review, what),
            documents=_documents(work, what),
            texts=_texts(work, what),
        )
        for review, what in passed.items()
    )


def _next(steps: Sequence[DueStep]) -> DueStep | None:
    dated = [step for step in steps if step.date is not None]
    return min(dated, key=lambda step: (step.date or date.max, step.number), default=None)


def _questions(work: Work, what: Passed) -> tuple[Numbered, ...]:
    """Name the questions that passed and that somebody still has to answer."""
    given = {
        routing.clarification_id for routing in work.clarifications.routings([UUID(one) for one in what.questions])
    }
    return _numbered(work, given)


def _drafts(work: Work, review: UUID, what: Passed) -> tuple[Numbered, ...]:
    rows = HandoverRecords(work.session).drafts_in([review], [UUID(one) for one in what.drafts])
    return _numbered(work, {row.clarification_id for row in work.allowed(Action.VIEW_ENTRY, Entry, rows)})


def _numbered(work: Work, ids: Collection[UUID]) -> tuple[Numbered, ...]:
    found = [row for row in map(work.clarifications.find, ids) if row is not None]
    rows = work.allowed(Action.VIEW_CLARIFICATION, Clarification, found)
    rows.sort(key=lambda row: (row.number is None, row.number or 0, row.draft_number))
    return tuple(Numbered(row.id, row.number, row.draft_number) for row in rows)


def _documents(work: Work, what: Passed) -> tuple[UUID, ...]:
    tasks = [task for one in what.documents if (task := work.documents.task(UUID(one))) is not None]
    found = [task for task in tasks if task.delivered_at is None and task.recalled_at is None]
    versions = [version for task in found if (version := work.documents.find_version(task.version_id)) is not None]
    seen = {version.id for version in work.allowed(Action.VIEW_DOCUMENT, Version, versions)}
    return tuple(task.id for task in found if task.version_id in seen)


def _texts(work: Work, what: Passed) -> tuple[UUID, ...]:
    tasks = [task for one in what.texts if (task := work.clarifications.task(UUID(one))) is not None]
    found = [task for task in tasks if task.delivered_at is None and task.recalled_at is None]
    entries = [entry for task in found if (entry := work.clarifications.entry(task.entry_id)) is not None]
    seen = {entry.id for entry in work.allowed(Action.VIEW_ENTRY, Entry, entries)}
    return tuple(task.id for task in found if task.entry_id in seen)
