"""Tables of notices: who is told of what, and what of it waits to go out by mail.

Transactional outbox: a notice is written in the transaction of the act that it tells of, and the worker that sends
mail takes it from here. Nothing in it could tell a content: random ids, times, the kind of what happened.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from storage.columns import Row, moment, perhaps, where


class Notice(Row, table=True):
    """That a person is told of something; the policies are asked again whenever it is shown or sent.

    It waits for the mail while `due_at` is set; that is taken away once it was mailed, was seen in the portal, or is
    about something that the person may not open any more.
    """

    __tablename__: ClassVar[str] = "notice"
    __table_args__ = (
        ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
        Index("notice_by_person", "person_id", "made_at"),
        Index("notice_by_due", "due_at", **where("due_at IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    room_id: UUID | None = None
    kind: str = Field(max_length=40)
    action: str = Field(max_length=40)  # what the person must be allowed on it
    about: UUID
    person_id: UUID = Field(foreign_key="person.id")
    made_at: datetime = moment()
    seen_at: datetime | None = perhaps()
    due_at: datetime | None = perhaps()
    mailed_at: datetime | None = perhaps()
    attempts: int = 0
    next_try_at: datetime | None = perhaps()
    claimed_until: datetime | None = perhaps()
    failure: str = Field(default="", max_length=80)  # the kind of the last error, never its words


class NoticeSetting(Row, table=True):
    """How often a person wants to be told by mail; without a row, at once."""

    __tablename__: ClassVar[str] = "notice_setting"
    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    often: str = Field(max_length=20)
