"""Tables of publication: what a State prepares and confirms (ToR 36), and what everybody may read.

Executive summaries that were transmitted are public too, as documents of the Conference (ToR 51): nobody prepares them.

A publication names the one version that it was made from. Its file lies sealed until two people of the State confirmed
it and the time for thinking it over has passed; then everybody may read it, under a row that says what there is to say
of it in public. Both rows are guarded, and both files sealed: what somebody put there by hand is served to nobody.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from storage.columns import Guarded, Row, large, moment, perhaps, where


class Publication(Guarded, Row, table=True):
    """A file that a State means to publish: prepared, confirmed by two people, then public; or called off."""

    __table_args__ = (
        ForeignKeyConstraint(["review_id", "document_id"], ["document.review_id", "document.id"]),
        ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        CheckConstraint("cancelled_at IS NULL OR published_at IS NULL"),
        Index("publication_by_review", "review_id", "prepared_at"),
        Index("publication_due", "due_at"),
    )
    id: UUID = Field(primary_key=True)
    review_id: UUID = Field(foreign_key="review.id")
    document_id: UUID
    version_id: UUID
    state_code: str = Field(foreign_key="state.code", max_length=3)
    kind: str = Field(max_length=40)  # of the document
    language: str = Field(max_length=8)
    said: bytes  # JSON: title, pages chosen and left out, what was removed (with words), cautions, SHA-256 of the file
    pages: int
    size: int = large()
    object_name: str = Field(max_length=64)  # the file, sealed
    wrapped_key: bytes
    prepared_by: UUID = Field(foreign_key="person.id")
    prepared_at: datetime = moment()
    confirmed_at: datetime | None = perhaps()  # by the second person
    due_at: datetime | None = perhaps()  # when it becomes public
    cancelled_at: datetime | None = perhaps()
    cancelled_by: UUID | None = Field(default=None, foreign_key="person.id")
    published_at: datetime | None = perhaps()
    withdrawn_at: datetime | None = perhaps()
    withdrawn_by: UUID | None = Field(default=None, foreign_key="person.id")
    mac: bytes = b""


class Consent(Guarded, Row, table=True):
    """That a person of the State confirmed a publication, once."""

    __tablename__: ClassVar[str] = "publication_consent"
    __table_args__ = (UniqueConstraint("publication_id", "person_id"),)
    id: UUID = Field(primary_key=True)
    publication_id: UUID = Field(foreign_key="publication.id")
    person_id: UUID = Field(foreign_key="person.id")
    role: str = Field(max_length=30)
    given_at: datetime = moment()
    mac: bytes = b""


class Opening(Guarded, Row, table=True):
    """That a person opened the file of a publication, for the first time: whoever confirms it has."""

    __tablename__: ClassVar[str] = "publication_opening"
    __table_args__ = (UniqueConstraint("publication_id", "person_id"),)
    id: UUID = Field(primary_key=True)
    publication_id: UUID = Field(foreign_key="publication.id")
    person_id: UUID = Field(foreign_key="person.id")
    opened_at: datetime = moment()
    mac: bytes = b""


class PublicFile(Guarded, Row, table=True):
    """What everybody may read, and what is said of it in public; nothing here is sealed.

    It has the id of what it was made of: a State's publication, or the language version of a transmitted summary.
    """

    __tablename__: ClassVar[str] = "public_file"
    __table_args__ = (
        Index("public_by_time", "published_at"),
        Index("public_unproven", "id", **where("proof IS NULL")),
        Index("public_withdrawn", "id", **where("withdrawn_at IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)  # one of two tables': a trigger sees to it
    state_code: str = Field(foreign_key="state.code", max_length=3)
    cycle: str = Field(max_length=200)
    kind: str = Field(max_length=40)
    title: str = Field(max_length=400)
    language: str = Field(max_length=8)
    pages: int
    whole: bool  # all pages of the document
    size: int = large()
    sha256: bytes
    object_name: str = Field(max_length=64)  # the file, sealed under a key that takes no permit
    published_at: datetime = moment()
    event_id: UUID  # the entry of the log that made it public
    proof: str | None = None  # of that entry (C2SP tlog-proof), once it is in the tree
    withdrawn_at: datetime | None = perhaps()
    withdrawn_reason: str | None = Field(default=None, max_length=2000)
    mac: bytes = b""


class HeldBack(Row, table=True):
    """That a transmitted summary could not be made anew in a language yet: why, and when it was tried last."""

    __tablename__: ClassVar[str] = "held_back"
    id: UUID = Field(primary_key=True, foreign_key="summary_language.id")
    why: str = Field(max_length=60)  # of a closed list, never words of the file
    tries: int
    tried_at: datetime = moment()
