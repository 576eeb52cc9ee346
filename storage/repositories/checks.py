"""What the check of all records reads: every row as it stands, past the guards that would refuse a false one.

Everything comes in pieces of a few hundred rows; nothing here opens or changes anything.
"""

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, RowMapping, Select, func, literal, null, select, union_all
from sqlalchemy.orm import Mapped, Session, aliased
from sqlmodel import col

from storage.cases import BreachCase, CaseEntry, Concern, Containment, Exhibit, entry_scope
from storage.columns import Guarded
from storage.grants import Grant, GrantDocument
from storage.guards import GUARD_KEY, row_mac, row_name
from storage.handovers import Handover
from storage.holders import PROVIDER
from storage.notes import NoteCopy, Profile
from storage.permits import (
    NAMES,
    OUTCOMES,
    REGISTRY,
    SIGNALS,
    SUMMARIES,
    Scope,
    case_scope,
    grant_scope,
    publication_scope,
    room_scope,
)
from storage.planning import ReviewSchedule, ScheduleStep
from storage.publications import Publication, PublicFile
from storage.reports import Agreement, DraftComment, Manifest, SummaryLanguage
from storage.shredding import Shredding
from storage.signals import SignalCounts, SignalStep
from storage.tables import (
    Appointment,
    Assignment,
    Document,
    Event,
    KeyHolder,
    KeyVersion,
    Person,
    Review,
    Room,
    Stream,
    Version,
)

PIECE = 500


def _of_room(row: RowMapping) -> Scope:
    return room_scope(row["review_id"], row["room_id"])


@dataclass(frozen=True, slots=True)
class Sealed:
    """Columns of a table that are sealed under one scope's key."""

    table: type[Any]
    columns: tuple[str, ...]
    scope: Callable[[RowMapping], Scope]


SEALED: Final = (
    Sealed(Document, ("title", "tags", "withdrawn_reason"), _of_room),
    Sealed(Version, ("particulars",), _of_room),
    Sealed(ReviewSchedule, ("reason",), _of_room),
    Sealed(ScheduleStep, ("reason",), _of_room),
    Sealed(Person, ("name",), lambda _: NAMES),
    Sealed(Person, ("mail",), lambda _: REGISTRY),
    Sealed(Appointment, ("basis", "end_basis"), lambda _: REGISTRY),
    Sealed(Assignment, ("basis", "end_basis"), lambda _: REGISTRY),
    Sealed(NoteCopy, ("particulars",), lambda _: REGISTRY),
    Sealed(Profile, ("said",), lambda _: REGISTRY),
    Sealed(Handover, ("basis", "passed"), lambda _: REGISTRY),
    Sealed(Concern, ("told", "reason"), lambda row: case_scope(row["id"])),
    Sealed(BreachCase, ("subject", "grounds"), lambda row: case_scope(row["id"])),
    Sealed(CaseEntry, ("said",), lambda row: entry_scope(row["case_id"], row["kind"])),
    Sealed(CaseEntry, ("outcome",), lambda _: OUTCOMES),
    Sealed(Containment, ("reason", "lift_reason"), lambda row: case_scope(row["case_id"])),
    Sealed(Manifest, ("hashes",), _of_room),
    Sealed(Agreement, ("reason",), _of_room),
    Sealed(Publication, ("said",), lambda row: publication_scope(row["review_id"])),
    Sealed(SummaryLanguage, ("particulars",), lambda _: SUMMARIES),
    Sealed(DraftComment, ("place",), _of_room),
    Sealed(Grant, ("purpose", "end_reason"), lambda row: grant_scope(row["id"])),
    Sealed(GrantDocument, ("title",), lambda row: grant_scope(row["grant_id"])),
    Sealed(SignalStep, ("reason",), lambda _: SIGNALS),
    Sealed(SignalCounts, ("counts",), lambda _: SIGNALS),
)

_COPIED: Final = {"note_copy": REGISTRY, "summary_language": SUMMARIES}  # whose key wraps those of copies


@dataclass(frozen=True, slots=True)
class Found:
    """A guarded row: its name, its MAC, and whether the MAC fits what the row says."""

    name: str
    mac: bytes
    fits: bool


@dataclass(frozen=True, slots=True)
class Content:
    """A row that names an object: its table and id, the scope whose key wraps the content's, the object's name."""

    table: str
    id: UUID
    scope: Scope
    name: str
    size: int  # bytes of plaintext
    wrapped: bytes | None  # None: what is public has a key that follows from its id


def _content_scope(table: str, review: UUID | None, room: UUID | None) -> Scope:
    """Name the scope whose key wraps a content's; `review`: of an exhibit, its case."""
    if table == "exhibit" and review is not None:
        return case_scope(review)
    if review is None:
        return _COPIED.get(table, REGISTRY)
    return publication_scope(review) if room is None else room_scope(review, room)


def guarded_tables() -> list[type[Any]]:
    """List the tables whose rows carry a MAC, by name."""
    return sorted(Guarded.__subclasses__(), key=lambda table: str(table.__tablename__))


