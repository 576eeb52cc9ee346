"""Documents, their versions and translation tasks in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Row, and_, false, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from storage.arrivals import Arrival
from storage.cases import Exhibit
from storage.notes import NoteCopy
from storage.publications import Publication, PublicFile
from storage.reports import SummaryLanguage
from storage.repositories.reviews import Reach, within
from storage.tables import Document, Review, Room, TranslationTask, Version

_NONE: Final = UUID(int=0)  # looked for in place of nothing, which would be looked for in all rows


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in the list of its room."""

    document: Document
    newest: Version
    translates: UUID | None  # the document of which this is a language version


class DocumentRecords:
    """Documents, seen through one transaction and within one reach."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    def find(self, document_id: UUID) -> Document | None:
        """Find a document of a review within reach."""
        question = select(Document).join(Review, col(Review.id) == col(Document.review_id))
        return self._session.scalar(question.where(col(Document.id) == document_id, within(self._reach)))

    def find_version(self, version_id: UUID) -> Version | None:
        """Find a version of a document of a review within reach."""
        question = select(Version).join(Review, col(Review.id) == col(Version.review_id))
        return self._session.scalar(question.where(col(Version.id) == version_id, within(self._reach)))

    def of_room(self, room_id: UUID) -> Sequence[Document]:
        """List a room's documents, by number."""
        question = select(Document).where(col(Document.room_id) == room_id).order_by(col(Document.number))
        return self._session.scalars(question).all()

    def versions(self, document_id: UUID) -> Sequence[Version]:
        """List a document's versions, newest first."""
        question = select(Version).where(col(Version.document_id) == document_id).order_by(col(Version.number).desc())
        return self._session.scalars(question).all()

    def listed(self, room_id: UUID) -> Sequence[Listed]:
        """List a room's documents by number, each with its newest version and with what it translates: one question."""
        newest = (
            select(col(Version.document_id), func.max(col(Version.number)).label("number"))
            .where(col(Version.room_id) == room_id)
            .group_by(col(Version.document_id))
            .subquery()
        )
        original = aliased(Version)
        question = (
            select(Document, Version, col(original.document_id))
            .join(newest, newest.c.document_id == col(Document.id))
            .join(
                Version,
                (col(Version.document_id) == newest.c.document_id) & (col(Version.number) == newest.c.number),
            )
            .outerjoin(original, col(original.id) == col(Document.translates_id))
            .where(col(Document.room_id) == room_id)
            .order_by(col(Document.number))
        )
        return [Listed(*row) for row in self._session.execute(question)]

    def brought(self, review_id: UUID, states: Sequence[str]) -> frozenset[str]:
        """Tell which of these States have a document, not withdrawn, in the shared or the reviewers' room."""
        question = select(col(Document.owner)).join(Room, col(Room.id) == col(Document.room_id))
        question = question.where(
            col(Document.review_id) == review_id,
            col(Document.owner).in_(states),
            col(Room.kind).in_(("shared", "reviewers")),
            col(Document.withdrawn_at).is_(None),
        )
        return frozenset(self._session.scalars(question.distinct()))

    def steps(self, review_ids: Sequence[UUID]) -> Sequence[Row[UUID, str, str, str]]:
        """Tell what the shared rooms of reviews hold, and how far it travelled: review, kind, stage, owner.

        Withdrawn documents and language versions don't count.
        """
        question = (
            select(col(Document.review_id), col(Document.kind), col(Document.stage), col(Document.owner))
            .join(Room, col(Room.id) == col(Document.room_id))
            .where(
                col(Document.review_id).in_(review_ids),
                col(Room.kind) == "shared",
                col(Document.withdrawn_at).is_(None),
                col(Document.translates_id).is_(None),
            )
            .distinct()
        )
        return self._session.execute(question).all()

    def submitted(self, review_ids: Sequence[UUID]) -> Sequence[Document]:
        """List what was submitted to the shared rooms of reviews, and neither circulated nor withdrawn."""
        question = select(Document).join(Room, col(Room.id) == col(Document.room_id))
        question = question.where(
            col(Document.review_id).in_(review_ids),
            col(Room.kind) == "shared",
            col(Document.stage) == "submitted",
            col(Document.withdrawn_at).is_(None),
        )
        return self._session.scalars(question.order_by(col(Document.review_id), col(Document.number))).all()

    def changed(self, rooms_since: Mapping[UUID, datetime]) -> Sequence[Document]:
        """Find the documents that changed in each of these rooms after a moment."""
        since = [
            and_(col(Document.room_id) == room, col(Document.changed_at) > moment)
            for room, moment in rooms_since.items()
        ]
        return self._session.scalars(select(Document).where(or_(false(), *since))).all()

    def language_versions(self, version_ids: Sequence[UUID]) -> Sequence[Document]:
        """Find the documents that are language versions of these versions."""
        question = select(Document).where(col(Document.translates_id).in_(version_ids))
        return self._session.scalars(question).all()

    def bound(self, document: Document) -> Sequence[Row[Document, int]]:
        """Find the language versions of a document, and the original of which it is one: document, version translated.

        One question for both; the original is the one that has the id which the version translated belongs to. Each is
        found by an index of its own: by an OR of both no database finds them but by looking through all documents.
        """
        translated = aliased(Version)
        found = union_all(
            select(col(Document.id), col(translated.number))
            .join(translated, col(Document.translates_id) == col(translated.id))
            .where(col(translated.document_id) == document.id),
            select(col(translated.document_id), col(translated.number)).where(
                col(translated.id) == (document.translates_id or _NONE)
            ),
        ).subquery()
        question = select(Document, found.c.number).join(found, found.c.id == col(Document.id))
        return self._session.execute(question.order_by(col(Document.number))).all()

    def became(self, room_id: UUID, document_id: UUID | None = None) -> Sequence[Row[Version, Document]]:
        """List what versions of a room's documents, or of one of them, became in other rooms: withdrawn ones aside.

        By the version's number; of one version the oldest first.
        """
        question = (
            select(Version, Document)
            .join(Arrival, col(Arrival.version_id) == col(Version.id))
            .join(Document, col(Document.id) == col(Arrival.document_id))
            .where(col(Version.room_id) == room_id, col(Document.withdrawn_at).is_(None))
        )
        if document_id is not None:
            question = question.where(col(Version.document_id) == document_id)
        return self._session.execute(question.order_by(col(Version.number), col(Document.created_at))).all()

    def equal(self, room_id: UUID, mark: bytes) -> Sequence[Version]:
        """Find the versions in a room whose content has this mark, and wasn't destroyed."""
        question = select(Version).where(col(Version.room_id) == room_id, col(Version.equal) == mark)
        question = question.where(func.length(col(Version.wrapped_key)) > 0)
        return self._session.scalars(question).all()

    def next_number(self, room_id: UUID) -> int:
        """Give the next document number of a room."""
        last = self._session.scalar(select(func.max(col(Document.number))).where(col(Document.room_id) == room_id))
        return (last or 0) + 1

    def next_version(self, document_id: UUID) -> int:
        """Give the next version number of a document."""
        last = self._session.scalar(
            select(func.max(col(Version.number))).where(col(Version.document_id) == document_id)
        )
        return (last or 0) + 1

    def add(self, row: Document | Version | TranslationTask | Arrival) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()

    def object_names(self) -> set[str]:
        """List the names of all objects that a row keeps something under: not what was destroyed, ended, withdrawn."""
        named = [select(col(table.object_name)) for table in (NoteCopy, SummaryLanguage, Exhibit)]
        named.append(select(col(Version.object_name)).where(func.length(col(Version.wrapped_key)) > 0))
        named.append(select(col(Publication.object_name)).where(col(Publication.cancelled_at).is_(None)))
        named.append(select(col(PublicFile.object_name)).where(col(PublicFile.withdrawn_at).is_(None)))
        return {name for question in named for name in self._session.scalars(question)}

    # --- translation -----------------------------------------------------------------------------------------------

    def task(self, task_id: UUID) -> TranslationTask | None:
        """Find a translation task of a review within reach."""
        question = select(TranslationTask).join(Review, col(Review.id) == col(TranslationTask.review_id))
        return self._session.scalar(question.where(col(TranslationTask.id) == task_id, within(self._reach)))

    def tasks_of(self, person_id: UUID) -> Sequence[TranslationTask]:
        """List what a translator was sent and has neither delivered nor lost."""
        return self._session.scalars(
            select(TranslationTask).where(
                col(TranslationTask.person_id) == person_id,
                col(TranslationTask.delivered_at).is_(None),
                col(TranslationTask.recalled_at).is_(None),
            )
        ).all()

    def sent_to(self, person_id: UUID) -> Sequence[Row[TranslationTask, Document, Version]]:
        """List what a translator has to translate, oldest first, with the documents and versions."""
        question = (
            select(TranslationTask, Document, Version)
            .join(Document, col(Document.id) == col(TranslationTask.document_id))
            .join(Version, col(Version.id) == col(TranslationTask.version_id))
            .where(
                col(TranslationTask.person_id) == person_id,
                col(TranslationTask.delivered_at).is_(None),
                col(TranslationTask.recalled_at).is_(None),
            )
        )
        return self._session.execute(question.order_by(col(TranslationTask.sent_at))).all()

    def tasks_for(self, document_id: UUID) -> Sequence[TranslationTask]:
        """List the translation tasks of a document, newest first."""
        question = select(TranslationTask).where(col(TranslationTask.document_id) == document_id)
        return self._session.scalars(question.order_by(col(TranslationTask.sent_at).desc())).all()

    def open_tasks(self, review_id: UUID) -> Sequence[Row[TranslationTask, Version]]:
        """List what of a review is with translators, with the versions sent."""
        question = (
            select(TranslationTask, Version)
            .join(Version, col(Version.id) == col(TranslationTask.version_id))
            .where(
                col(TranslationTask.review_id) == review_id,
                col(TranslationTask.delivered_at).is_(None),
                col(TranslationTask.recalled_at).is_(None),
            )
        )
        return self._session.execute(question.order_by(col(TranslationTask.sent_at))).all()
