"""Table beside documents: from which version in another room of its file a document came."""

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from storage.columns import Guarded, Row


class Arrival(Guarded, Row, table=True):
    """That a document began as a copy of a version in another room of the same file.

    Where the copy lies nothing tells of it: whoever sees the version, and the copy, too, learns that they are one.
    """

    __table_args__ = (
        ForeignKeyConstraint(["review_id", "document_id"], ["document.review_id", "document.id"]),
        ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        Index("arrival_by_version", "version_id"),
    )
    document_id: UUID = Field(primary_key=True)
    review_id: UUID
    version_id: UUID
    mac: bytes = b""