class CheckRecords:
    """All records, seen through one reading transaction: one moment of the whole database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def guarded(self, table: type[Any]) -> Iterator[Found]:
        """Walk a guarded table.

        Raises:
            ValueError: A row holds what can't even be read as its column's type.

        """
        rows = self._session.execute(select(table.__table__).execution_options(yield_per=PIECE))
        for row in rows.mappings():
            loose = table(**dict(row))  # not loaded by the session, so not refused by it either
            mac = loose.mac if isinstance(loose.mac, bytes) else b""
            yield Found(row_name(loose), mac, hmac.compare_digest(mac, row_mac(self._session.info[GUARD_KEY], loose)))

    def misnumbered(self) -> Iterator[tuple[str, UUID, int, int]]:
        """Find rooms and documents whose numbering has gaps: kind, id, how many there are, the highest number."""
        for kind, owner, number in (
            ("room", col(Document.room_id), col(Document.number)),
            ("document", col(Version.document_id), col(Version.number)),
        ):
            yield from self._misnumbered(kind, owner, number)

    def _misnumbered(self, kind: str, owner: Mapped[UUID], number: Mapped[int]) -> Iterator[tuple[str, UUID, int, int]]:
        question = select(owner, func.count(), func.max(number)).group_by(owner)
        for row in self._session.execute(question.having(func.count() != func.max(number))):
            yield kind, row[0], row[1], row[2]

    def contents(self) -> Iterator[Content]:
        """Walk all that lies in objects, by the names of these; not what was destroyed, called off or withdrawn."""
        told = select(col(Shredding.id)).where(col(Shredding.id) == col(Version.id)).exists()
        destroyed = told & (func.length(col(Version.wrapped_key)) == 0)
        versions: Select[*tuple[Any, ...]] = select(
            literal("version").label("table"),
            col(Version.id).label("id"),
            col(Version.review_id).label("review"),
            col(Version.room_id).label("room"),
            col(Version.object_name).label("object"),
            col(Version.size).label("size"),
            col(Version.wrapped_key).label("wrapped"),
        ).where(~destroyed)
        copies: Select[*tuple[Any, ...]] = select(
            literal("note_copy"),
            col(NoteCopy.id),
            null(),
            null(),
            col(NoteCopy.object_name),
            col(NoteCopy.size),
            col(NoteCopy.wrapped_key),
        )
        exhibits: Select[*tuple[Any, ...]] = select(
            literal("exhibit"),
            col(Exhibit.id),
            col(Exhibit.case_id),
            null(),
            col(Exhibit.object_name),
            col(Exhibit.size),
            col(Exhibit.wrapped_key),
        )
        planned: Select[*tuple[Any, ...]] = select(
            literal("publication"),
            col(Publication.id),
            col(Publication.review_id),
            null(),
            col(Publication.object_name),
            col(Publication.size),
            col(Publication.wrapped_key),
        ).where(col(Publication.cancelled_at).is_(None))
        public: Select[*tuple[Any, ...]] = select(
            literal("public_file"),
            col(PublicFile.id),
            null(),
            null(),
            col(PublicFile.object_name),
            col(PublicFile.size),
            null(),
        ).where(col(PublicFile.withdrawn_at).is_(None))
        summaries: Select[*tuple[Any, ...]] = select(
            literal("summary_language"),
            col(SummaryLanguage.id),
            null(),
            null(),
            col(SummaryLanguage.object_name),
            col(SummaryLanguage.size),
            col(SummaryLanguage.wrapped_key),
        )
        every = union_all(versions, copies, exhibits, summaries, planned, public).subquery()
        question = select(every).order_by(every.c.object).execution_options(yield_per=PIECE)
        for table, one, review, room, name, size, wrapped in self._session.execute(question):
            yield Content(table, one, _content_scope(table, review, room), name, size, wrapped)

    def key_versions(self) -> Iterator[Row[str, int, str, datetime]]:
        """Walk all key versions with the provider as holder, or None: scope, version, holder, when it was made."""
        same = (col(KeyHolder.scope) == col(KeyVersion.scope)) & (col(KeyHolder.version) == col(KeyVersion.version))
        held = same & (col(KeyHolder.holder) == PROVIDER)
        question = select(
            col(KeyVersion.scope), col(KeyVersion.version), col(KeyHolder.holder), col(KeyVersion.created_at)
        )
        question = question.outerjoin(KeyHolder, held).order_by(col(KeyVersion.scope), col(KeyVersion.version))
        yield from self._session.execute(question.execution_options(yield_per=PIECE))

    def sealed(self, field: Sealed) -> Iterator[tuple[str, Scope, bytes]]:
        """Walk a table's sealed fields: the row's name, the scope of the key, the sealed value.

        Raises:
            ValueError: A row holds what can't even be read as its column's type.

        """
        table = field.table.__table__
        for row in self._session.execute(select(table).execution_options(yield_per=PIECE)).mappings():
            for column in field.columns:
                if row[column] is not None:
                    yield f"{table.name}/{row['id']}", field.scope(row), row[column]

    def streamless(self) -> list[tuple[str, UUID]]:
        """Find reviews and rooms without a stream of their own."""
        owners = union_all(
            select(literal("review").label("kind"), col(Review.id).label("id")),
            select(literal("room").label("kind"), col(Room.id).label("id")),
        ).subquery()
        question = select(owners.c.kind, owners.c.id).outerjoin(Stream, col(Stream.id) == owners.c.id)
        return [(row[0], row[1]) for row in self._session.execute(question.where(col(Stream.id).is_(None)))]

    def homeless_events(self) -> int:
        """Count events of streams that are not there."""
        question = select(func.count()).select_from(Event).outerjoin(Stream, col(Stream.id) == col(Event.stream_id))
        return self._session.scalar(question.where(col(Stream.id).is_(None))) or 0

    def stray_outcomes(self) -> Iterator[tuple[UUID, int]]:
        """Find outcomes without an intent in the same stream: stream and number."""
        intent = aliased(Event)
        same = (col(intent.id) == col(Event.intent_id)) & (col(intent.stream_id) == col(Event.stream_id))
        question = select(col(Event.stream_id), col(Event.number)).outerjoin(intent, same)
        question = question.where(col(Event.intent_id).is_not(None), col(intent.id).is_(None))
        for row in self._session.execute(question):
            yield row[0], row[1]
