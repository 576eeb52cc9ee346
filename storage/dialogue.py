"""The tables of the dialogue: clarifications, their entries, and what stands beside them (ToR 22-24, GL 16-24).

Texts and subjects are sealed under the key of the room that they lie in. What was sent never changes: triggers refuse
to rewrite it, and a correction is an entry of its own.
"""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from storage.columns import Guarded, Row, moment, perhaps, where


class ClearanceSetting(Guarded, Row, table=True):
    """Whether a reviewing State's focal point clears the questions of its experts before they are submitted."""

    __tablename__: ClassVar[str] = "clearance_setting"
    __table_args__ = (UniqueConstraint("review_id", "state_code"),)
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    state_code: str = Field(foreign_key="state.code", max_length=3)
    clears: bool = False
    changed_by: UUID = Field(foreign_key="person.id")
    changed_at: datetime = moment()
    mac: bytes = b""


class Batch(Guarded, Row, table=True):
    """Questions that a reviewing State submitted together (the desk-review outcome, GL 21), numbered for each State."""

    __table_args__ = (UniqueConstraint("review_id", "id"), UniqueConstraint("review_id", "owner", "number"))
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    owner: str = Field(foreign_key="state.code", max_length=3)
    number: int
    submitted_by: UUID = Field(foreign_key="person.id")
    submitted_at: datetime = moment()
    mac: bytes = b""


