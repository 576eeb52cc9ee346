"""The table of versions whose key was destroyed: nothing opens their content any more (decision 59).

Nothing here is confidential: random ids and times.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlmodel import Field

from storage.columns import Guarded, Row, moment


class Shredding(Guarded, Row, table=True):
    """That a version's key was destroyed; triggers let the key go with this row, and by no other way."""

    __table_args__ = (ForeignKeyConstraint(["review_id", "id"], ["version.review_id", "version.id"]),)
    id: UUID = Field(primary_key=True)  # the version's
    review_id: UUID
    shredded_at: datetime = moment()
    mac: bytes = b""
