"""Concerns, cases and their record in the database; who may see which, the policies decide."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Uuid, and_, func, literal, or_, select, tuple_, union
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.cases import BreachCase, CaseEntry, Concern, Containment, Exhibit
from storage.columns import UtcTime
from storage.dialogue import Clarification, Entry, EntryTask, Remark
from storage.grants import CaseGrant, Grant, GrantDocument, GrantReader, GrantTerms, GrantUndertaking
from storage.permits import Scope, grant_scope, publication_scope, room_scope
from storage.planning import ReviewSchedule, ScheduleStep
from storage.publications import Publication
from storage.reports import Agreement, DraftComment
from storage.tables import (
    Appointment,
    Assignment,
    Document,
    Review,
    ReviewParty,
    Room,
    State,
    Stream,
    TranslationTask,
    Undertaking,
    Version,
)


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a snapshot of a file fixes: ids, numbers and MACs; nothing is opened for it.

    Args:
        streams: Of each stream of the file the id and the number of its last event.
        access: Of each row that gives access to the file, its name and its MAC.
        versions: Of each document version its id and the keyed hash of its content (storage/FORMAT.md, `equal`).
    """

    streams: Sequence[tuple[UUID, int]]
    access: Sequence[tuple[str, bytes]]
    versions: Sequence[tuple[UUID, bytes]]


@dataclass(frozen=True, slots=True)
class CaseReach:
    """Which concerns and cases a question may find at all: the gate decides within this, SQL never beyond it.

    Args:
        person: Who asks: their own concerns, and cases that concern them.
        state: For which State they speak, if they do: cases that concern it.
        officer: All concerns and cases.
        group: Cases that were submitted.
    """

    person: UUID | None
    state: str | None = None
    officer: bool = False
    group: bool = False


