"""Begins the log anew in a database that was brought back from a backup (LOG.md, "After a restoration").

1. The log that was is kept whole: its entries come into the new tree in their order, right after the new first entry.
2. Its checkpoints and what witnesses signed of them are kept beside, under its name.
3. It works on a database that nobody uses yet: triggers that refuse all this are set aside and put back in between.
"""

from uuid import UUID

from sqlalchemy import delete, insert, literal, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.backups import FormerCosignature, FormerHead
from storage.database import Database
from storage.signals import SignalCounts, SignalReading
from storage.tree import (
    Cosignature,
    DayCount,
    Lease,
    MonthCount,
    TreeEntry,
    TreeHead,
    TreeTile,
    WaitingEvent,
    WitnessAsked,
)

_TRIGGERS = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
_DROPS = (
    "DROP TRIGGER tree_entry_never_deleted",
    "DROP TRIGGER tree_tile_never_deleted",
    "DROP TRIGGER tree_head_never_deleted",
    "DROP TRIGGER cosignature_never_deleted",
)
# what follows from the tree, or from where entries stand in it; what is counted for signals is counted anew
_GONE = (
    *(Cosignature, TreeHead, TreeTile, TreeEntry),
    *(MonthCount, DayCount, WitnessAsked, Lease, SignalReading, SignalCounts),
)


def begin_log(database: Database, origin: str, first: UUID) -> None:
    """Let all events wait for a new tree: this event first, then those of the log that was, then those that waited.

    Args:
        database: One that nobody uses.
        origin: The name of the log that was.
        first: The event that tells of the restoration.

    """
    with database.begin() as session:
        triggers = _set_aside(session)
        _keep_former(session, origin)
        waited = session.scalars(select(col(WaitingEvent.event_id)).order_by(col(WaitingEvent.id))).all()
        session.execute(delete(WaitingEvent))
        session.execute(insert(WaitingEvent).values(event_id=first))
        entered = select(col(TreeEntry.event_id)).order_by(col(TreeEntry.position))
        session.execute(insert(WaitingEvent).from_select(["event_id"], entered))
        if others := [{"event_id": one} for one in waited if one != first]:
            session.execute(insert(WaitingEvent), others)
        for table in _GONE:
            session.execute(delete(table))
        for statement in triggers:
            session.execute(text(statement.replace(":", "\\:")))


def _set_aside(session: Session) -> list[str]:
    found = {row.name: row.sql for row in session.execute(_TRIGGERS)}
    for drop in _DROPS:
        session.execute(text(drop))
    return [found[drop.rpartition(" ")[2]] for drop in _DROPS]


def _keep_former(session: Session, origin: str) -> None:
    heads = select(literal(origin), col(TreeHead.size), col(TreeHead.root), col(TreeHead.note), col(TreeHead.at))
    session.execute(insert(FormerHead).from_select(["origin", "size", "root", "note", "at"], heads))
    signed = select(
        literal(origin),
        col(Cosignature.size),
        col(Cosignature.signer),
        col(Cosignature.key_id),
        col(Cosignature.value),
    )
    session.execute(insert(FormerCosignature).from_select(["origin", "size", "signer", "key_id", "value"], signed))
