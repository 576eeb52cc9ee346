"""What the policies would have been told at a moment that is past, from rows that keep their histories.

1. Appointments, assignments, undertakings, parties, translations, containments and the steps of a document have their
   times: each moment at which one began or ended is a moment at which somebody's access may have.
2. What is kept without a history is taken as it is now: whether the State asked for help, and the stages of a review
   but for its end.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.access.actors import Principal, Task
from portal.access.entities import DocumentFacts, GrantedFacts, ReviewFacts
from portal.access.file_matters import room_facts
from portal.access.past_grants import PastGrant
from portal.domain.appointments import Standing, standing
from portal.domain.cases import Hold
from portal.domain.documents import DocumentStage
from portal.domain.ids import AppointmentId, DocumentId, PersonId, ReviewId, StateCode, VersionId
from portal.domain.periods import is_past
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from storage.cases import Containment
from storage.repositories.reviews import ReviewRecord
from storage.tables import Appointment, Assignment, Document, TranslationTask, Version


@dataclass(frozen=True, slots=True)
class Past:
    """The rows that gave rights to a version of a document, those too that have ended.

    Args:
        appointments: All of the people who may have had a right to it.
        assignments: To the review.
        undertakings: Since when each person has given the undertaking for the review.
        tasks: Translations of the document.
        containments: By which these people, or everybody in the review, were held back, as far as the asker learns it.
        grants: Those that gave the version to readers of another State, as far as the asker may know of them.

    """

    record: ReviewRecord
    document: Document
    version: Version
    appointments: Sequence[Appointment]
    assignments: Sequence[Assignment]
    undertakings: Mapping[PersonId, datetime]
    tasks: Sequence[TranslationTask]
    containments: Sequence[Containment]
    grants: Sequence[PastGrant] = ()

    def moments(self, since: datetime, until: datetime) -> list[datetime]:
        """Give the moments from one to another at which rights may have been others than before."""
        return sorted({since, *(at for at in self._times() if at is not None and since < at < until)})

    def facts(self, at: datetime) -> DocumentFacts | None:
        """Tell the policies about the document as it was; None: that version wasn't there yet."""
        if at < self.version.created_at:
            return None
        room = next(room for room in self.record.rooms if room.id == self.document.room_id)
        return DocumentFacts(
            DocumentId(self.document.id),
            room_facts(room, self._review(at)),
            self._stage(at),
            withdrawn=is_past(self.document.withdrawn_at, at),
            owner=self.document.owner,
            final=self._is_final(at),
        )

    def granted(self, at: datetime, facts: DocumentFacts) -> list[GrantedFacts]:
        """Tell the policies about what grants gave of the version."""
        version = VersionId(self.version.id)
        return [given for one in self.grants if (given := one.facts(at, facts, version)) is not None]

    def principals(self, at: datetime) -> list[Principal]:
        """Tell the policies about everybody under each appointment that ran."""
        running = [one for one in self.appointments if _ran(one, at)]
        assigned = {one.appointment_id for one in self.assignments if _runs(one, at)}
        return [
            Principal(
                PersonId(one.person_id),
                Role(one.role),
                active=True,
                suspended=self._is_held(Hold.EVERYWHERE, one, at),
                appointment=AppointmentId(one.id),
                state=StateCode(one.state_code) if one.state_code else None,
                held=frozenset(Role(other.role) for other in running if other.person_id == one.person_id),
                assigned=self._here if one.id in assigned else frozenset(),
                undertaken=self._here if is_past(self._undertaken(one), at) else frozenset(),
                tasks=frozenset(self._tasks(one, at)),
                contained=self._here if self._is_held(Hold.REVIEW, one, at) else frozenset(),
                stopped=self._here if self._is_held(Hold.DOWNLOADS, one, at) else frozenset(),
                fresh=True,
            )
            for one in running
        ]

    def _is_final(self, at: datetime) -> bool:
        agreed = self.record.final
        return agreed is not None and self.document.id in agreed.documents and is_past(agreed.final_at, at)

    @property
    def _here(self) -> frozenset[ReviewId]:
        return frozenset({ReviewId(self.record.review.id)})

    def _is_held(self, kind: Hold, one: Appointment, at: datetime) -> bool:
        return any(
            held.kind == kind.value
            and held.person_id in {None, one.person_id}
            and held.begun_at <= at
            and not is_past(held.lifted_at, at)
            for held in self.containments
        )

    def _undertaken(self, one: Appointment) -> datetime | None:
        return self.undertakings.get(PersonId(one.person_id))

    def _tasks(self, one: Appointment, at: datetime) -> Iterator[Task]:
        for task in self.tasks:
            ends = (task.delivered_at, task.recalled_at)
            if task.person_id == one.person_id and task.sent_at <= at and not any(is_past(end, at) for end in ends):
                yield Task(ReviewId(task.review_id), DocumentId(task.document_id), VersionId(task.version_id))

    def _review(self, at: datetime) -> ReviewFacts:
        review = self.record.review
        reviewing = (
            party.state_code
            for party in self.record.parties
            if party.part == "reviewing" and party.since <= at and not is_past(party.until, at)
        )
        closed = ReviewStage(review.stage) is ReviewStage.CLOSED
        stage = ReviewStage.AGREED if closed and not is_past(review.closed_at, at) else ReviewStage(review.stage)
        return ReviewFacts(
            ReviewId(review.id),
            StateCode(review.state_code),
            frozenset(map(StateCode, reviewing)),
            stage,
            review.help_asked,
        )

    def _stage(self, at: datetime) -> DocumentStage:
        steps = (
            (self.document.circulated_at, DocumentStage.CIRCULATED),
            (self.document.submitted_at, DocumentStage.SUBMITTED),
        )
        return next((stage for moment, stage in steps if is_past(moment, at)), DocumentStage.DRAFT)

    def _times(self) -> Iterator[datetime | None]:
        document, review = self.document, self.record.review
        yield from (self.version.created_at, document.submitted_at, document.circulated_at, document.withdrawn_at)
        yield review.closed_at
        for grant in self.grants:
            yield from grant.times()
        yield from self.undertakings.values()
        for party in self.record.parties:
            yield from (party.since, party.until)
        for appointment in self.appointments:
            yield from (appointment.starts_at, appointment.ends_at, appointment.ended_at, appointment.confirmed_at)
        for assignment in self.assignments:
            yield from (assignment.starts_at, assignment.ends_at, assignment.ended_at)
        for task in self.tasks:
            yield from (task.sent_at, task.delivered_at, task.recalled_at)
        for held in self.containments:
            yield from (held.begun_at, held.lifted_at)


def _ran(one: Appointment, at: datetime) -> bool:
    return _runs(one, at) and (not one.needs_confirmation or is_past(one.confirmed_at, at))


def _runs(one: Appointment | Assignment, at: datetime) -> bool:
    """Tell whether something ran at a moment, as the records are asked for what runs now."""
    ends = min((end for end in (one.ends_at, one.ended_at) if end is not None), default=None)
    return standing(at, one.starts_at, ends) is Standing.RUNNING
