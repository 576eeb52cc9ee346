"""A portal at full scale: 200 States, 10 cycles, 2,000 reviews, a million documents, a million events or more.

The files are copies of those of the office (tests/office.py), in which something of every kind has happened: all their
rows, with ids, States, cycles, dates and MACs of their own, so that each index and each sum meets what it would meet.
Events of other people's files are bytes that nobody opens.
"""

import os
import random
import secrets
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from unittest.mock import patch
from uuid import UUID

from sqlmodel import SQLModel

from portal.access.actions import Action
from portal.audit import sequencer
from portal.audit.events import PORTAL_STREAMS
from portal.audit.kinds import KINDS
from portal.background import HOLDER
from portal.usecases.tree import sequence
from portal.work import Portal
from tests.bench.bulk import Bulk, Row, tidy
from tests.bench.copying import COPIES, CYCLES, NOT_COPIED, SELDOM, STAFFS, THEIRS, Copying

DOCUMENTS: Final = 1_000_000
EVENTS: Final = 10_000_000 if os.environ.get("FULL") else 1_000_000
BATCH: Final = 20_000  # events that come into the tree at once
_RANDOM: Final = random.Random(5)  # where things lie, the same each time
_BODY, _ORIGIN, _HASH = secrets.token_bytes(360), secrets.token_bytes(80), secrets.token_bytes(32)
_SEALED, _KEY = secrets.token_bytes(70), secrets.token_bytes(65)


def employ(copying: Copying) -> None:
    """Let a secretariat work there that is as large as all the files need: its people are no matter of scale."""
    copying.world.portal.database.close()
    with closing(Bulk(copying.world.portal.database.place)) as bulk:
        for name in ("person", *THEIRS):
            bulk.put(name, copying.rows(SQLModel.metadata.tables[name], range(STAFFS), staff=True))


def populate(
    copying: Copying,
    copies: range = range(COPIES),
    documents: int = DOCUMENTS,
    events: int = EVENTS,
    seldom: int = SELDOM,
) -> None:
    """Fill the portal of an office with copies of it, and with more documents and events than these have.

    Args:
        copying: The office.
        copies: Which copies.
        documents: How many more documents.
        events: How many more events.
        seldom: One copy in so many has breaches.
    """
    portal, copying.seldom = copying.world.portal, seldom
    portal.database.close()
    with closing(Bulk(portal.database.place)) as bulk:
        bulk.put("state", ({"code": one, "region": "asia_pacific", "fictional": True} for one in copying.invented))
        bulk.put("state_name", ({"state_code": one, "language": "en", "name": one} for one in copying.invented))
        bulk.put("cycle", copying.cycles())
        # what is public comes last: the database refuses what was made of nothing
        for table in sorted(SQLModel.metadata.sorted_tables, key=lambda one: one.name == "public_file"):
            if table.name not in NOT_COPIED:
                bulk.put(table.name, copying.rows(table, copies))
        made_in: list[tuple[UUID, UUID, UUID]] = []
        bulk.put("document", _documents(copying, documents, made_in))
        bulk.put("version", _versions(copying, made_in))
    with closing(Bulk(portal.database.place)) as bulk:
        bulk.put("event", _events(copying, events))
        if isinstance(portal.database.place, str):
            # no trigger ran; the office's own are in the tree
            new = "id NOT IN (SELECT event_id FROM tree_entry UNION SELECT event_id FROM waiting_event)"
            bulk.ask(f"INSERT INTO waiting_event (event_id) SELECT id FROM event WHERE {new} ORDER BY at")  # noqa: S608  # of our own
        for stream, number in copying.numbers.items():
            one = stream.hex if isinstance(portal.database.place, Path) else str(stream)
            bulk.ask(f"UPDATE stream SET next_number = {number} WHERE id = '{one}'")  # noqa: S608  # of our own
    into_the_tree(portal)
    portal.database.close()
    if isinstance(portal.database.place, str):
        tidy(portal.database.place)


def into_the_tree(portal: Portal) -> None:
    """Move all events into the log's tree, in larger batches than a portal that has readers at the same time."""
    with patch.object(sequencer, "BATCH", BATCH):
        while sequence(portal, HOLDER):
            pass


