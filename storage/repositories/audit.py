"""Events and streams in the database."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from storage.tables import Event, Stream


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
        """Write events."""
        self._session.execute(insert(Event), list(rows))

    def page(
        self,
        streams: Sequence[UUID],
        *,
        about: Sequence[bytes] | None = None,
        before: datetime | None = None,
        limit: int,
    ) -> Sequence[Event]:
        """Find the newest events of streams, newest first; with `about`, those whose document's mark is one of them."""
        question = select(Event).where(col(Event.stream_id).in_(streams))
        if about is not None:
            question = question.where(col(Event.about).in_(about))
        if before is not None:
            question = question.where(col(Event.at) < before)
        question = question.order_by(col(Event.at).desc(), col(Event.number).desc()).limit(limit)
        return self._session.scalars(question).all()

    def streams(self) -> Sequence[Stream]:
        """List all streams."""
        return self._session.scalars(select(Stream)).all()

    def whole(self, stream: UUID) -> Iterator[Event]:
        """Walk a stream from its first event to its last."""
        question = select(Event).where(col(Event.stream_id) == stream).order_by(col(Event.number))
        yield from self._session.scalars(question.execution_options(yield_per=500))

    def open_intents(self, before: datetime) -> Sequence[Row[UUID, UUID, int]]:
        """Find intents without an outcome that began before a moment: event, stream, kind."""
        outcome = aliased(Event)
        return self._session.execute(
            select(col(Event.id), col(Event.stream_id), col(Event.kind))
            .outerjoin(outcome, col(outcome.intent_id) == col(Event.id))
            .where(col(Event.phase) == "intent", col(Event.at) < before, col(outcome.id).is_(None))
        ).all()
