"""Signals, what is counted for them, and the part of the log that they are found in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, union_all
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.dialogue import Clarification, Entry
from storage.grants import MarkedCopy
from storage.signals import Signal, SignalCounts, SignalReading, SignalStep
from storage.tables import Document, Event, KeyHolder, Review, Room, Version
from storage.tree import TreeEntry


@dataclass(frozen=True, slots=True)
class Kinds:
    """Of which kinds of event the acts tell something, and of which the outcomes."""

    acts: Collection[int]
    outcomes: Collection[int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which signals: not about this person; of one rule, of those with or without a step of a kind."""

    but: UUID
    rule: str = ""
    having: str = ""  # with a step of this kind
    lacking: tuple[str, ...] = ()  # and none of these


class SignalRecords:
    """Signals, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # --- the log

    def size(self) -> int:
        """Tell how many entries the log's tree has."""
        last = self._session.scalar(select(func.max(col(TreeEntry.position))))
        return 0 if last is None else last + 1

    def first_since(self, at: datetime) -> int:
        """Find the first entry of the tree from a moment on, or where the next one will come."""
        question = select(func.min(col(TreeEntry.position))).join(Event, col(Event.id) == col(TreeEntry.event_id))
        found = self._session.scalar(question.where(col(Event.at) >= at))
        return self.size() if found is None else found

    def has_events(self, first: int, kinds: Kinds) -> bool:
        """Tell whether from an entry on there is an event of these kinds, or a refusal of any."""
        question = select(col(Event.id)).join(TreeEntry, col(Event.id) == col(TreeEntry.event_id))
        wanted = question.where(col(TreeEntry.position) >= first, _watched(kinds)).limit(1)
        return self._session.scalar(wanted) is not None

    def events(self, first: int, until: int, kinds: Kinds) -> Sequence[Event]:
        """List the events of these kinds and the refusals of any, of a part of the tree, in its order."""
        question = select(Event).join(TreeEntry, col(Event.id) == col(TreeEntry.event_id))
        part = question.where(col(TreeEntry.position) >= first, col(TreeEntry.position) < until)
        return self._session.scalars(part.where(_watched(kinds)).order_by(col(TreeEntry.position))).all()

    def has_key(self, scope: str) -> bool:
        """Tell whether anybody still holds the key of a scope."""
        return self._session.scalar(select(col(KeyHolder.scope)).where(col(KeyHolder.scope) == scope)) is not None

    def reading(self) -> SignalReading | None:
        """Find up to where the log was read."""
        return self._session.get(SignalReading, 1)

    def put_reading(self, row: SignalReading) -> None:
        """Write up to where the log was read."""
        self._session.merge(row)

    # --- what events speak of

    def reviews_of(self, ids: Collection[UUID]) -> dict[UUID, UUID]:
        """Tell to which review a thing belongs, by its id alone; of other ids nothing."""
        things: list[Select[*tuple[Any, ...]]] = [
            select(col(Review.id).label("id"), col(Review.id).label("review")).where(col(Review.id).in_(ids))
        ]
        things += [
            select(col(table.id), col(table.review_id)).where(col(table.id).in_(ids))
            for table in (Room, Document, Version, Clarification, Entry)
        ]
        return {row[0]: row[1] for row in self._session.execute(union_all(*things))}

    def copies(self, numbers: Collection[str]) -> Sequence[MarkedCopy]:
        """Find the marked copies that left with these numbers."""
        return self._session.scalars(select(MarkedCopy).where(col(MarkedCopy.number).in_(numbers))).all()

    def states_of(self, reviews: Collection[UUID]) -> dict[UUID, str]:
        """Tell which State each of these reviews is of."""
        rows = self._session.execute(select(col(Review.id), col(Review.state_code)).where(col(Review.id).in_(reviews)))
        return {row[0]: row[1] for row in rows}

    # --- counting

    def counts(self, ids: Collection[UUID]) -> dict[UUID, SignalCounts]:
        """Find what is counted under these keyed hashes."""
        rows = self._session.scalars(select(SignalCounts).where(col(SignalCounts.id).in_(ids)))
        return {row.id: row for row in rows}

    def put_counts(self, rows: Mapping[UUID, bytes], at: datetime) -> None:
        """Write what is counted."""
        for key, counts in rows.items():
            self._session.merge(SignalCounts(id=key, counts=counts, changed_at=at))

    # --- signals

    def add(self, row: Signal | SignalStep) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()

    def find(self, signal_id: UUID) -> Signal | None:
        """Find a signal."""
        return self._session.get(Signal, signal_id)

    def page(self, chosen: Chosen, start: int, most: int) -> Sequence[Signal]:
        """List signals: those that nobody has looked at first, newest first."""
        new = ~_has_step(None)
        question = (
            select(Signal).where(*_conditions(chosen)).order_by(new.desc(), col(Signal.at).desc(), col(Signal.id))
        )
        return self._session.scalars(question.offset(start).limit(most)).all()

    def count(self, chosen: Chosen) -> int:
        """Count signals."""
        return self._session.scalar(select(func.count()).select_from(Signal).where(*_conditions(chosen))) or 0

    def steps(self, signals: Collection[UUID]) -> Sequence[SignalStep]:
        """List what was done with these signals, oldest first."""
        question = select(SignalStep).where(col(SignalStep.signal_id).in_(signals))
        return self._session.scalars(question.order_by(col(SignalStep.at), col(SignalStep.id))).all()


def _watched(kinds: Kinds) -> ColumnElement[bool]:
    done = col(Event.kind).in_(kinds.acts) & (col(Event.phase) != "outcome")
    ended = col(Event.kind).in_(kinds.outcomes) & (col(Event.phase) == "outcome")
    return or_(done, ended, col(Event.phase) == "refusal")


def _has_step(kind: str | None) -> ColumnElement[bool]:
    of_it = exists().where(col(SignalStep.signal_id) == col(Signal.id))
    return of_it if kind is None else of_it.where(col(SignalStep.kind) == kind)


def _conditions(chosen: Chosen) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [col(Signal.person_id) != chosen.but]
    conditions += [col(Signal.rule) == chosen.rule] if chosen.rule else []
    conditions += [_has_step(chosen.having)] if chosen.having else []
    return conditions + [~_has_step(kind) for kind in chosen.lacking]
