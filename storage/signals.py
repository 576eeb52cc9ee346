"""Tables of signals: what rules found in the log, what came of it, and what is being counted.

A signal names a person, a review and numbers, no document and no title. What is counted of a person between two looks
at the log is sealed, and lies under a keyed hash of their id: the database alone doesn't tell who did what.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from storage.columns import Guarded, Row, large, moment


class Signal(Guarded, Row, table=True):
    """That a rule's limit was reached about a person; triggers refuse every change and every deletion."""

    __table_args__ = (Index("signal_by_time", "at"),)
    id: UUID = Field(primary_key=True)  # a keyed hash of rule, person and time: one is never raised twice
    rule: str = Field(max_length=40)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    review_id: UUID | None = Field(default=None, foreign_key="review.id")  # None: none, or several
    at: datetime = moment()  # of the event by which the limit was reached
    raised_at: datetime = moment()
    count: int
    threshold: int
    window_minutes: int
    mac: bytes = b""


class SignalStep(Guarded, Row, table=True):
    """What a confidentiality officer did with a signal, in order; likewise for good."""

    __tablename__: ClassVar[str] = "signal_step"
    __table_args__ = (Index("signal_step_by_signal", "signal_id", "at"),)
    id: UUID = Field(primary_key=True)
    signal_id: UUID = Field(foreign_key="signal.id")
    kind: str = Field(max_length=20)  # a Standing
    done_by: UUID = Field(foreign_key="person.id")
    at: datetime = moment()
    reason: bytes | None = None
    mac: bytes = b""


class SignalCounts(Row, table=True):
    """What is counted of a person, sealed."""

    __tablename__: ClassVar[str] = "signal_counts"
    id: UUID = Field(primary_key=True)  # a keyed hash of the person's id
    counts: bytes
    changed_at: datetime = moment()


class SignalReading(Row, table=True):
    """Up to where the log was read for signals; a keyed mark shows that the portal wrote it."""

    __tablename__: ClassVar[str] = "signal_reading"
    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # 1: there is one
    position: int = large()
    mark: bytes
