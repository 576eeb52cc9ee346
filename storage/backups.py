"""Tables of the recovery key, of backups, and of what a portal that was restored knows of the log before.

Nothing here is confidential: public keys, random ids, times, numbers, and checkpoints that everybody may see.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from storage.columns import Guarded, Row, moment, perhaps


class RecoveryKey(Guarded, Row, table=True):
    """The public part of an offline key to which every key of a scope is sealed, and backups are; one at a time."""

    __tablename__: ClassVar[str] = "recovery_key"
    id: UUID = Field(primary_key=True)
    mark: str = Field(unique=True, max_length=16)  # the fingerprint of its public part
    public: bytes
    vouched: bytes  # by its seed, for the keys that sign backups (FORMAT.md)
    threshold: int  # so many shares open it
    shares: int
    made_at: datetime = moment()
    ended_at: datetime | None = perhaps()
    mac: bytes = b""


class Backup(Guarded, Row, table=True):
    """A backup that was begun, and until when something of it was kept."""

    __table_args__ = (Index("backup_by_folder", "folder_id", "number"),)
    id: UUID = Field(primary_key=True)
    number: int = Field(unique=True)
    folder_id: UUID  # the random id that a backup folder bears
    recovery_id: UUID = Field(foreign_key="recovery_key.id")
    made_at: datetime = moment()
    gone_at: datetime | None = perhaps()
    mac: bytes = b""


class WholeBackup(Guarded, Row, table=True):
    """That a backup came to its end: all of it was on the disk."""

    __tablename__: ClassVar[str] = "whole_backup"
    id: UUID = Field(primary_key=True, foreign_key="backup.id")
    whole_at: datetime = moment()
    mac: bytes = b""


class Restoration(Guarded, Row, table=True):
    """That this portal was brought back from a backup; its log began anew."""

    id: UUID = Field(primary_key=True)
    number: int = Field(unique=True)  # 1, 2 ...
    backup_id: UUID
    backed_up_at: datetime = moment()
    restored_at: datetime = moment()
    origin: str = Field(max_length=255)  # the name of the log before
    size: int  # entries of it that the backup had
    mac: bytes = b""


class FormerHead(Row, table=True):
    """A checkpoint of a log before a restoration; triggers refuse change and deletion."""

    __tablename__: ClassVar[str] = "former_head"

    origin: str = Field(primary_key=True, max_length=255)
    size: int = Field(primary_key=True)
    root: bytes
    note: str
    at: datetime = moment()


class FormerCosignature(Row, table=True):
    """A witness's signature of such a checkpoint; triggers refuse change and deletion."""

    __tablename__: ClassVar[str] = "former_cosignature"

    origin: str = Field(primary_key=True, max_length=255)
    size: int = Field(primary_key=True)
    signer: str = Field(primary_key=True, max_length=255)
    key_id: bytes = Field(primary_key=True)
    value: bytes
