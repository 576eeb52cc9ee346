"""Tables of the agreement on a report and its executive summary (ToR 33).

A manifest names one version of each and keeps the hashes of both; States agree to a manifest, never to a document. It
ends, or becomes final with the last State's yes; nothing that was said of it is ever rewritten. What is written lies
under the key of the shared room.

On drafts the parties comment by place: what they write are remarks of the shared room (storage/dialogue.py), and beside
each stands here what it is on and what became of it.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from storage.columns import Guarded, Row, large, moment, perhaps, where


class Manifest(Guarded, Row, table=True):
    """A proposal to agree on one version of a report and one of its executive summary."""

    __table_args__ = (
        UniqueConstraint("review_id", "id"),
        UniqueConstraint("review_id", "number"),
        ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
        ForeignKeyConstraint(["review_id", "report_id"], ["document.review_id", "document.id"]),
        ForeignKeyConstraint(["review_id", "report_version_id"], ["version.review_id", "version.id"]),
        ForeignKeyConstraint(["review_id", "summary_id"], ["document.review_id", "document.id"]),
        ForeignKeyConstraint(["review_id", "summary_version_id"], ["version.review_id", "version.id"]),
        CheckConstraint("ended_at IS NULL OR final_at IS NULL"),
        # one at a time is open, and after a final one there is no other
        Index("manifest_once", "review_id", unique=True, **where("ended_at IS NULL")),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    room_id: UUID  # the shared one
    number: int  # counted in its review, from 1
    report_id: UUID
    report_version_id: UUID
    summary_id: UUID
    summary_version_id: UUID
    hashes: bytes  # JSON: the SHA-256 of both contents
    report_mark: bytes  # their keyed hashes, as the versions have them
    summary_mark: bytes
    proposed_by: UUID = Field(foreign_key="person.id")
    proposed_at: datetime = moment()
    ended_at: datetime | None = perhaps()
    ended_by: UUID | None = Field(default=None, foreign_key="person.id")
    ended_why: str | None = Field(default=None, max_length=20)
    final_at: datetime | None = perhaps()
    mac: bytes = b""

    @property
    def documents(self) -> frozenset[UUID]:
        """Name both documents."""
        return frozenset({self.report_id, self.summary_id})

    @property
    def versions(self) -> frozenset[UUID]:
        """Name the version of each that it is about."""
        return frozenset({self.report_version_id, self.summary_version_id})


class Agreement(Guarded, Row, table=True):
    """What a State said to a manifest by its focal point, once: that it agrees, or not and why."""

    __table_args__ = (
        UniqueConstraint("manifest_id", "state_code"),
        ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
        ForeignKeyConstraint(["review_id", "manifest_id"], ["manifest.review_id", "manifest.id"]),
        CheckConstraint("agrees = (reason IS NULL)"),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    room_id: UUID
    manifest_id: UUID
    state_code: str = Field(foreign_key="state.code", max_length=3)
    agrees: bool
    reason: bytes | None = None
    said_by: UUID = Field(foreign_key="person.id")
    said_at: datetime = moment()
    mac: bytes = b""


class DraftComment(Guarded, Row, table=True):
    """A comment on a draft, or what followed it: a reply, a disposition, or that a later version takes it up."""

    __tablename__: ClassVar[str] = "draft_comment"
    __table_args__ = (
        UniqueConstraint("review_id", "id"),
        UniqueConstraint("review_id", "number"),
        UniqueConstraint("under_id", "taken_up_in"),
        ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
        ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        ForeignKeyConstraint(["review_id", "taken_up_in"], ["version.review_id", "version.id"]),
        ForeignKeyConstraint(["review_id", "under_id"], ["draft_comment.review_id", "draft_comment.id"]),
        Index("draft_comment_by_comment", "under_id"),
        CheckConstraint("(under_id IS NULL) = (number IS NOT NULL)"),
        CheckConstraint("(under_id IS NULL) = (version_id IS NOT NULL)"),
        CheckConstraint("(under_id IS NULL) = (place IS NOT NULL)"),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    room_id: UUID  # the shared one
    number: int | None = None  # of a comment, counted in its review, from 1
    version_id: UUID | None = None  # of a comment: the version that it is on
    place: bytes | None = None  # of a comment, JSON: article, page, paragraph
    under_id: UUID | None = None  # the comment that this follows
    disposition: str | None = Field(default=None, max_length=20)
    taken_up_in: UUID | None = None  # the version that takes the comment up
    remark_id: UUID | None = Field(default=None, foreign_key="remark.id", unique=True)  # what was written
    owner: str = Field(max_length=20)  # the State of its author, or "secretariat"
    said_by: UUID = Field(foreign_key="person.id")
    said_at: datetime = moment()
    mac: bytes = b""


class SummaryLanguage(Guarded, Row, table=True):
    """A language version of a final summary that the officer confirmed: a copy under a key that opens no file.

    The content is a sealed object like a document's version's, its key wrapped by that of the summaries.
    """

    __tablename__: ClassVar[str] = "summary_language"
    __table_args__ = (
        ForeignKeyConstraint(["review_id", "manifest_id"], ["manifest.review_id", "manifest.id"]),
        ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        Index("summary_language_once", "manifest_id", "language", unique=True, **where("ended_at IS NULL")),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    manifest_id: UUID
    version_id: UUID  # of the shared room, of which this is a copy
    language: str = Field(max_length=8)
    object_name: str = Field(unique=True, max_length=32)
    size: int = large()  # bytes of plaintext
    wrapped_key: bytes
    particulars: bytes  # JSON: file name, declared and detected type, SHA-256
    confirmed_by: UUID = Field(foreign_key="person.id")
    confirmed_at: datetime = moment()
    ended_at: datetime | None = perhaps()  # another one of this language was confirmed in its place
    mac: bytes = b""


class Transmission(Guarded, Row, table=True):
    """That the officer gave a summary, in six languages, to the bodies of the Conference (ToR 35); once."""

    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id", unique=True)
    manifest_id: UUID = Field(foreign_key="manifest.id")
    transmitted_by: UUID = Field(foreign_key="person.id")
    transmitted_at: datetime = moment()
    mac: bytes = b""
