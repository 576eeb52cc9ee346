"""The Merkle tree's rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Row, Select, String, cast, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from storage.engines import POSTGRESQL
from storage.tables import Event
from storage.tree import (
    Cosignature,
    DayCount,
    Lease,
    MonthCount,
    TreeEntry,
    TreeHead,
    TreeTile,
    WaitingEvent,
    WitnessAsked,
)

# by which part of an event's time it is counted, and how many letters of it that is
_COUNTED: Final[dict[type[MonthCount | DayCount], tuple[str, int]]] = {MonthCount: ("month", 7), DayCount: ("day", 10)}


def _by(letters: int, within: type[TreeEntry | WaitingEvent]) -> Select[str, int, str, int]:
    when = func.substr(cast(col(Event.at), String), 1, letters)
    counted = select(when, col(Event.kind), col(Event.phase), func.count())
    return counted.join(within, col(within.event_id) == col(Event.id)).group_by(when, col(Event.kind), col(Event.phase))


class TreeRecords:
    """The tree, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def head(self) -> TreeHead | None:
        """Find the newest checkpoint."""
        return self._session.scalar(select(TreeHead).order_by(col(TreeHead.size).desc()).limit(1))

    def heads(self) -> Iterator[TreeHead]:
        """Walk all checkpoints, by size."""
        yield from self._session.scalars(select(TreeHead).order_by(col(TreeHead.size)).execution_options(yield_per=500))

    def is_waiting(self) -> bool:
        """Tell whether an event isn't in the tree yet."""
        return self._session.scalar(select(col(WaitingEvent.id)).limit(1)) is not None

    def count_waiting(self) -> int:
        """Count the events that aren't in the tree yet."""
        return self._session.scalar(select(func.count()).select_from(WaitingEvent)) or 0

    def waiting_since(self) -> datetime | None:
        """Tell from when the event is that has waited longest."""
        question = select(col(Event.at)).join(WaitingEvent, col(WaitingEvent.event_id) == col(Event.id))
        return self._session.scalar(question.order_by(col(WaitingEvent.id)).limit(1))

    def place(self, first: int, limit: int) -> None:
        """Give events that wait their places from one on, in the order in which they came."""
        order = col(WaitingEvent.id)
        batch = select(order).order_by(order).limit(limit).subquery()
        last = self._session.scalar(select(func.max(batch.c.id)))  # or all that waits beyond is looked through, too
        if last is None:
            return
        position = (func.row_number().over(order_by=order) + (first - 1)).label("position")
        oldest = select(position, col(Event.id)).join(Event, col(Event.id) == col(WaitingEvent.event_id))
        oldest = oldest.order_by(order).limit(limit)
        self._session.execute(insert(TreeEntry).from_select(["position", "event_id"], oldest))
        placed = select(col(TreeEntry.event_id)).where(col(TreeEntry.position) >= first)
        self._session.execute(delete(WaitingEvent).where(order <= last, col(WaitingEvent.event_id).in_(placed)))

    def count_times(self, first: int) -> None:
        """Add the entries from one on to what is counted by month, and by day."""
        for table, (name, letters) in _COUNTED.items():
            new = _by(letters, TreeEntry).where(col(TreeEntry.position) >= first)
            writing = self._upsert(table).from_select([name, "kind", "phase", "count"], new)
            more = {"count": col(table.count) + writing.excluded.count}
            self._session.execute(writing.on_conflict_do_update(index_elements=[name, "kind", "phase"], set_=more))

    def months(self, since: str = "") -> Sequence[MonthCount]:
        """Find what was counted, from a month on."""
        return self._session.scalars(select(MonthCount).where(col(MonthCount.month) >= since)).all()

    def days(self, since: str = "") -> Sequence[tuple[str, int, str, int]]:
        """Find how often each kind came by day, from a day on: day, kind, phase, how often; what still waits, too."""
        counted = self._session.scalars(select(DayCount).where(col(DayCount.day) >= since))
        waiting = self._session.execute(_by(10, WaitingEvent)).all()
        found = Counter({(row.day, row.kind, row.phase): row.count for row in counted})
        found.update({(day, kind, phase): count for day, kind, phase, count in waiting if day >= since})
        return [(*key, count) for key, count in found.items()]

    def counts_differ(self) -> bool:
        """Tell whether what is counted by month and by day isn't what is in the tree: takes as long as the log."""
        for table, (name, letters) in _COUNTED.items():
            columns = (getattr(table, name), table.kind, table.phase, table.count)
            kept = set(map(tuple, self._session.execute(select(*map(col, columns)))))
            if kept != set(map(tuple, self._session.execute(_by(letters, TreeEntry)))):
                return True
        return False

    def size(self) -> int:
        """Tell how many events have their places."""
        newest = self._session.scalar(select(func.max(col(TreeEntry.position))))
        return 0 if newest is None else newest + 1

    def new_kinds(self, first: int, end: int, most: int) -> set[int] | None:
        """Find of which kinds the events are that still wait, and those from a place to before another one.

        None: more wait than are to be looked through.
        """
        of_waiting = select(col(Event.kind)).join(WaitingEvent, col(WaitingEvent.event_id) == col(Event.id))
        waiting = self._session.scalars(of_waiting.limit(most + 1)).all()
        if len(waiting) > most:
            return None
        of_placed = select(col(Event.kind)).join(TreeEntry, col(TreeEntry.event_id) == col(Event.id))
        of_placed = of_placed.where(col(TreeEntry.position) >= first, col(TreeEntry.position) < end)
        return {*waiting, *self._session.scalars(of_placed.distinct())}

    def position(self, event: UUID) -> int | None:
        """Tell where an event stands in the tree; None: nowhere yet."""
        return self._session.scalar(select(col(TreeEntry.position)).where(col(TreeEntry.event_id) == event))

    def run(
        self, stream: UUID, size: int, since: datetime | None, until: datetime | None
    ) -> tuple[tuple[int, int], int]:
        """Find the first and the last number of a stream in a tree of so many entries, from a time to a time.

        How many numbers come after that, which are not in that tree, comes with it.
        """
        number, at, of_it = col(Event.number), col(Event.at), col(Event.stream_id) == stream
        before = [of_it] if until is None else [of_it, at < until]
        question = select(number).join(TreeEntry, col(TreeEntry.event_id) == col(Event.id))
        question = question.where(*before, col(TreeEntry.position) < size)
        last = self._session.scalar(question.order_by(number.desc()).limit(1)) or 0
        later = self._session.scalar(select(func.count()).select_from(Event).where(*before, number > last)) or 0
        first: int | None = 1
        if since is not None:
            first = self._session.scalar(select(number).where(of_it, at >= since).order_by(number).limit(1))
        first = last + 1 if first is None else min(first, last + 1)
        return (first, last), later

    def placed(self, stream: UUID, first: int, last: int, limit: int) -> Sequence[Row[Event, int | None]]:
        """Find a stream's events from a number to a number, each with its place in the tree."""
        question = select(Event, col(TreeEntry.position)).outerjoin(TreeEntry, col(TreeEntry.event_id) == col(Event.id))
        question = question.where(col(Event.stream_id) == stream, col(Event.number) >= first, col(Event.number) <= last)
        return self._session.execute(question.order_by(col(Event.number)).limit(limit)).all()

    def tile(self, level: int, number: int) -> bytes | None:
        """Find a tile as far as it has grown."""
        return self._session.scalar(
            select(col(TreeTile.hashes)).where(col(TreeTile.level) == level, col(TreeTile.number) == number)
        )

    def put_tiles(self, tiles: Mapping[tuple[int, int], bytes]) -> None:
        """Write tiles that are new or longer."""
        rows = [
            {"level": level, "number": number, "hashes": hashes} for (level, number), hashes in sorted(tiles.items())
        ]
        writing = self._upsert(TreeTile)
        self._session.execute(
            writing.on_conflict_do_update(index_elements=["level", "number"], set_={"hashes": writing.excluded.hashes}),
            rows,
        )

    def put_head(self, head: TreeHead) -> None:
        """Write a checkpoint."""
        self._session.add(head)
        self._session.flush()

    def lease(self, name: str) -> Lease | None:
        """Find who does something that one does at a time."""
        return self._session.get(Lease, name)

    def put_lease(self, lease: Lease) -> None:
        """Write who does it from now on."""
        self._session.merge(lease)
        self._session.flush()

    def head_of(self, size: int) -> TreeHead | None:
        """Find the checkpoint of a size."""
        return self._session.get(TreeHead, size)

    def put_cosignatures(self, rows: Sequence[Cosignature]) -> None:
        """Write what witnesses signed; of what is there already, the first stays."""
        if rows:
            told = [row.model_dump() for row in rows]
            self._session.execute(self._upsert(Cosignature).on_conflict_do_nothing(), told)

    def cosignatures(self, size: int) -> Sequence[Cosignature]:
        """Find what witnesses signed of the tree of a size, in the order of their names."""
        question = select(Cosignature).where(col(Cosignature.size) == size)
        return self._session.scalars(question.order_by(col(Cosignature.signer), col(Cosignature.key_id))).all()

    def cosigned_sizes(self, limit: int) -> Sequence[int]:
        """Find the sizes of which a witness signed one, from the newest on."""
        question = select(col(Cosignature.size)).distinct().order_by(col(Cosignature.size).desc())
        return self._session.scalars(question.limit(limit)).all()

    def newest_cosignature(self, signer: str, key_id: bytes) -> Cosignature | None:
        """Find what a key of a witness signed last."""
        question = select(Cosignature).where(col(Cosignature.signer) == signer, col(Cosignature.key_id) == key_id)
        return self._session.scalar(question.order_by(col(Cosignature.size).desc()).limit(1))

    def all_cosignatures(self) -> Iterator[Cosignature]:
        """Walk all that witnesses signed, by size."""
        question = select(Cosignature).order_by(col(Cosignature.size)).execution_options(yield_per=500)
        yield from self._session.scalars(question)

    def asked(self) -> Sequence[WitnessAsked]:
        """Find how witnesses answered last."""
        return self._session.scalars(select(WitnessAsked)).all()

    def put_asked(self, row: WitnessAsked) -> None:
        """Write how a witness answered."""
        self._session.merge(row)

    def leaves(self, first: int, count: int) -> Sequence[Row[bytes, bytes, int, str]]:
        """Find leaf, tag, kind and phase of the entries from one on."""
        question = (
            select(col(Event.leaf), col(Event.tag), col(Event.kind), col(Event.phase))
            .join(TreeEntry, col(TreeEntry.event_id) == col(Event.id))
            .where(col(TreeEntry.position) >= first, col(TreeEntry.position) < first + count)
        )
        return self._session.execute(question.order_by(col(TreeEntry.position))).all()

    def entries(self) -> Iterator[Row[int, bytes, bytes]]:
        """Walk all entries: position, leaf, tag."""
        question = select(col(TreeEntry.position), col(Event.leaf), col(Event.tag)).join(
            Event, col(TreeEntry.event_id) == col(Event.id)
        )
        yield from self._session.execute(question.order_by(col(TreeEntry.position)).execution_options(yield_per=1000))

    def count_tiles(self) -> int:
        """Count the tiles."""
        return self._session.scalar(select(func.count()).select_from(TreeTile)) or 0

    def astray(self) -> int:
        """Count events that are neither in the tree nor waiting for it."""
        question = (
            select(func.count())
            .select_from(Event)
            .outerjoin(TreeEntry, col(TreeEntry.event_id) == col(Event.id))
            .outerjoin(WaitingEvent, col(WaitingEvent.event_id) == col(Event.id))
            .where(col(TreeEntry.position).is_(None), col(WaitingEvent.id).is_(None))
        )
        return self._session.scalar(question) or 0

    def _upsert(self, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
        if self._session.get_bind().dialect.name == POSTGRESQL:
            return postgresql.insert(table)
        return sqlite.insert(table)
