"""Replacing somebody, as one act: what they worked on passes to a successor, and the leaver is out at once.

1. One transaction: the leaver's appointment ends with all that rests on it (endings.py), and the successor is assigned,
   given the questions and sent the texts that the leaver had. Of two hand-overs at once one is done.
2. Every part of it is asked of the gate as it would be alone: ending the appointment and each assignment, assigning the
   successor to each review. What isn't allowed any more, as in a review that has closed, doesn't pass.
3. History keeps the leaver's name: what they wrote, answered and opened stays theirs.
4. The successor gives the undertaking of confidentiality themselves, before the first look into each file.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, HandoverFacts
from portal.domain.appointments import standing
from portal.domain.clarifications import ENDED, ClarificationStage
from portal.domain.handovers import Post, can_succeed, refuse_hand_over
from portal.domain.ids import AppointmentId, HandoverId, PersonId, StateCode
from portal.domain.legal import LegalBasis
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound
from portal.usecases.assignments import end_those_under, lasting_under, pass_on
from portal.usecases.bases import said_of, seal_basis
from portal.usecases.confirmations import is_pending
from portal.usecases.contents import author
from portal.usecases.endings import arrives, end_now, open_tasks, recall, take_back
from portal.usecases.standings import NOBODY, facts_of, find_appointment
from portal.usecases.telling import tell_given
from portal.usecases.translations import tell_translator
from portal.work import Portal, Work
from storage.dialogue import Clarification, EntryTask, Routing
from storage.fields import Place
from storage.handovers import Handover
from storage.permits import REGISTRY, Permit
from storage.repositories.handovers import HandoverRecords
from storage.repositories.register import RegisterRecords
from storage.tables import Appointment, Person, TranslationTask

CHANGED: Final = N_(
    "Somebody ended this appointment or handed it over before you, so nothing was handed over now. Look at it again."
)
_ANSWERS: Final = {Role.FOCAL_POINT, Role.EXPERT}


@dataclass(frozen=True, slots=True)
class Passed:
    """What passed of one review, by ids: questions given, drafts under way, texts that are with the translator."""

    questions: list[str] = field(default_factory=list)  # clarifications
    drafts: list[str] = field(default_factory=list)  # entries
    documents: list[str] = field(default_factory=list)  # the successor's tasks
    texts: list[str] = field(default_factory=list)


def hand_over(
    portal: Portal,
    caller: Caller,
    person_id: PersonId,
    appointment_id: AppointmentId,
    successor_id: AppointmentId | None,
    basis: LegalBasis,
) -> HandoverId:
    """Hand an appointment over to another, which ends the first one now.

    Raises:
        NotFound: There is no such appointment of this person, or it isn't the caller's to see.
        Forbidden: It isn't the caller's to hand over, or they would hand over to themselves.
        Conflict: It was ended or handed over meanwhile.
        RefusedError: It doesn't run yet, or nobody was named who can succeed.
    """
    with portal.work(caller) as work:
        row = find_appointment(work, person_id, appointment_id)
        found = work.people.appointment(successor_id or NOBODY)
        to = found if row is not None and found is not None and _succeeds(work, row, found) else None
        facts = about_to_be(row, to)
        permit = work.require_on(Action.HAND_OVER, facts, asked=appointment_id)
        if row is None or isinstance(facts, Absent):
            raise NotFound
        if row.ended_at is not None or (row.ends_at is not None and row.ends_at <= work.now):
            raise Conflict(CHANGED)
        refuse_hand_over(post(work, row), post(work, to) if to else None)
        if to is None:
            raise NotFound  # the rules refused it already
        passed = _pass(work, permit, row, to, basis)
        assignments = end_those_under(work, row, basis)
        ending = work.require_on(Action.END_APPOINTMENT, facts_of(work, row), asked=appointment_id)
        ended = end_now(work, ending, row, basis)
        work.note(ending, basis=said_of(basis), assignments_ended=assignments, **ended)
        _record(work, permit, facts, basis, passed)
        return facts.id


def post(work: Work, row: Appointment) -> Post:
    """Take an appointment as the rules of hand-overs look at it."""
    person = work.people.find(row.person_id)
    ends = min((at for at in (row.ended_at, row.ends_at) if at is not None), default=None)
    return Post(
        row.id,
        PersonId(row.person_id),
        Role(row.role),
        row.state_code,
        standing(work.now, row.starts_at, ends, confirmed=not is_pending(row)),
        suspended=person is None or person.suspended_at is not None,
    )


def about_to_be(row: Appointment | None, to: Appointment | None = None) -> HandoverFacts | Absent:
    """Tell the policies about a hand-over that is to be made; to: None while nobody is named."""
    return facts_between(HandoverId(uuid4()), row, to) if row is not None else Absent(HandoverFacts)


def facts_between(id_: HandoverId, row: Appointment, to: Appointment | None) -> HandoverFacts:
    """Tell the policies about a hand-over from one appointment to another."""
    return HandoverFacts(
        id_,
        PersonId(to.person_id) if to else None,
        PersonId(row.person_id),
        StateCode(row.state_code) if row.state_code else None,
        Role(row.role),
        AppointmentId(row.id),
        AppointmentId(to.id) if to else None,
    )


def successors(work: Work, row: Appointment) -> list[tuple[Appointment, Person]]:
    """List who can succeed in an appointment, as far as whoever asks may name them."""
    leaver = post(work, row)
    found = HandoverRecords(work.session).successors(row.role, row.state_code, work.now)
    return [
        (appointment, person)
        for appointment, person in found
        if can_succeed(leaver, post(work, appointment)) and person.id != work.who.person_id
    ]


def reviews_of(work: Work, row: Appointment) -> list[UUID]:
    """List the reviews on which somebody works under an appointment now: of a focal point, those of the State."""
    if row.role == Role.FOCAL_POINT:
        parts = RegisterRecords(work.session, work.who.reach).of_state(row.state_code or "")
        return [
            review.id
            for review, part in parts
            if part.until is None and ReviewStage(review.stage) != ReviewStage.CLOSED
        ]
    return list(dict.fromkeys(one.review_id for one in lasting_under(work, row)))


def questions_of(work: Work, row: Appointment) -> list[tuple[Routing, Clarification]]:
    """List the questions that somebody was given to answer for the State of an appointment, and that aren't over."""
    if Role(row.role) not in _ANSWERS:
        return []
    found = []
    for routing, question in HandoverRecords(work.session).given(row.person_id):
        record = work.file(question.review_id)
        asked = record is not None and record.review.state_code == row.state_code
        if asked and ClarificationStage(question.stage) not in ENDED:
            found.append((routing, question))
    return found


