"""Grants in the database; who may see which, the policies decide."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select, union
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.cases import Containment
from storage.grants import (
    CaseGrant,
    ConcernGrant,
    Grant,
    GrantDocument,
    GrantHold,
    GrantNominee,
    GrantReader,
    GrantTerms,
    GrantUndertaking,
    MarkedCopy,
)
from storage.repositories.people import running
from storage.tables import Appointment, Cycle, Document, Review, ReviewParty, Version

GrantRow = (
    Grant
    | GrantTerms
    | GrantDocument
    | GrantReader
    | GrantNominee
    | GrantUndertaking
    | GrantHold
    | ConcernGrant
    | CaseGrant
    | MarkedCopy
)


@dataclass(frozen=True, slots=True)
class GrantReach:
    """Which grants a question may find at all: the gate decides within this, SQL never beyond it.

    Args:
        state: For which State somebody acts: what it granted, was granted or asked for.
        person: As whom: without `speaks`, only what names them.
        speaks: They speak for their State.
    """

    state: str | None
    person: UUID | None = None
    speaks: bool = False


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """A grant with the terms that hold now, if any, whom these name, and who gave the undertaking."""

    grant: Grant
    terms: GrantTerms | None = None
    readers: frozenset[UUID] = frozenset()
    undertaken: frozenset[UUID] = frozenset()
    held: bool = False


@dataclass(frozen=True, slots=True)
class GrantedVersion:
    """A version that terms give, with its document as it is now."""

    given: GrantDocument
    version: Version
    document: Document


class GrantRecords:
    """Grants, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, grant_id: UUID, reach: GrantReach) -> GrantRecord | None:
        """Find a grant within reach."""
        rows = self._records(select(Grant).where(col(Grant.id) == grant_id, _within(reach)))
        return rows[0] if rows else None

    def all(self, reach: GrantReach) -> list[GrantRecord]:
        """List the grants within reach, newest first."""
        return self._records(select(Grant).where(_within(reach)).order_by(col(Grant.begun_at).desc(), col(Grant.id)))

    def unended(self) -> list[GrantRecord]:
        """List all grants that haven't ended, whoever they are of: what a restoration ends."""
        return self._records(select(Grant).where(col(Grant.ended_at).is_(None)).order_by(col(Grant.id)))

    def of_review(self, review_id: UUID) -> list[GrantRecord]:
        """List the grants of a review, newest first."""
        question = select(Grant).where(col(Grant.review_id) == review_id)
        return self._records(question.order_by(col(Grant.begun_at).desc(), col(Grant.id)))

    def open(self, review_id: UUID, state: str) -> GrantRecord | None:
        """Find a State's grant of a review that hasn't ended."""
        one = (col(Grant.review_id) == review_id, col(Grant.state_code) == state, col(Grant.ended_at).is_(None))
        rows = self._records(select(Grant).where(*one))
        return rows[0] if rows else None

    def _records(self, question: object) -> list[GrantRecord]:
        grants = self._session.scalars(question).all()  # type: ignore[call-overload]  # a question about grants
        if not grants:
            return []
        ids = [one.id for one in grants]
        terms = {one.grant_id: one for one in self.terms(ids) if one.until is None}
        readers = self.readers([one.id for one in terms.values()])
        undertaken = self._undertaken(ids)
        held = self._held(ids)
        return [
            GrantRecord(
                one,
                terms.get(one.id),
                readers.get(terms[one.id].id, frozenset()) if one.id in terms else frozenset(),
                undertaken.get(one.id, frozenset()),
                one.id in held,
            )
            for one in grants
        ]

    def terms(self, grant_ids: Collection[UUID]) -> Sequence[GrantTerms]:
        """List all terms of grants, oldest first, those too that were replaced."""
        question = select(GrantTerms).where(col(GrantTerms.grant_id).in_(grant_ids))
        return self._session.scalars(question.order_by(col(GrantTerms.since), col(GrantTerms.number))).all()

    def readers(self, terms_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
        """Tell whom terms name."""
        found: dict[UUID, set[UUID]] = {}
        for row in self._session.scalars(select(GrantReader).where(col(GrantReader.terms_id).in_(terms_ids))):
            found.setdefault(row.terms_id, set()).add(row.person_id)
        return {terms: frozenset(people) for terms, people in found.items()}

    def held_by(self, containment_ids: Collection[UUID]) -> dict[UUID, str]:
        """Tell of which States the grants are that containments suspend."""
        question = (
            select(col(GrantHold.containment_id), col(Grant.state_code))
            .join(Grant, col(Grant.id) == col(GrantHold.grant_id))
            .where(col(GrantHold.containment_id).in_(containment_ids))
        )
        return {row[0]: row[1] for row in self._session.execute(question)}

    def ever_given(self, review_id: UUID) -> Sequence[Grant]:
        """List the grants of a review that gave something at some time, those too that ended; oldest first."""
        given = select(col(GrantTerms.grant_id)).where(col(GrantTerms.review_id) == review_id)
        question = select(Grant).where(col(Grant.review_id) == review_id, col(Grant.id).in_(given))
        return self._session.scalars(question.order_by(col(Grant.begun_at), col(Grant.id))).all()

    def of_concern(self, concern_id: UUID) -> Grant | None:
        """Find the grant under which a concern was filed, if it was."""
        question = select(Grant).join(ConcernGrant, col(ConcernGrant.grant_id) == col(Grant.id))
        return self._session.scalar(question.where(col(ConcernGrant.concern_id) == concern_id))

    def of_cases(self, case_ids: Collection[UUID]) -> dict[UUID, list[Grant]]:
        """List what of grants cases are about, oldest first."""
        question = (
            select(col(CaseGrant.case_id), Grant)
            .join(Grant, col(Grant.id) == col(CaseGrant.grant_id))
            .where(col(CaseGrant.case_id).in_(case_ids))
            .order_by(col(Grant.begun_at), col(Grant.id))
        )
        found: dict[UUID, list[Grant]] = {case: [] for case in case_ids}
        for case, grant in self._session.execute(question):
            found[case].append(grant)
        return found

    def undertakings(self, grant_ids: Collection[UUID]) -> Sequence[GrantUndertaking]:
        """List the undertakings that were given for grants."""
        question = select(GrantUndertaking).where(col(GrantUndertaking.grant_id).in_(grant_ids))
        return self._session.scalars(question).all()

    def _undertaken(self, grant_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
        found: dict[UUID, set[UUID]] = {}
        for row in self.undertakings(grant_ids):
            found.setdefault(row.grant_id, set()).add(row.person_id)
        return {grant: frozenset(people) for grant, people in found.items()}

    def holds(self, grant_ids: Collection[UUID]) -> Sequence[tuple[UUID, Containment]]:
        """List the containments that suspend or suspended grants; those too that were lifted: loading checks."""
        question = (
            select(GrantHold, Containment)
            .join(Containment, col(Containment.id) == col(GrantHold.containment_id))
            .where(col(GrantHold.grant_id).in_(grant_ids))
        )
        return [(hold.grant_id, held) for hold, held in self._session.execute(question) if held.acts]

    def _held(self, grant_ids: Collection[UUID]) -> frozenset[UUID]:
        return frozenset(grant for grant, held in self.holds(grant_ids) if held.lifted_at is None)

    def nominees(self, grant_id: UUID) -> Sequence[GrantNominee]:
        """List whom a State named as readers, oldest first."""
        question = select(GrantNominee).where(col(GrantNominee.grant_id) == grant_id)
        return self._session.scalars(question.order_by(col(GrantNominee.named_at), col(GrantNominee.id))).all()

    def given(self, terms_ids: Collection[UUID]) -> Sequence[GrantedVersion]:
        """List what terms give."""
        question = (
            select(GrantDocument, Version, Document)
            .join(Version, col(Version.id) == col(GrantDocument.version_id))
            .join(Document, col(Document.id) == col(GrantDocument.document_id))
            .where(col(GrantDocument.terms_id).in_(terms_ids))
            .order_by(col(Document.number), col(Version.number))
        )
        return [GrantedVersion(*row) for row in self._session.execute(question)]

    def of_version(self, version_id: UUID, reach: GrantReach) -> tuple[GrantRecord, GrantedVersion] | None:
        """Find the grant within reach whose terms give a version now."""
        terms = (
            select(col(GrantDocument.terms_id))
            .join(GrantTerms, col(GrantTerms.id) == col(GrantDocument.terms_id))
            .where(col(GrantDocument.version_id) == version_id, col(GrantTerms.until).is_(None))
        )
        grants = select(col(GrantTerms.grant_id)).where(col(GrantTerms.id).in_(terms))
        found = self._records(
            select(Grant).where(col(Grant.id).in_(grants), col(Grant.ended_at).is_(None), _within(reach))
        )
        given = self.given([one.terms.id for one in found if one.terms])
        for record in found:
            for one in given:
                if record.terms and one.given.terms_id == record.terms.id and one.version.id == version_id:
                    return record, one
        return None

    def candidates(self, room_id: UUID) -> Sequence[tuple[Document, Version]]:
        """List a room's documents that were not withdrawn, each with all of its versions."""
        question = (
            select(Document, Version)
            .join(Version, col(Version.document_id) == col(Document.id))
            .where(col(Document.room_id) == room_id, col(Document.withdrawn_at).is_(None))
            .order_by(col(Document.number), col(Version.number).desc())
        )
        return [(document, version) for document, version in self._session.execute(question)]

    def acting(self, people: Collection[UUID], state: str, at: datetime) -> dict[UUID, datetime | None]:
        """Tell who of these acts for a State at a moment, and when their last appointment ends (None: never)."""
        question = select(Appointment).where(
            col(Appointment.person_id).in_(people), col(Appointment.state_code) == state, running(Appointment, at)
        )
        found: dict[UUID, datetime | None] = {}
        for row in self._session.scalars(question):
            last = found.get(row.person_id, row.ends_at)
            found[row.person_id] = None if last is None or row.ends_at is None else max(last, row.ends_at)
        return found

    def cycles_to_ask_for(self, state: str) -> Sequence[Cycle]:
        """List the cycles with a review that a State is no party to, newest first."""
        there = exists().where(col(Review.cycle_id) == col(Cycle.id), _no_party(state))
        return self._session.scalars(select(Cycle).where(there).order_by(col(Cycle.starts_on).desc())).all()

    def reviews_to_ask_for(self, state: str, cycle_id: UUID) -> Sequence[tuple[UUID, str]]:
        """List the reviews of a cycle that a State is no party to: id, State under review (ToR 19)."""
        question = (
            select(col(Review.id), col(Review.state_code))
            .where(col(Review.cycle_id) == cycle_id, _no_party(state))
            .order_by(col(Review.state_code))
        )
        return [(one, code) for one, code in self._session.execute(question)]

    def copy(self, number: str) -> tuple[MarkedCopy, Grant | None, Version] | None:
        """Find a marked copy by its number, with the grant under which it left, if any, and the version it is of."""
        question = (
            select(MarkedCopy, Grant, Version)
            .outerjoin(Grant, col(Grant.id) == col(MarkedCopy.grant_id))
            .join(Version, col(Version.id) == col(MarkedCopy.version_id))
            .where(col(MarkedCopy.number) == number)
        )
        row = self._session.execute(question).first()
        return None if row is None else (row[0], row[1], row[2])

    def add(self, row: GrantRow) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()


def _within(reach: GrantReach) -> ColumnElement[bool]:
    if reach.speaks:
        under_review = select(col(Review.id)).where(col(Review.state_code) == reach.state)
        gives = select(col(Grant.id)).where(col(Grant.review_id).in_(under_review))
        reads = select(col(Grant.id)).where(col(Grant.state_code) == reach.state)
        return col(Grant.id).in_(union(gives, reads))  # an OR with a question would look through all grants
    named = (
        select(col(GrantTerms.grant_id))
        .join(GrantReader, col(GrantReader.terms_id) == col(GrantTerms.id))
        .where(col(GrantReader.person_id) == reach.person, col(GrantTerms.until).is_(None))
    )
    return and_(col(Grant.id).in_(named), col(Grant.state_code) == reach.state)


def _no_party(state: str) -> ColumnElement[bool]:
    parties = select(col(ReviewParty.review_id)).where(
        col(ReviewParty.state_code) == state, col(ReviewParty.until).is_(None)
    )
    return col(Review.id).not_in(parties)
