"""The table of what people are told of their own accounts; it is an outbox too, like that of notices.

Nothing in it could tell a content: random ids, times, the kind of what happened. Sealed are an address that somebody
had before, and the sign-in link of an invitation, which goes when the mail has left.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from storage.columns import Row, moment, perhaps, where


class AccountNotice(Row, table=True):
    """That a person is told of something about an account: their own, or one that they care for."""

    __tablename__: ClassVar[str] = "account_notice"
    __table_args__ = (
        Index("account_notice_by_person", "person_id", "made_at"),
        Index("account_notice_by_about", "about", "made_at"),
        Index("account_notice_by_due", "due_at", **where("due_at IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    kind: str = Field(max_length=40)
    about: UUID | None = None  # another person, or the sign-in link of an invitation
    shown: bool = True  # in the portal too
    address: bytes | None = None  # where the mail goes, if not where the person's mail goes: as their row had it
    link: bytes | None = None
    made_at: datetime = moment()
    seen_at: datetime | None = perhaps()
    due_at: datetime | None = perhaps()
    mailed_at: datetime | None = perhaps()
    attempts: int = 0
    next_try_at: datetime | None = perhaps()
    claimed_until: datetime | None = perhaps()
    failure: str = Field(default="", max_length=80)  # the kind of the last error, never its words