class Clarification(Guarded, Row, table=True):
    """A question with all that followed from it; the subject is sealed once for each room that it lies in.

    The columns that end in `_room_at` tell when something last changed for those who see that room: what is new to one
    side must not show through to another.
    """

    __table_args__ = (
        UniqueConstraint("review_id", "id"),
        UniqueConstraint("review_id", "number"),
        UniqueConstraint("review_id", "draft_number"),
        ForeignKeyConstraint(["review_id", "merged_into"], ["clarification.review_id", "clarification.id"]),
        ForeignKeyConstraint(["review_id", "about_version"], ["version.review_id", "version.id"]),
        ForeignKeyConstraint(["review_id", "batch_id"], ["batch.review_id", "batch.id"]),
        Index("clarification_by_stage", "review_id", "stage"),
        Index("clarification_by_merged", "merged_into", **where("merged_into IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    draft_number: int  # counted in the reviewers' room
    number: int | None = None  # counted in the shared room, from when it is passed on
    owner: str = Field(foreign_key="state.code", max_length=3)  # the State that asks
    kind: str = Field(max_length=20)
    stage: str = Field(max_length=20)
    draft_subject: bytes  # under the reviewers' room's key: JSON with article, heading, page
    subject: bytes | None = None  # under the shared room's key, from when it is submitted
    about_version: UUID | None = None  # the version of a document that it asks about
    merged_into: UUID | None = None
    batch_id: UUID | None = None
    due_on: date | None = None  # by when an answer is hoped for
    created_by: UUID = Field(foreign_key="person.id")
    created_at: datetime = moment()
    submitted_at: datetime | None = perhaps()
    passed_at: datetime | None = perhaps()
    answered_at: datetime | None = perhaps()
    closed_at: datetime | None = perhaps()
    closed_by: UUID | None = Field(default=None, foreign_key="person.id")
    reviewers_room_at: datetime | None = perhaps()
    shared_room_at: datetime | None = perhaps()
    national_room_at: datetime | None = perhaps()  # of the State under review
    officer_at: datetime | None = perhaps()  # something was submitted that isn't passed on yet
    mac: bytes = b""


class Entry(Guarded, Row, table=True):
    """A text of a clarification: a draft in a room that is not shared, or what was sent, in the shared room."""

    __table_args__ = (
        UniqueConstraint("review_id", "id"),
        ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
        ForeignKeyConstraint(["review_id", "clarification_id"], ["clarification.review_id", "clarification.id"]),
        ForeignKeyConstraint(["review_id", "corrects_id"], ["entry.review_id", "entry.id"]),
        ForeignKeyConstraint(["review_id", "translates_id"], ["entry.review_id", "entry.id"]),
        ForeignKeyConstraint(["review_id", "sent_as"], ["entry.review_id", "entry.id"]),
        Index("entry_by_clarification", "clarification_id", "created_at"),
        Index("entry_by_stage", "review_id", "room_id", "stage"),
        Index("entry_by_author", "created_by", "stage"),
        Index("entry_by_opener", "opened_by", **where("opened_by IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID
    room_id: UUID
    clarification_id: UUID
    part: str = Field(max_length=10)  # question or answer
    owner: str = Field(max_length=20)  # the State that speaks, or "secretariat" for a translation
    language: str = Field(max_length=8)
    stage: str = Field(max_length=20)
    text: bytes
    corrects_id: UUID | None = None  # what was sent before and is put right by this
    translates_id: UUID | None = None
    sent_as: UUID | None = None  # what became of a draft
    edition: int = 1  # of a draft: counts each saving
    clearance: str = Field(default="none", max_length=10)
    cleared_by: UUID | None = Field(default=None, foreign_key="person.id")
    cleared_at: datetime | None = perhaps()
    edited_by: UUID = Field(foreign_key="person.id")
    edited_at: datetime = moment()
    opened_by: UUID | None = Field(default=None, foreign_key="person.id")  # who has the draft open to write in it
    opened_at: datetime | None = perhaps()
    created_by: UUID = Field(foreign_key="person.id")
    created_at: datetime = moment()
    circulated_by: UUID | None = Field(default=None, foreign_key="person.id")
    circulated_at: datetime | None = perhaps()
    mac: bytes = b""


class Attachment(Guarded, Row, table=True):
    """A document's version that goes with an entry; it lies in the entry's room."""

    __table_args__ = (
        ForeignKeyConstraint(["review_id", "entry_id"], ["entry.review_id", "entry.id"]),
        ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        Index("attachment_by_entry", "entry_id"),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID
    entry_id: UUID
    version_id: UUID
    added_by: UUID = Field(foreign_key="person.id")
    added_at: datetime = moment()
    removed_at: datetime | None = perhaps()
    mac: bytes = b""


class Routing(Guarded, Row, table=True):
    """To whom of its people the State under review gave a clarification to answer (GL 13)."""

    __table_args__ = (
        ForeignKeyConstraint(["review_id", "clarification_id"], ["clarification.review_id", "clarification.id"]),
        Index("routing_by_person", "person_id", "review_id"),
        Index("routing_by_clarification", "clarification_id"),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID
    clarification_id: UUID
    person_id: UUID = Field(foreign_key="person.id")
    routed_by: UUID = Field(foreign_key="person.id")
    routed_at: datetime = moment()
    ended_at: datetime | None = perhaps()
    mac: bytes = b""


class Remark(Guarded, Row, table=True):
    """What is no part of the record: a side comment in a room, or the log of a call, a mail, a meeting (GL 18)."""

    __table_args__ = (
        ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
        ForeignKeyConstraint(["review_id", "clarification_id"], ["clarification.review_id", "clarification.id"]),
        Index("remark_by_clarification", "clarification_id", "created_at"),
        Index("remark_by_room", "room_id", "kind", "held_at"),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID
    room_id: UUID
    clarification_id: UUID | None = None
    kind: str = Field(max_length=10)
    owner: str = Field(max_length=20)  # the State of its author, or "secretariat"
    text: bytes
    held_at: datetime = moment()  # when the call or meeting was; of a comment: when it was written
    created_by: UUID = Field(foreign_key="person.id")
    created_at: datetime = moment()
    mac: bytes = b""


class EntryTask(Guarded, Row, table=True):
    """One entry sent to one translator, until delivered or recalled."""

    __tablename__: ClassVar[str] = "entry_task"
    __table_args__ = (
        ForeignKeyConstraint(["review_id", "entry_id"], ["entry.review_id", "entry.id"]),
        Index("entry_task_by_translator", "person_id"),
        Index("entry_task_by_entry", "entry_id"),
        Index("entry_task_by_review", "review_id"),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    entry_id: UUID
    person_id: UUID = Field(foreign_key="person.id")
    language: str = Field(max_length=8)
    sent_by: UUID = Field(foreign_key="person.id")
    sent_at: datetime = moment()
    delivered_at: datetime | None = perhaps()
    recalled_at: datetime | None = perhaps()
    mac: bytes = b""