NOBODY: Final = UUID(int=0)
EVERYTHING: Final = CaseReach(None, officer=True)  # for what was found already, and for whom the gate let in


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed text of a file: its place, the key it lies under, and in what it lies: a room, grant or publication."""

    table: str
    column: str
    id: UUID
    within: UUID
    scope: Scope
    blob: bytes


@dataclass(frozen=True, slots=True)
class Spoken:
    """All that the portal has of a file as text, sealed."""

    review: UUID
    sealed: tuple[Sealed, ...]


# texts of a file by table: columns that lie under the key of the row's room
_TEXTS: Final[tuple[tuple[type[Any], tuple[str, ...]], ...]] = (
    (Document, ("title", "withdrawn_reason")),
    (Version, ("particulars",)),
    (Entry, ("text",)),
    (Remark, ("text",)),
    (Agreement, ("reason",)),
    (DraftComment, ("place",)),
    (ReviewSchedule, ("reason",)),
    (ScheduleStep, ("reason",)),
)


class CaseRecords:
    """Concerns and cases, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # --- concerns

    def concern(self, concern_id: UUID, reach: CaseReach = EVERYTHING) -> Concern | None:
        """Find a concern within reach."""
        question = select(Concern).where(col(Concern.id) == concern_id)
        if not reach.officer:
            question = question.where(col(Concern.filed_by) == reach.person)
        return self._session.scalar(question)

    def some_concerns(self, *, ended: bool, before: Concern | None, most: int) -> Sequence[Concern]:
        """List the newest concerns that wait, or that were dealt with: so many of those filed before one."""
        question = select(Concern).where(
            col(Concern.ended_at).is_not(None) if ended else col(Concern.ended_at).is_(None)
        )
        if before is not None:
            here = tuple_(col(Concern.filed_at), col(Concern.id))
            question = question.where(here < tuple_(literal(before.filed_at, UtcTime), literal(before.id, Uuid())))
        newest = question.order_by(col(Concern.filed_at).desc(), col(Concern.id).desc())
        return self._session.scalars(newest.limit(most)).all()

    def concerns_of(self, person_id: UUID, review_id: UUID) -> Sequence[Concern]:
        """List what somebody filed about a review, newest first."""
        mine = select(Concern).where(col(Concern.filed_by) == person_id, col(Concern.review_id) == review_id)
        return self._session.scalars(mine.order_by(col(Concern.filed_at).desc(), col(Concern.id))).all()

    def filers(self, review_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
        """Name those who filed a concern about these reviews."""
        found: dict[UUID, set[UUID]] = {review: set() for review in review_ids}
        question = select(col(Concern.review_id), col(Concern.filed_by)).where(col(Concern.review_id).in_(review_ids))
        for review, person in self._session.execute(question):
            found[review].add(person)
        return {review: frozenset(people) for review, people in found.items()}

    # --- cases

    def case(self, case_id: UUID, reach: CaseReach) -> BreachCase | None:
        """Find a case within reach."""
        return self._session.scalar(select(BreachCase).where(col(BreachCase.id) == case_id, _within(reach)))

    def unended(self, reach: CaseReach, *, proposed: bool) -> Sequence[BreachCase]:
        """List the cases within reach that were neither declined nor closed, newest first; proposed: nor confirmed."""
        question = select(BreachCase).where(
            _within(reach), col(BreachCase.closed_at).is_(None), col(BreachCase.declined_at).is_(None)
        )
        if proposed:
            question = question.where(col(BreachCase.confirmed_at).is_(None))
        return self._session.scalars(question.order_by(col(BreachCase.number).desc())).all()

    def some_cases(self, reach: CaseReach, before: int | None, most: int) -> Sequence[BreachCase]:
        """List the newest cases within reach: so many of those with a lower number than one."""
        question = select(BreachCase).where(_within(reach))
        if before is not None:
            question = question.where(col(BreachCase.number) < before)
        return self._session.scalars(question.order_by(col(BreachCase.number).desc()).limit(most)).all()

    def of_concern(self, concern_id: UUID) -> Sequence[BreachCase]:
        """List the cases that were proposed on a concern."""
        return self._session.scalars(select(BreachCase).where(col(BreachCase.concern_id) == concern_id)).all()

    def next_number(self) -> int:
        """Give the next case's number."""
        return (self._session.scalar(select(func.max(col(BreachCase.number)))) or 0) + 1

    # --- the record of a case

    def entries(self, case_id: UUID) -> Sequence[CaseEntry]:
        """List the entries of a case's record, oldest first."""
        question = select(CaseEntry).where(col(CaseEntry.case_id) == case_id)
        return self._session.scalars(question.order_by(col(CaseEntry.number))).all()

    def with_entry(self, case_ids: Collection[UUID], kind: str) -> frozenset[UUID]:
        """Tell which of these cases have an entry of a kind in their record."""
        question = select(col(CaseEntry.case_id)).where(col(CaseEntry.case_id).in_(case_ids))
        return frozenset(self._session.scalars(question.where(col(CaseEntry.kind) == kind)))

    def hands(self, case_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
        """Name who wrote into the records of these cases."""
        found: dict[UUID, set[UUID]] = {case: set() for case in case_ids}
        question = select(col(CaseEntry.case_id), col(CaseEntry.made_by)).where(col(CaseEntry.case_id).in_(case_ids))
        for case, person in self._session.execute(question.distinct()):
            found[case].add(person)
        return {case: frozenset(people) for case, people in found.items()}

    def made_since(self, review_id: UUID, kind: str, since: datetime) -> Sequence[UUID]:
        """Name who made entries of a kind in the records of a review's cases since a moment, as often as they did."""
        question = select(col(CaseEntry.made_by)).join(BreachCase, col(BreachCase.id) == col(CaseEntry.case_id))
        question = question.where(
            col(BreachCase.review_id) == review_id, col(CaseEntry.kind) == kind, col(CaseEntry.made_at) > since
        )
        return self._session.scalars(question).all()

    def exhibits(self, case_id: UUID) -> Sequence[Exhibit]:
        """List the exhibits of a case, by number."""
        question = select(Exhibit).where(col(Exhibit.case_id) == case_id)
        return self._session.scalars(question.order_by(col(Exhibit.number))).all()

    def exhibit(self, exhibit_id: UUID) -> Exhibit | None:
        """Find an exhibit."""
        return self._session.get(Exhibit, exhibit_id)

    # --- containments

    def containment(self, containment_id: UUID) -> Containment | None:
        """Find a containment."""
        return self._session.get(Containment, containment_id)

    def containments(self, case_id: UUID) -> Sequence[Containment]:
        """List the containments of a case, oldest first."""
        question = select(Containment).where(col(Containment.case_id) == case_id)
        return self._session.scalars(question.order_by(col(Containment.begun_at), col(Containment.id))).all()

    def running(self, person_id: UUID, kind: str) -> Sequence[Containment]:
        """List the containments of a kind that hold somebody back now."""
        question = select(Containment).where(
            col(Containment.person_id) == person_id,
            col(Containment.kind) == kind,
            col(Containment.lifted_at).is_(None),
            col(Containment.acts).is_(True),
        )
        return self._session.scalars(question).all()

    def to_review(self, today: date) -> frozenset[UUID]:
        """Name the cases with a containment that is to be looked at again by today."""
        question = select(col(Containment.case_id)).where(
            col(Containment.lifted_at).is_(None), col(Containment.review_on) <= today
        )
        return frozenset(self._session.scalars(question))

    def of_person(self, person_id: UUID) -> Sequence[BreachCase]:
        """List the cases that concern somebody, newest first."""
        question = select(BreachCase).where(col(BreachCase.person_id) == person_id)
        return self._session.scalars(question.order_by(col(BreachCase.number).desc())).all()

    # --- the file that a case is about

    def involved(self, review_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
        """Name those who were ever assigned to these reviews, sent a text of them, or named as readers of a grant."""
        found: dict[UUID, set[UUID]] = {review: set() for review in review_ids}
        for table in (Assignment, TranslationTask, EntryTask):
            question = select(col(table.review_id), col(table.person_id)).where(col(table.review_id).in_(review_ids))
            for review, person in self._session.execute(question):
                found[review].add(person)
        reading = select(col(GrantTerms.review_id), col(GrantReader.person_id)).join(
            GrantReader, col(GrantReader.terms_id) == col(GrantTerms.id)
        )
        for review, person in self._session.execute(reading.where(col(GrantTerms.review_id).in_(review_ids))):
            found[review].add(person)
        return {review: frozenset(people) for review, people in found.items()}

    def invented(self, codes: Collection[str]) -> bool:
        """Tell whether all of these States are invented."""
        question = select(func.count()).where(col(State.code).in_(codes), col(State.fictional).is_(False))
        return not self._session.scalar(question)

    def reviews(self, cycle_id: UUID) -> Sequence[Row[UUID, str]]:
        """List the reviews of a cycle: id and State under review."""
        question = select(col(Review.id), col(Review.state_code)).where(col(Review.cycle_id) == cycle_id)
        return self._session.execute(question.order_by(col(Review.state_code), col(Review.id))).all()

    def frozen(self, review_id: UUID) -> Frozen:
        """Read what a snapshot of a file fixes, as this transaction finds it."""
        streams = select(col(Stream.id), col(Stream.next_number)).where(col(Stream.review_id) == review_id)
        here = [
            (stream, following - 1) for stream, following in self._session.execute(streams.order_by(col(Stream.id)))
        ]
        versions = select(col(Version.id), col(Version.equal)).where(col(Version.review_id) == review_id)
        marks = [(version, mark) for version, mark in self._session.execute(versions.order_by(col(Version.id)))]
        return Frozen(here, self._access(review_id), marks)

    def _access(self, review_id: UUID) -> list[tuple[str, bytes]]:
        parties = self._session.scalars(
            select(ReviewParty).where(col(ReviewParty.review_id) == review_id, col(ReviewParty.until).is_(None))
        ).all()
        assigned = self._session.scalars(
            select(Assignment).where(col(Assignment.review_id) == review_id, col(Assignment.ended_at).is_(None))
        ).all()
        rests_on = or_(
            col(Appointment.id).in_([one.appointment_id for one in assigned]),
            and_(
                col(Appointment.role) == "focal_point",
                col(Appointment.state_code).in_([one.state_code for one in parties]),
            ),
        )
        appointed = self._session.scalars(
            select(Appointment).where(rests_on, col(Appointment.ended_at).is_(None))
        ).all()
        undertaken = self._session.scalars(select(Undertaking).where(col(Undertaking.review_id) == review_id)).all()
        rows: list[Any] = [*parties, *assigned, *appointed, *undertaken]
        rows += [row for table in (TranslationTask, EntryTask) for row in self._sent(table, review_id)]
        rows += self._granted(review_id)
        return sorted((f"{row.__tablename__}/{row.id}", row.mac) for row in rows)

    def _granted(self, review_id: UUID) -> list[Any]:
        """Find the rows by which people of other States read the file."""
        open_ = (col(Grant.review_id) == review_id, col(Grant.ended_at).is_(None))
        grants = self._session.scalars(select(Grant).where(*open_)).all()
        ids = [one.id for one in grants]
        held = (col(GrantTerms.grant_id).in_(ids), col(GrantTerms.until).is_(None))
        terms = [one.id for one in self._session.scalars(select(GrantTerms).where(*held))]
        rows: list[Any] = [*grants, *self._session.scalars(select(GrantTerms).where(*held))]
        for table, column in ((GrantDocument, GrantDocument.terms_id), (GrantReader, GrantReader.terms_id)):
            rows += self._session.scalars(select(table).where(col(column).in_(terms))).all()
        pledged = select(GrantUndertaking).where(col(GrantUndertaking.grant_id).in_(ids))
        return [*rows, *self._session.scalars(pledged)]

    def _sent(self, table: type[Any], review_id: UUID) -> Sequence[Any]:
        question = select(table).where(
            col(table.review_id) == review_id, col(table.delivered_at).is_(None), col(table.recalled_at).is_(None)
        )
        return self._session.scalars(question).all()

    def spoken(self, review_id: UUID) -> Spoken:
        """Find all that the portal has of a file as text: titles, file names, questions, answers, remarks, reasons.

        And what was typed in its grants, and for publications that aren't public.
        """
        found: list[Sealed] = []
        for table, columns in _TEXTS:
            for row in self._session.scalars(select(table).where(col(table.review_id) == review_id)):
                blobs = ((column, getattr(row, column)) for column in columns)
                name = str(row.__tablename__)
                scope = room_scope(review_id, row.room_id)
                found += [Sealed(name, column, row.id, row.room_id, scope, blob) for column, blob in blobs if blob]
        rooms = {
            room.kind: room.id for room in self._session.scalars(select(Room).where(col(Room.review_id) == review_id))
        }
        for asked in self._session.scalars(select(Clarification).where(col(Clarification.review_id) == review_id)):
            for room, column in (("reviewers", "draft_subject"), ("shared", "subject")):
                if blob := getattr(asked, column):
                    scope = room_scope(review_id, rooms[room])
                    found.append(Sealed("clarification", column, asked.id, rooms[room], scope, blob))
        return Spoken(review_id, (*found, *self._of_grants(review_id), *self._of_publications(review_id)))

    def _of_grants(self, review_id: UUID) -> Iterator[Sealed]:
        for grant in self._session.scalars(select(Grant).where(col(Grant.review_id) == review_id)):
            for column in ("purpose", "end_reason"):
                if blob := getattr(grant, column):
                    yield Sealed("access_grant", column, grant.id, grant.id, grant_scope(grant.id), blob)
        for given in self._session.scalars(select(GrantDocument).where(col(GrantDocument.review_id) == review_id)):
            yield Sealed("grant_document", "title", given.id, given.grant_id, grant_scope(given.grant_id), given.title)

    def _of_publications(self, review_id: UUID) -> Iterator[Sealed]:
        """Find what is said of publications, but for those that everybody may read or could."""
        hidden = select(Publication).where(
            col(Publication.review_id) == review_id, col(Publication.published_at).is_(None)
        )
        for row in self._session.scalars(hidden):
            yield Sealed("publication", "said", row.id, row.id, publication_scope(review_id), row.said)

    def versions(self, review_id: UUID) -> Sequence[Version]:
        """List every version of every document of a file, wherever it lies."""
        return self._session.scalars(select(Version).where(col(Version.review_id) == review_id)).all()

    def version_ids(self, review_id: UUID) -> frozenset[UUID]:
        """Name them."""
        return frozenset(self._session.scalars(select(col(Version.id)).where(col(Version.review_id) == review_id)))

    def documents(self, review_id: UUID) -> Sequence[Document]:
        """List the documents of a review."""
        return self._session.scalars(select(Document).where(col(Document.review_id) == review_id)).all()

    def add(self, row: Concern | BreachCase | CaseEntry | Containment | Exhibit) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()


def _within(reach: CaseReach) -> ColumnElement[bool]:
    if reach.officer:
        return col(BreachCase.id).is_not(None)
    case = select(col(BreachCase.id))
    ways = [case.where(col(BreachCase.person_id) == (reach.person or NOBODY))]  # not those that concern nobody yet
    if reach.group:
        ways.append(case.where(col(BreachCase.submitted_at).is_not(None)))
    if reach.state:
        party = select(col(ReviewParty.review_id)).where(
            col(ReviewParty.state_code) == reach.state, col(ReviewParty.until).is_(None)
        )
        granted = (
            select(col(CaseGrant.case_id))
            .join(Grant, col(Grant.id) == col(CaseGrant.grant_id))
            .where(col(Grant.state_code) == reach.state)
        )
        ways += [
            case.where(col(BreachCase.review_id).in_(party)),
            case.where(col(BreachCase.person_state) == reach.state),
            granted,
        ]
    return col(BreachCase.id).in_(union(*ways))  # each is answered by an index of its own; ORs of them would be by none