def _succeeds(work: Work, row: Appointment, found: Appointment) -> bool:
    return can_succeed(post(work, row), post(work, found))


# --- what passes


def _pass(work: Work, permit: Permit, row: Appointment, to: Appointment, basis: LegalBasis) -> dict[UUID, Passed]:
    if row.role == Role.FOCAL_POINT:
        reviews = reviews_of(work, row)
    else:
        reviews = [one.review_id for one in lasting_under(work, row) if pass_on(work, one, to, basis)]
    passed = {review: Passed() for review in reviews}
    _pass_questions(work, permit, row, to, passed)
    _pass_drafts(work, row, passed)
    _pass_documents(work, permit, row, to, passed)
    _pass_texts(work, permit, row, to, passed)
    return passed


def _pass_questions(work: Work, permit: Permit, row: Appointment, to: Appointment, passed: dict[UUID, Passed]) -> None:
    for routing, question in questions_of(work, row):
        if question.review_id not in passed:
            continue
        passed[question.review_id].questions.append(str(question.id))
        take_back(work, permit, routing, question, given_to=str(to.person_id))
        holders = {one.person_id for one in work.clarifications.routings([question.id])}
        if to.person_id in holders:
            continue
        tell_given(work, question, {to.person_id})
        work.clarifications.add(
            Routing(
                id=uuid4(),
                review_id=question.review_id,
                clarification_id=question.id,
                person_id=to.person_id,
                routed_by=author(work),
                routed_at=work.now,
            )
        )


