"""The log's Merkle tree in the database: which event is which entry, the tiles, the checkpoints, and what waits.

Events never change, so where an event stands in the tree is a row beside it. What waits is written by the database
itself with every event (`triggers.py`), so that none can be forgotten.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from storage.columns import Row, large, moment


class WaitingEvent(Row, table=True):
    """An event that isn't in the tree yet."""

    __tablename__: ClassVar[str] = "waiting_event"

    id: int | None = Field(default=None, primary_key=True)  # the order in which they came
    event_id: UUID = Field(foreign_key="event.id")


class TreeEntry(Row, table=True):
    """Where an event stands in the tree: triggers refuse every change and every deletion."""

    __tablename__: ClassVar[str] = "tree_entry"

    position: int = large(primary_key=True, sa_column_kwargs={"autoincrement": False})  # from 0
    event_id: UUID = Field(foreign_key="event.id", unique=True)


class TreeTile(Row, table=True):
    """Up to 256 hashes of one level of the tree; a trigger lets it grow at its end, and nothing else."""

    __tablename__: ClassVar[str] = "tree_tile"

    level: int = Field(primary_key=True)
    number: int = large(primary_key=True)
    hashes: bytes


class TreeHead(Row, table=True):
    """A checkpoint: what the tree was at one size, signed. One for a size; triggers refuse change and deletion."""

    __tablename__: ClassVar[str] = "tree_head"

    size: int = large(primary_key=True, sa_column_kwargs={"autoincrement": False})
    root: bytes
    note: str  # the signed note (C2SP tlog-checkpoint), without cosignatures
    at: datetime = moment()


class MonthCount(Row, table=True):
    """How many events of a kind and phase came into the tree, by the month of their time."""

    __tablename__: ClassVar[str] = "month_count"

    month: str = Field(primary_key=True, max_length=7)  # 2026-05
    kind: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    phase: str = Field(primary_key=True, max_length=10)
    count: int = large()


class DayCount(Row, table=True):
    """How many events of a kind and phase came into the tree, by the day of their time."""

    __tablename__: ClassVar[str] = "day_count"

    day: str = Field(primary_key=True, max_length=10)  # 2026-05-04
    kind: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    phase: str = Field(primary_key=True, max_length=10)
    count: int = large()


class Cosignature(Row, table=True):
    """A witness's signature of a checkpoint, of one of its keys; triggers refuse change and deletion."""

    __tablename__: ClassVar[str] = "cosignature"
    __table_args__ = (Index("ix_cosignature_newest", "signer", "key_id", "size"),)

    size: int = large(primary_key=True, foreign_key="tree_head.size", sa_column_kwargs={"autoincrement": False})
    signer: str = Field(primary_key=True, max_length=255)  # the name in the line of the signature
    key_id: bytes = Field(primary_key=True)  # its four bytes
    value: bytes  # time and signature (C2SP tlog-cosignature)


class WitnessAsked(Row, table=True):
    """How a witness answered when it was asked last."""

    __tablename__: ClassVar[str] = "witness_asked"

    url: str = Field(primary_key=True)
    trouble: str = Field(max_length=20)  # empty: it signed
    since: datetime = moment()  # from when it has answered so


class Lease(Row, table=True):
    """Which process does what one at a time should do, and until when it may believe so."""

    name: str = Field(primary_key=True, max_length=20)
    holder: str = Field(max_length=40)
    until: datetime = moment()
