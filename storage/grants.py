"""Tables of grants: that another State party reads a report (ToR 37).

A grant has a key of its own, so that neither the reviewing States nor the secretariat open what was asked for and why;
the titles of what it gives are sealed anew under it. What is granted stands in terms: changing them begins new ones and
ends the former in one transaction, so that what somebody could read at a moment stays known.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from storage.columns import Guarded, Row, moment, perhaps, where


class Grant(Guarded, Row, table=True):
    """That a State asked for access to a report, or was offered it; ended once."""

    __tablename__: ClassVar[str] = "access_grant"
    __table_args__ = (
        UniqueConstraint("review_id", "id"),
        Index("grant_once", "review_id", "state_code", unique=True, **where("ended_at IS NULL")),
        Index("grant_by_state", "state_code"),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    state_code: str = Field(foreign_key="state.code", max_length=3)  # the State that is to read
    offered: bool  # by the State under review; else the other State asked
    begun_by: UUID = Field(foreign_key="person.id")
    begun_at: datetime = moment()
    purpose: bytes
    accepted_by: UUID | None = Field(default=None, foreign_key="person.id")  # of an offer
    accepted_at: datetime | None = perhaps()
    ended_as: str | None = Field(default=None, max_length=20)  # an Ending
    ended_by: UUID | None = Field(default=None, foreign_key="person.id")
    ended_at: datetime | None = perhaps()
    end_reason: bytes | None = None
    mac: bytes = b""


class GrantTerms(Guarded, Row, table=True):
    """What a grant gives from a moment until the next terms, or its end."""

    __tablename__: ClassVar[str] = "grant_terms"
    __table_args__ = (
        UniqueConstraint("review_id", "id"),
        UniqueConstraint("grant_id", "number"),
        ForeignKeyConstraint(["review_id", "grant_id"], ["access_grant.review_id", "access_grant.id"]),
        Index("terms_once", "grant_id", unique=True, **where("until IS NULL")),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID
    grant_id: UUID
    number: int  # counted in its grant, from 1
    mode: str = Field(max_length=20)  # a Mode
    languages: str = Field(max_length=80)  # codes, separated by blanks
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    decided_by: UUID = Field(foreign_key="person.id")
    since: datetime = moment()
    until: datetime | None = perhaps()  # replaced, or the grant ended
    mac: bytes = b""


class GrantDocument(Guarded, Row, table=True):
    """A version that terms give; its title as it was then, under the grant's key."""

    __tablename__: ClassVar[str] = "grant_document"
    __table_args__ = (
        UniqueConstraint("terms_id", "version_id"),
        ForeignKeyConstraint(["review_id", "grant_id"], ["access_grant.review_id", "access_grant.id"]),
        ForeignKeyConstraint(["review_id", "terms_id"], ["grant_terms.review_id", "grant_terms.id"]),
        ForeignKeyConstraint(["review_id", "document_id"], ["document.review_id", "document.id"]),
        ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        Index("granted_version", "version_id"),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID
    grant_id: UUID
    terms_id: UUID
    document_id: UUID
    version_id: UUID
    title: bytes
    mac: bytes = b""


class GrantReader(Guarded, Row, table=True):
    """Somebody whom terms name."""

    __tablename__: ClassVar[str] = "grant_reader"
    __table_args__ = (UniqueConstraint("terms_id", "person_id"), Index("granted_reader", "person_id"))
    id: UUID = Field(primary_key=True)
    terms_id: UUID = Field(foreign_key="grant_terms.id")
    person_id: UUID = Field(foreign_key="person.id")
    mac: bytes = b""


class GrantNominee(Guarded, Row, table=True):
    """Somebody whom their own State named as a reader; whether they read is the State under review's to decide."""

    __tablename__: ClassVar[str] = "grant_nominee"
    __table_args__ = (UniqueConstraint("grant_id", "person_id"),)
    id: UUID = Field(primary_key=True)
    grant_id: UUID = Field(foreign_key="access_grant.id")
    person_id: UUID = Field(foreign_key="person.id")
    named_by: UUID = Field(foreign_key="person.id")
    named_at: datetime = moment()
    mac: bytes = b""


class GrantUndertaking(Guarded, Row, table=True):
    """That a reader undertook to respect the confidentiality of what a grant gives (ToR 37)."""

    __tablename__: ClassVar[str] = "grant_undertaking"
    __table_args__ = (UniqueConstraint("grant_id", "person_id"),)
    id: UUID = Field(primary_key=True)
    grant_id: UUID = Field(foreign_key="access_grant.id")
    person_id: UUID = Field(foreign_key="person.id")
    wording: str = Field(max_length=20)
    accepted_at: datetime = moment()
    mac: bytes = b""


class GrantHold(Guarded, Row, table=True):
    """Which grant a containment suspends."""

    __tablename__: ClassVar[str] = "grant_hold"
    containment_id: UUID = Field(primary_key=True, foreign_key="containment.id")
    grant_id: UUID = Field(foreign_key="access_grant.id", index=True)
    mac: bytes = b""


class ConcernGrant(Guarded, Row, table=True):
    """Under which grant whoever filed a concern reads, or their State does."""

    __tablename__: ClassVar[str] = "concern_grant"
    concern_id: UUID = Field(primary_key=True, foreign_key="concern.id")
    grant_id: UUID = Field(foreign_key="access_grant.id", index=True)
    mac: bytes = b""


class CaseGrant(Guarded, Row, table=True):
    """That a case is about what a grant gave: the State that reads under it is one of those concerned."""

    __tablename__: ClassVar[str] = "case_grant"
    __table_args__ = (UniqueConstraint("case_id", "grant_id"),)
    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="breach_case.id")
    grant_id: UUID = Field(foreign_key="access_grant.id", index=True)
    mac: bytes = b""


class MarkedCopy(Guarded, Row, table=True):
    """A marked copy that left, under a grant or not: its number is in every page, and leads back to whoever took it."""

    __tablename__: ClassVar[str] = "marked_copy"
    __table_args__ = (
        ForeignKeyConstraint(["review_id", "grant_id"], ["access_grant.review_id", "access_grant.id"]),
        ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        Index("copy_by_grant", "grant_id"),
    )
    id: UUID = Field(primary_key=True)
    number: str = Field(unique=True, max_length=20)  # as people read it; random: it tells nothing of how many there are
    review_id: UUID
    grant_id: UUID | None = None  # under which it left; none: to whoever reads the file itself, or its summary
    version_id: UUID
    person_id: UUID = Field(foreign_key="person.id")
    event_id: UUID  # of the log: who asked, when, under which rule
    made_at: datetime = moment()
    mac: bytes = b""
