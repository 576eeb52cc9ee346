"""The table of hand-overs: that somebody's appointment was ended in favour of a successor's, and what passed.

It says who follows whom; what passed is sealed under the registry's key, ids and kinds alone. A hand-over is never
rewritten and never taken back (storage/triggers.py): whoever wants it otherwise hands over once more.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from storage.columns import Guarded, Row, moment


class Handover(Guarded, Row, table=True):
    """That an appointment was handed over to another, which happens once to each."""

    __tablename__: ClassVar[str] = "handover"
    __table_args__ = (
        CheckConstraint("appointment_id <> successor_id"),
        Index("handover_by_successor", "successor_id", "handed_over_at"),
    )
    id: UUID = Field(primary_key=True)
    appointment_id: UUID = Field(foreign_key="appointment.id", unique=True)  # the leaver's, ended by this
    successor_id: UUID = Field(foreign_key="appointment.id")  # the successor's
    basis: bytes  # as of an appointment: note verbale, number, date
    passed: bytes  # JSON: the ids of what passed, by kind
    handed_over_by: UUID = Field(foreign_key="person.id")
    handed_over_at: datetime = moment()
    mac: bytes = b""