def _pass_drafts(work: Work, row: Appointment, passed: dict[UUID, Passed]) -> None:
    """Name the drafts that the successor goes on with, and shut those that the leaver has open to write in."""
    for draft in HandoverRecords(work.session).drafts(row.person_id, row.state_code or ""):
        if draft.review_id in passed:
            passed[draft.review_id].drafts.append(str(draft.id))
            if draft.opened_by == row.person_id:
                draft.opened_by, draft.opened_at = None, None


def _pass_documents(work: Work, permit: Permit, row: Appointment, to: Appointment, passed: dict[UUID, Passed]) -> None:
    for task, version in open_tasks(work, row)[0]:
        document = work.documents.find(version.document_id)
        others = work.documents.tasks_for(version.document_id)
        recall(work, permit, task, version)
        if document is None or document.withdrawn_at is not None or _is_there(others, task, to):
            continue
        sent = TranslationTask(
            id=uuid4(),
            review_id=task.review_id,
            document_id=task.document_id,
            version_id=task.version_id,
            person_id=to.person_id,
            language=task.language,
            sent_by=author(work),
            sent_at=work.now,
        )
        work.documents.add(sent)
        arrives(work, permit, version, task=str(sent.id), translator=str(to.person_id), language=task.language)
        tell_translator(work, version, sent.id, to.person_id)
        passed.setdefault(task.review_id, Passed()).documents.append(str(sent.id))


def _pass_texts(work: Work, permit: Permit, row: Appointment, to: Appointment, passed: dict[UUID, Passed]) -> None:
    for task, entry in open_tasks(work, row)[1]:
        others = work.clarifications.tasks_for([entry.id])
        recall(work, permit, task, entry)
        if _is_there(others, task, to):
            continue
        sent = EntryTask(
            id=uuid4(),
            review_id=task.review_id,
            entry_id=task.entry_id,
            person_id=to.person_id,
            language=task.language,
            sent_by=author(work),
            sent_at=work.now,
        )
        work.clarifications.add(sent)
        arrives(work, permit, entry, task=str(sent.id), translator=str(to.person_id), language=task.language)
        passed.setdefault(task.review_id, Passed()).texts.append(str(sent.id))


def _is_there(
    others: Sequence[TranslationTask] | Sequence[EntryTask], task: TranslationTask | EntryTask, to: Appointment
) -> bool:
    """Tell whether the successor has the same thing, for the same language, already."""
    on = "version_id" if isinstance(task, TranslationTask) else "entry_id"
    return any(
        (getattr(one, on), one.person_id, one.language) == (getattr(task, on), to.person_id, task.language)
        and one.delivered_at is None
        and one.recalled_at is None
        for one in others
    )


def _record(work: Work, permit: Permit, facts: HandoverFacts, basis: LegalBasis, passed: dict[UUID, Passed]) -> None:
    said = {str(review): asdict(what) for review, what in passed.items()}
    counts = {kind: sum(len(what[kind]) for what in said.values()) for kind in Passed.__dataclass_fields__}
    HandoverRecords(work.session).add(
        Handover(
            id=facts.id,
            appointment_id=facts.appointment,
            successor_id=facts.successor or NOBODY,
            basis=seal_basis(work, permit, "handover", facts.id, basis),
            passed=work.seal(permit, REGISTRY, Place("handover", "passed", facts.id), json.dumps(said)),
            handed_over_by=author(work),
            handed_over_at=work.now,
        )
    )
    work.note(permit, basis=said_of(basis), reviews=sorted(said), **counts)
