"""Tables of identity providers that ministries connect, and whom each of them knows.

An issuer is set once and ended once: to change it is to end it and add it anew. Its address, its name and what it is
to demand are plain; the secret that the portal has with it is sealed. Of a person's name at the issuer only a keyed
hash is kept.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from storage.columns import Guarded, Row, moment, perhaps, where


class Issuer(Guarded, Row, table=True):
    """An identity provider of one State, or (without one) of the secretariat; it signs in nobody else's people."""

    __table_args__ = (
        Index("issuer_once", "url", "client_id", unique=True, **where("ended_at IS NULL")),
        Index("issuer_by_state", "state_code"),
    )
    id: UUID = Field(primary_key=True)
    url: str = Field(max_length=400)  # exactly as the issuer writes it of itself
    name: str = Field(max_length=80)
    client_id: str = Field(max_length=200)
    client_secret: bytes
    state_code: str | None = Field(default=None, foreign_key="state.code", max_length=3)
    acr_values: str = Field(default="", max_length=400)  # separated by blanks
    amr: str = Field(default="", max_length=200)
    added_by: UUID = Field(foreign_key="person.id")
    added_at: datetime = moment()
    confirmed_by: UUID | None = Field(default=None, foreign_key="person.id")
    confirmed_at: datetime | None = perhaps()
    ended_at: datetime | None = perhaps()
    ended_by: UUID | None = Field(default=None, foreign_key="person.id")
    mac: bytes = b""


class IssuerSubject(Guarded, Row, table=True):
    """That an issuer knows a person, under the keyed hash of its own name for them."""

    __tablename__: ClassVar[str] = "issuer_subject"
    __table_args__ = (
        Index("subject_once", "issuer_id", "subject", unique=True, **where("ended_at IS NULL")),
        Index("subject_of_person_once", "issuer_id", "person_id", unique=True, **where("ended_at IS NULL")),
    )
    id: UUID = Field(primary_key=True)
    issuer_id: UUID = Field(foreign_key="issuer.id")
    subject: bytes
    person_id: UUID = Field(foreign_key="person.id", index=True)
    bound_at: datetime = moment()
    ended_at: datetime | None = perhaps()
    mac: bytes = b""
