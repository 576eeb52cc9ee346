"""Tables of breach cases: concerns, and cases with their steps.

What is written is sealed under a key of the concern or the case alone, so that nobody opens it with a permit on
anything else. Plain are ids, times and States: the policies decide over them. A case's steps are moments, set once.
"""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from storage.columns import Guarded, Row, large, moment, perhaps, where
from storage.permits import Scope, case_scope, submission_scope

SUBMITTED = frozenset({"submission", "disclosure", "decision"})  # entries that the Oversight Group reads


def entry_scope(case: UUID, kind: str) -> Scope:
    """Name the scope under whose key an entry of a case's record is sealed."""
    return submission_scope(case) if kind in SUBMITTED else case_scope(case)


class Concern(Guarded, Row, table=True):
    """That somebody is concerned about the confidentiality of a file; set aside or taken up once."""

    __table_args__ = (
        Index("concern_by_review", "review_id", "filed_at"),
        Index("concern_open", "filed_at", "id", **where("ended_at IS NULL")),
        Index("concern_ended", "filed_at", "id", **where("ended_at IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    filed_by: UUID = Field(foreign_key="person.id", index=True)
    filed_at: datetime = moment()
    about_person: UUID | None = Field(default=None, foreign_key="person.id")
    told: bytes  # JSON: nature, language, what, when, where, damage, documents
    ended_at: datetime | None = perhaps()
    ended_by: UUID | None = Field(default=None, foreign_key="person.id")
    case_id: UUID | None = None  # what it became; without one, it was set aside
    reason: bytes | None = None  # why it was set aside
    mac: bytes = b""


class BreachCase(Guarded, Row, table=True):
    """A case: proposed by one person and registered by a second one."""

    __tablename__: ClassVar[str] = "breach_case"
    __table_args__ = (
        Index("case_by_review", "review_id"),
        Index("case_by_state", "person_state"),
        Index("case_open", "number", **where("closed_at IS NULL AND declined_at IS NULL")),
    )
    id: UUID = Field(primary_key=True)
    number: int = Field(unique=True)
    review_id: UUID = Field(foreign_key="review.id")
    concern_id: UUID | None = Field(default=None, foreign_key="concern.id", index=True)
    exercise: bool = False  # on invented data, from its beginning
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)  # whom it concerns
    person_state: str | None = Field(default=None, foreign_key="state.code", max_length=3)
    subject: bytes  # what it is about, without anything confidential of the file
    grounds: bytes  # what is alleged, and on what it rests
    proposed_by: UUID = Field(foreign_key="person.id")
    proposed_at: datetime = moment()
    confirmed_by: UUID | None = Field(default=None, foreign_key="person.id")
    confirmed_at: datetime | None = perhaps()
    declined_by: UUID | None = Field(default=None, foreign_key="person.id")
    declined_at: datetime | None = perhaps()
    asked_at: datetime | None = perhaps()  # the person concerned was asked to be heard
    answer_by: datetime | None = perhaps()
    heard_at: datetime | None = perhaps()
    found_at: datetime | None = perhaps()
    submitted_at: datetime | None = perhaps()
    disclosed_at: datetime | None = perhaps()  # the State under review gave the Group the version in full
    closed_at: datetime | None = perhaps()
    mac: bytes = b""


class Containment(Guarded, Row, table=True):
    """That somebody, or everybody, is held back while a case is looked into; begun and lifted, never rewritten."""

    __table_args__ = (
        Index("containment_by_case", "case_id"),
        Index("containment_of_person", "person_id", **where("lifted_at IS NULL")),
        Index("containment_by_person", "person_id"),
        Index("containment_by_review", "review_id"),
    )
    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="breach_case.id")
    review_id: UUID = Field(foreign_key="review.id")
    kind: str = Field(max_length=20)  # everywhere, review, sessions, downloads
    person_id: UUID | None = Field(default=None, foreign_key="person.id")  # None: everybody in the review
    acts: bool = True  # False: an exercise, which touches nobody
    reason: bytes
    review_on: date  # when it is looked at again
    begun_by: UUID = Field(foreign_key="person.id")
    begun_at: datetime = moment()
    lifted_by: UUID | None = Field(default=None, foreign_key="person.id")
    lifted_at: datetime | None = perhaps()
    lift_reason: bytes | None = None
    mac: bytes = b""


class CaseEntry(Guarded, Row, table=True):
    """An entry of a case's record: numbered, dated, never changed, and bound to the entry before it."""

    __tablename__: ClassVar[str] = "case_entry"
    __table_args__ = (Index("case_entry_once", "case_id", "number", unique=True),)
    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="breach_case.id")
    number: int  # counted in its case, from 1
    kind: str = Field(max_length=20)
    made_by: UUID = Field(foreign_key="person.id")
    made_at: datetime = moment()
    said: bytes  # JSON
    outcome: bytes | None = None  # the word of a finding or a decision, sealed apart, for the yearly statement
    chain: bytes  # SHA-256 over the chain of the entry before and all that stands in this row
    mac: bytes = b""


class Exhibit(Guarded, Row, table=True):
    """A file that was brought as evidence: an entry of the record says what it is, from whom it came, and its hash.

    The content is a sealed object like a document's version's, its key wrapped by the case's; once the State under
    review gave it to the Oversight Group, also by that of what the Group has.
    """

    __table_args__ = (Index("exhibit_once", "case_id", "number", unique=True),)
    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="breach_case.id")
    number: int  # counted in its case, from 1
    object_name: str = Field(unique=True, max_length=32)
    size: int = large()  # bytes of plaintext
    media_type: str = Field(max_length=40)  # of a closed list
    wrapped_key: bytes
    given_key: bytes | None = None
    added_by: UUID = Field(foreign_key="person.id")
    added_at: datetime = moment()
    mac: bytes = b""
