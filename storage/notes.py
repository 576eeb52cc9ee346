"""Tables beside the list of people: scanned copies of legal bases, and what the roster says of a person (ToR 21).

Both are histories. A copy is one more, never in the place of another; of a profile the newest row counts.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from storage.columns import Guarded, Row, large, moment


class NoteCopy(Guarded, Row, table=True):
    """A scanned copy of the note on which an appointment or an assignment rests, or on which it ended.

    The content is a sealed object like a document's version's, its key wrapped by the registry's.
    """

    __tablename__: ClassVar[str] = "note_copy"
    __table_args__ = (CheckConstraint("(appointment_id IS NULL) <> (assignment_id IS NULL)"),)
    id: UUID = Field(primary_key=True)
    appointment_id: UUID | None = Field(default=None, foreign_key="appointment.id", index=True)
    assignment_id: UUID | None = Field(default=None, foreign_key="assignment.id", index=True)
    of_end: bool = False
    object_name: str = Field(unique=True, max_length=32)
    size: int = large()  # bytes of plaintext
    wrapped_key: bytes
    particulars: bytes  # JSON: file name, declared and detected type, SHA-256
    added_by: UUID = Field(foreign_key="person.id")
    added_at: datetime = moment()
    mac: bytes = b""


class Profile(Guarded, Row, table=True):
    """What the roster says of a person, sealed; the row with the highest number counts."""

    __table_args__ = (UniqueConstraint("person_id", "number"),)
    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    number: int
    said: bytes  # JSON: position, background, expertise, languages, other languages
    set_by: UUID = Field(foreign_key="person.id")
    set_at: datetime = moment()
    mac: bytes = b""
