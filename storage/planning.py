"""Tables of the schedule: a review's timetable and beginning, what was set for its steps, and calendar feeds.

Dates are plain, as all times are; why something was set is sealed under the key of the shared room, which everybody
who sees the schedule may open. Each row is one change: the newest counts, none is rewritten (storage/triggers.py).
"""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from storage.columns import Guarded, Row, moment, perhaps, where


class ReviewSchedule(Guarded, Row, table=True):
    """That an officer gave a review a timetable and a beginning; room: the shared one, whose key seals the reason."""

    __tablename__: ClassVar[str] = "review_schedule"
    __table_args__ = (
        UniqueConstraint("review_id", "number"),
        ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    room_id: UUID
    number: int  # counted in its review, from 1
    timetable: str = Field(max_length=20)
    begins: date
    reason: bytes | None = None  # of the first one nobody asks why
    set_by: UUID = Field(foreign_key="person.id")
    set_at: datetime = moment()
    mac: bytes = b""


class ScheduleStep(Guarded, Row, table=True):
    """What an officer set for a step of a review's schedule, all of it at once."""

    __tablename__: ClassVar[str] = "schedule_step"
    __table_args__ = (
        UniqueConstraint("review_id", "number"),
        ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    room_id: UUID
    number: int  # counted in its review, from 1
    step: str = Field(max_length=20)
    agreed: date | None = None
    by_text: date | None = None  # in place of what the timetable gives
    done: date | None = None
    left_out: bool = False
    reason: bytes
    set_by: UUID = Field(foreign_key="person.id")
    set_at: datetime = moment()
    mac: bytes = b""


class CalendarFeed(Guarded, Row, table=True):
    """A secret address under which somebody's calendar reads their dates; the token itself is nowhere."""

    __tablename__: ClassVar[str] = "calendar_feed"
    __table_args__ = (Index("feed_once", "person_id", unique=True, **where("ended_at IS NULL")),)
    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    appointment_id: UUID = Field(foreign_key="appointment.id")  # under which it was made, and acts
    token_hash: bytes = Field(unique=True)
    created_at: datetime = moment()
    ended_at: datetime | None = perhaps()
    mac: bytes = b""
