"""What people sign in with: passkeys, code apps and their wrong codes, recovery codes; used challenges; attempts."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlmodel import Field, Index

from storage.columns import Guarded, Row, large, moment, perhaps, where


class Passkey(Guarded, Row, table=True):
    """A passkey of a person: its public half, and how often its device says that it was used."""

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    credential_id: bytes = Field(unique=True)
    public_key: bytes
    sign_count: int = large()
    aaguid: str = Field(max_length=36)  # the make of the device, where it says so
    name: bytes  # sealed
    added_at: datetime = moment()
    used_at: datetime | None = perhaps()
    removed_at: datetime | None = perhaps()
    mac: bytes = b""


class CodeApp(Guarded, Row, table=True):
    """An app that shows codes: the secret is nowhere, it follows from the salt and a key of the keyring."""

    __tablename__: ClassVar[str] = "code_app"
    __table_args__ = (Index("code_app_once", "person_id", unique=True, **where("removed_at IS NULL")),)

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    salt: bytes = Field(unique=True)
    last_step: int  # the half minute of the last code that was taken: none is taken twice
    added_at: datetime = moment()
    removed_at: datetime | None = perhaps()
    mac: bytes = b""


class WrongCodes(Guarded, Row, table=True):
    """How many wrong codes came with the right passphrase since an app last let its person in; without a row: none."""

    __tablename__: ClassVar[str] = "wrong_codes"

    app_id: UUID = Field(primary_key=True, foreign_key="code_app.id")
    count: int
    mac: bytes = b""


class RecoveryCode(Guarded, Row, table=True):
    """A recovery code: its keyed hash; it works once, until new ones are made."""

    __tablename__: ClassVar[str] = "recovery_code"

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    code_hash: bytes = Field(unique=True)
    made_at: datetime = moment()
    used_at: datetime | None = perhaps()
    replaced_at: datetime | None = perhaps()
    mac: bytes = b""


class Spent(Row, table=True):
    """The hash of a challenge that was used; it is kept until the challenge would have expired anyway."""

    challenge: bytes = Field(primary_key=True)
    expires_at: datetime = moment(index=True)


class Attempt(Row, table=True):
    """An attempt that failed or is under way, counted for one thing, of which only a keyed hash stands here."""

    __table_args__ = (Index("attempt_by_thing", "counted_for", "made_at"),)

    id: UUID = Field(primary_key=True)
    counted_for: bytes
    made_at: datetime = moment(index=True)
