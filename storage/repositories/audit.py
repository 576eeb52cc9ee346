"""Events and streams in the database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, and_, insert, literal, or_, select, tuple_, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from storage.columns import UtcTime
from storage.errors import StoreUnavailable
from storage.tables import Document, Event, Stream, Version

# written into the statement: of a value that comes apart from it no database knows that a partial index covers it
_IS_INTENT = col(Event.phase) == literal("intent", literal_execute=True)

Cursor = tuple[datetime, int, UUID]  # time, number and stream of the last event read


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: of these streams, about one document (by each stream's keyed mark), older than, from, to."""

    streams: tuple[UUID, ...]
    about: Mapping[UUID, bytes] | None = None
    after: Cursor | None = None
    since: datetime | None = None
    until: datetime | None = None

    def of_stream(self, stream: UUID, limit: int) -> Select[tuple[UUID, datetime, int]]:
        """Give the keys of one stream's newest ones; an index answers it alone."""
        question = select(col(Event.stream_id), col(Event.at), col(Event.number)).where(col(Event.stream_id) == stream)
        if self.about is not None:
            question = question.where(col(Event.about) == self.about[stream])
        if self.since is not None:
            question = question.where(col(Event.at) >= self.since)
        if self.until is not None:
            question = question.where(col(Event.at) < self.until)
        if self.after is not None:
            at, number, last = self.after
            here = tuple_(col(Event.at), col(Event.number))
            there = tuple_(literal(at, UtcTime), literal(number))
            question = question.where(here <= there if stream < last else here < there)
        question = question.order_by(col(Event.at).desc(), col(Event.number).desc()).limit(limit)
        newest = question.subquery()
        return select(newest.c.stream_id, newest.c.at, newest.c.number)


class AuditRecords:
    """The log's rows, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_stream(self, stream: UUID, kind: str, review: UUID | None = None, room: UUID | None = None) -> None:
        """Begin a stream."""
        self._session.add(Stream(id=stream, kind=kind, review_id=review, room_id=room))

    def take_numbers(self, stream: UUID, count: int) -> int:
        """Take the next `count` numbers of a stream; gives the first. Its row stays locked until the commit."""
        following = self._session.scalar(
            update(Stream)
            .where(col(Stream.id) == stream)
            .values(next_number=col(Stream.next_number) + count)
            .returning(col(Stream.next_number))
        )
        if following is None:
            raise LookupError(f"no stream {stream}")
        return int(following) - count

    def append(self, rows: Sequence[dict[str, object]]) -> None:
        """Write events.

        Raises:
            StoreUnavailable: The log doesn't take them, whatever the reason: then nothing is done or shown.

        """
        try:
            self._session.execute(insert(Event), list(rows))
        except IntegrityError as error:
            raise StoreUnavailable("the log refuses the event") from error

    def page(self, wanted: Wanted, limit: int) -> Sequence[Event]:
        """Find the newest events of streams, newest first; reads `limit` rows, however long the streams are.

        Each stream gives its newest ones by index alone; of these the newest of all are read as rows.
        """
        newest = union_all(*(wanted.of_stream(stream, limit) for stream in wanted.streams)).subquery()
        keys = select(newest).order_by(newest.c.at.desc(), newest.c.number.desc(), newest.c.stream_id.desc())
        chosen = keys.limit(limit).subquery()
        question = select(Event).join(
            chosen, and_(col(Event.stream_id) == chosen.c.stream_id, col(Event.number) == chosen.c.number)
        )
        order = (col(Event.at).desc(), col(Event.number).desc(), col(Event.stream_id).desc())
        return self._session.scalars(question.order_by(*order)).all()

    def ends_and_beginnings(self, intents: Sequence[UUID], begun: Sequence[UUID]) -> Sequence[Event]:
        """Find the outcomes of intents, and events (intents, of outcomes) by their ids."""
        which = or_(col(Event.intent_id).in_(intents), col(Event.id).in_(begun))
        return self._session.scalars(select(Event).where(which)).all()

    def documents(
        self, rooms: Sequence[UUID], documents: Sequence[UUID], versions: Sequence[UUID]
    ) -> Sequence[Row[Document, Version | None]]:
        """Find the documents of these rooms that events speak of, with the versions that they speak of."""
        which = and_(col(Version.document_id) == col(Document.id), col(Version.id).in_(versions))
        question = select(Document, Version).outerjoin(Version, which)
        question = question.where(col(Document.id).in_(documents), col(Document.room_id).in_(rooms))
        return self._session.execute(question).all()

    def streams(self) -> Sequence[Stream]:
        """List all streams."""
        return self._session.scalars(select(Stream)).all()

    def whole(self, stream: UUID) -> Iterator[Event]:
        """Walk a stream from its first event to its last."""
        question = select(Event).where(col(Event.stream_id) == stream).order_by(col(Event.number))
        yield from self._session.scalars(question.execution_options(yield_per=500))

    def has_outcome(self, intent: UUID) -> bool:
        """Tell whether an intent has an outcome."""
        return self._session.scalar(select(col(Event.id)).where(col(Event.intent_id) == intent).limit(1)) is not None

    def open_intents(self, before: datetime) -> Sequence[Row[UUID, UUID, int]]:
        """Find intents without an outcome that began before a moment: event, stream, kind."""
        outcome = aliased(Event)
        return self._session.execute(
            select(col(Event.id), col(Event.stream_id), col(Event.kind))
            .outerjoin(outcome, col(outcome.intent_id) == col(Event.id))
            .where(_IS_INTENT, col(Event.at) < before, col(outcome.id).is_(None))
        ).all()
