"""Writes entries to the log: takes their numbers, seals them, computes leaf and tag.

This is the last thing that a transaction does before its commit, so that a stream's row is locked only for a moment.
The rows that the transaction wrote go into the log with their MACs: `portal fsck` finds one that was dropped, rolled
back or added by hand.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import rfc8785

from portal.audit.events import Entry, Phase, canonical, leaf, tag_input
from portal.audit.kinds import KINDS, SCHEMA_VERSION
from portal.audit.packing import pack
from storage.database import Session
from storage.fields import Place
from storage.guards import written_rows
from storage.keyring import Keyring
from storage.permits import ORIGINS, stream_scope
from storage.repositories.audit import AuditRecords
from storage.tables import Document, PortalSession, Version


def write(session: Session, keyring: Keyring, entries: Sequence[Entry]) -> None:
    """Append entries to their streams, in order."""
    session.flush()
    _attach_rows(session, entries)
    records = AuditRecords(session)
    ordered = sorted(entries, key=lambda entry: entry.stream)
    for stream, group in groupby(ordered, key=lambda entry: entry.stream):
        together = list(group)
        first = records.take_numbers(stream, len(together))
        records.append([_row(session, keyring, entry, first + at) for at, entry in enumerate(together)])


def _attach_rows(session: Session, entries: Sequence[Entry]) -> None:
    acts = [entry for entry in entries if entry.phase is not Phase.REFUSAL] or entries  # a refusal may be counted
    for name, row in written_rows(session):
        if isinstance(row, PortalSession) and row.ended_at is None:
            continue  # its last use changes with every minute; that it ended is kept, so that nobody brings it back
        if not acts:
            raise RuntimeError("a row that gives rights was written without an event")
        entry = _act_of(acts, row)
        entry.rows[name] = row.mac.hex()
        if entry.stream == getattr(row, "room_id", None):
            _name_document(entry, row)


def _act_of(acts: Sequence[Entry], row: Any) -> Entry:
    """Choose the act that wrote a row: about the same document or clarification, or its room's first, or the last."""
    room = getattr(row, "room_id", None)
    names = ("id",) if isinstance(row, Document) else ("document_id", "clarification_id")
    about = {getattr(row, name, None) for name in names} - {None}
    in_room = [act for act in acts if act.stream == room] if room is not None else []
    same = [act for act in (acts if room is None else in_room) if act.about in about]
    return next(iter(same or in_room), acts[-1])


def _name_document(entry: Entry, row: Any) -> None:
    """Let an act on a room say which document it made, so that the document's trail begins with it."""
    match row:
        case Document() if entry.about is None:
            entry.about = row.id
            entry.on |= {"document": str(row.id)}
        case Version() if entry.about in {None, row.document_id}:
            entry.about = row.document_id
            entry.on |= {"document": str(row.document_id), "version": str(row.id)}


def _row(session: Session, keyring: Keyring, entry: Entry, number: int) -> dict[str, Any]:
    scope = stream_scope(entry.stream)
    hashed = {
        name: keyring.blind("origin", entry.id.bytes + value.encode()).hex() for name, value in entry.origin.items()
    }
    body = entry.body(number) | ({"origin": hashed} if hashed else {})
    said = canonical(body)
    salt = keyring.log_mark(session, scope, "salt", entry.id.bytes)
    about = keyring.log_mark(session, scope, "about", entry.about.bytes) if entry.about else None
    return {
        "id": entry.id,
        "stream_id": entry.stream,
        "number": number,
        "at": entry.at,
        "kind": KINDS[entry.action],
        "schema_version": SCHEMA_VERSION,
        "phase": entry.phase.value,
        "intent_id": entry.intent,
        "about": about,
        "stamp": entry.stamp,
        "salt": b"",  # follows from the stream's key
        "body": keyring.seal_log(session, scope, Place("event", "body", entry.id), pack(said)),
        "origin": _sealed_origin(session, keyring, entry),
        "leaf": leaf(salt, said),
        "tag": keyring.log_mark(session, scope, "tag", tag_input(number)),
    }


def _sealed_origin(session: Session, keyring: Keyring, entry: Entry) -> bytes | None:
    if not entry.origin:
        return None
    plain = rfc8785.dumps(dict(entry.origin))
    return keyring.seal_log(session, ORIGINS, Place("event", "origin", entry.id), pack(plain))