def _documents(copying: Copying, many: int, made_in: list[tuple[UUID, UUID, UUID]]) -> Iterator[Row]:
    """Make documents in all rooms; `made_in` gets document, review and room of each."""
    now = copying.world.clock()
    kinds, stages = ("law", "note", "other", "checklist_response"), ("circulated", "submitted", "draft")
    for at in range(many):
        review, room, owner = copying.rooms[at % len(copying.rooms)]
        made = now - timedelta(days=_RANDOM.random() * 7000)
        row: Row = {
            "id": _random_id(), "review_id": review, "room_id": room, "number": 1000 + at // len(copying.rooms),
            "kind": kinds[at % 4], "language": ("en", "fr", "ar")[at % 3], "stage": stages[at % 3], "owner": owner,
            "title": _SEALED, "tags": _SEALED, "translates_id": None,
            "created_by": copying.people[at % len(copying.people)],
            "created_at": made, "changed_at": made, "submitted_at": made, "circulated_at": made,
            "withdrawn_at": None, "withdrawn_by": None, "withdrawn_reason": None,
        }  # fmt: skip
        row["mac"] = copying.seal("document", row, sorted(row))
        made_in.append((row["id"], review, room))
        yield row


def _versions(copying: Copying, made_in: list[tuple[UUID, UUID, UUID]]) -> Iterator[Row]:
    """Make a version of each of these."""
    now = copying.world.clock()
    for at, (document, review, room) in enumerate(made_in):
        row: Row = {
            "id": _random_id(), "review_id": review, "room_id": room, "document_id": document, "number": 1,
            "object_name": _random_id().hex, "size": int(_RANDOM.lognormvariate(12, 2)), "wrapped_key": _KEY,
            "particulars": _SEALED, "equal": _RANDOM.randbytes(32),
            "created_by": copying.people[at % len(copying.people)],
            "created_at": now - timedelta(days=_RANDOM.random() * 7000),
        }  # fmt: skip
        row["mac"] = copying.seal("version", row, sorted(row))
        yield row


def _events(copying: Copying, many: int) -> Iterator[Row]:
    """Make events: of people at their files in the times of these, and in the portal's own streams."""
    now = copying.world.clock()
    shares = {"identity": 0.15, "refusals": 0.05, "registry": 0.03, "machinery": 0.04, "cases": 0.01}
    own = {row["id"]: row["next_number"] for row in copying.own["stream"]}
    kinds = [KINDS[one] for one in (Action.VIEW_REVIEW, Action.LIST_ROOM, Action.VIEW_DOCUMENT)]
    download = KINDS[Action.DOWNLOAD_VERSION]
    for kind, part in shares.items():
        stream = PORTAL_STREAMS[kind]
        first, count = own[stream], int(many * part)
        said = KINDS[Action.SIGN_IN] if kind == "identity" else KINDS[Action.LIST_REVIEWS]
        phase = "refusal" if kind == "refusals" else "act"
        for at in range(count):
            when = now - timedelta(days=7200 * (1 - at / count))
            yield _event(stream, first + at, when, said, phase)
        if count:
            copying.numbers[stream] = first + count
    left = many - int(many * sum(shares.values()))
    each = left // max(1, len(copying.streams))
    for stream, cycle in copying.streams:
        begun = now - timedelta(days=730 * (CYCLES - 1 - cycle) + 600)
        intent: UUID | None = None
        for at in range(each):
            step = at % 5
            when = begun + timedelta(days=599 * at / each)
            phase = ("act", "act", "act", "intent", "outcome")[step]
            row = _event(stream, 1 + at, when, kinds[step] if step < 3 else download, phase)
            if step >= 2:
                row["about"] = stream.bytes + bytes([at // 5 % 40]) * 16
            row["intent_id"] = intent if phase == "outcome" else None
            intent = row["id"]
            yield row
        copying.numbers[stream] = 1 + each


def _event(stream: UUID, number: int, at: datetime, kind: int, phase: str) -> Row:
    return {
        "id": _random_id(), "stream_id": stream, "number": number, "at": at, "kind": kind, "schema_version": 1,
        "phase": phase, "intent_id": None, "about": None, "stamp": _HASH if phase == "act" else None, "salt": b"",
        "body": _BODY, "origin": _ORIGIN, "leaf": _HASH, "tag": _HASH,
    }  # fmt: skip


def _random_id() -> UUID:
    return UUID(int=_RANDOM.getrandbits(128))
