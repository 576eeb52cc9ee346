"""The log's tree: moving events into it beside reading and hashing the same rows, and proofs of a large one."""

import hashlib
import secrets
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import sleep
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.app import create_portal
from portal.audit.events import REGISTRY_STREAM, Entry, Phase
from portal.audit.tree import Tree
from portal.audit.verify import verify_log
from portal.audit.writer import write
from portal.background import HOLDER, Background
from portal.domain.ids import EventId, StreamId
from portal.settings import Settings
from portal.usecases.tree import sequence
from portal.work import Portal
from storage.repositories.audit import AuditRecords
from storage.repositories.tree import TreeRecords
from tests.audited import KEYS, write_log
from tests.bench.measure import Figure, seconds

EVENTS, ROUNDS = 10_000, 5
SMALL, LARGE, PROOFS = 10_000, 10_000_000, 200
CHECKED = 200_000
ROOMS, VISITS = 20, 2_000
_BLOB, _BODY = secrets.token_bytes(32), secrets.token_bytes(500)
_INSERT = (
    "INSERT INTO event (id, stream_id, number, at, kind, schema_version, phase, stamp, salt, body, leaf, tag) "
    "VALUES (?, ?, ?, '2026-05-04 09:30:00.000000', 404, 1, 'act', ?, ?, ?, ?, ?)"
)


def figures(folder: Path) -> list[Figure]:
    portal = create_portal(Settings(data=folder / "data", keys=folder / "keys"))
    while sequence(portal, HOLDER):
        pass
    pairs = [_grown(portal, number) for number in range(ROUNDS)]
    lag = _behind(portal)
    portal.database.close()
    return [
        Figure(
            *("events into the tree", median(floor / act for act, floor in pairs), 0.05),
            *("ratio", "reading the same rows and hashing each once"),
        ),
        Figure(
            *("events into the tree", EVENTS / median(act for act, _ in pairs) / 1000, 20),
            *("1,000/s", "none: a number of this machine"),
        ),
        Figure(
            *("an event comes into the signed tree after", lag, 1, "seconds, the latest of 20"),
            "none: half of it is the pause between rounds",
            at_most=True,
        ),
        Figure(
            *("proof in a tree of 10,000,000", _proofs(LARGE) / _proofs(SMALL), 2),
            *("times the other", "the same in a tree of 10,000"),
            at_most=True,
        ),
        Figure(
            *("one proof in a tree of 10,000,000", _proofs(LARGE) / PROOFS * 1000, 5),
            *("milliseconds", "none: a number of this machine"),
            at_most=True,
        ),
        Figure(
            *("a whole log checked from its tiles", CHECKED / _checks(folder / "log") / 1000, 150),
            *("1,000/s", "none: a number of this machine"),
        ),
        Figure(
            *("disk for each event", _kilobytes_an_event(folder / "visits"), 1, "kB, indexes included"),
            "what a reader's visits leave: file, room, document, download",
            at_most=True,
        ),
    ]


def _grown(portal: Portal, turn: int) -> tuple[float, float]:
    """Write events, and take the seconds of moving them into the tree and of its floor."""
    ids = _write(portal, turn)
    with closing(sqlite3.connect(portal.database.place)) as base:
        floor = seconds(lambda: _read(base, ids[0]))
    return seconds(lambda: _sequence(portal)), floor


def _behind(portal: Portal) -> float:
    """Let a portal run, and take the seconds from an event's commit to the checkpoint that has it, at the worst."""

    def waits() -> None:
        with portal.database.begin() as session:
            who = Entry(EventId(uuid4()), REGISTRY_STREAM, Action.SWEEP_OBJECTS, Phase.ACT, portal.clock(), {}, {})
            write(session, portal.keyring, [who])
        while True:
            with portal.database.read() as session:
                if not TreeRecords(session).is_waiting():
                    return
            sleep(0.005)

    with Background(portal):
        return max(seconds(waits) for _ in range(20))


def _sequence(portal: Portal) -> None:
    while sequence(portal, HOLDER):
        pass


def _read(base: sqlite3.Connection, first: int) -> None:
    for leaf, tag in base.execute("SELECT leaf, tag FROM event WHERE rowid >= ?", (first,)):
        hashlib.sha256(b"\0" + leaf + tag).digest()


def _write(portal: Portal, turn: int) -> tuple[int]:
    stream = UUID(str(REGISTRY_STREAM)).hex
    with closing(sqlite3.connect(portal.database.place)) as base:
        last = base.execute("SELECT max(rowid) FROM event").fetchone()[0] or 0
        rows = (
            (secrets.token_hex(16), stream, 1_000_000 * (turn + 1) + number, _BLOB, _BLOB, _BODY)
            for number in range(EVENTS)
        )
        base.executemany(_INSERT, ((*row, secrets.token_bytes(32), secrets.token_bytes(32)) for row in rows))
        base.commit()
    return (last + 1,)


def _kilobytes_an_event(folder: Path) -> float:
    """Let readers visit, and count the pages of the tables and indexes that hold the log, in kB for each event."""
    portal = create_portal(Settings(data=folder / "data", keys=folder / "keys"))
    for _ in range(ROOMS):
        _visited(portal, StreamId(uuid4()), VISITS // ROOMS)
        _sequence(portal)
    portal.database.close()
    tables = "('event', 'tree_entry', 'tree_tile', 'tree_head', 'waiting_event')"
    with closing(sqlite3.connect(portal.database.place)) as base:
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        held = f"SELECT name FROM sqlite_master WHERE tbl_name IN {tables}"  # noqa: S608 - our own words
        total = base.execute(f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({held})").fetchone()[0]  # noqa: S608
        return float(total) / base.execute("SELECT count(*) FROM event").fetchone()[0] / 1000


def _visited(portal: Portal, room: StreamId, times: int) -> None:
    """Write what visits leave in the log: the file, a room, a document, its download and how that ended."""
    review, now = str(uuid4()), datetime.now(UTC)
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    with portal.database.begin() as session:
        AuditRecords(session).add_stream(room, "room")
        for at in range(times):
            who = {"person": str(uuid4()), "appointment": str(uuid4()), "role": "expert", "state": "XAA"}
            origin = {"address": "192.0.2.7", "client": browser, "session": str(uuid4())}
            document, there = uuid4(), {"review": review, "room": str(room)}
            on = there | {"document": str(document)}
            intent = EventId(uuid4())
            visit = (
                (Action.VIEW_REVIEW, Phase.ACT, {"review": review}, None),
                (Action.LIST_ROOM, Phase.ACT, there, None),
                (Action.VIEW_DOCUMENT, Phase.ACT, on, document),
                (Action.DOWNLOAD_VERSION, Phase.INTENT, on | {"version": str(uuid4())}, document),
                (Action.DOWNLOAD_VERSION, Phase.OUTCOME, on, document),
            )
            entries = [
                Entry(
                    *(intent if phase is Phase.INTENT else EventId(uuid4()), room, action, phase),
                    *(now + timedelta(seconds=at), who, what, ("documents.circulated-assigned",)),
                    *({"result": "complete", "bytes": 4321} if phase is Phase.OUTCOME else {}, origin),
                    intent=intent if phase is Phase.OUTCOME else None,
                    about=about,
                    stamp=None if phase is Phase.OUTCOME else secrets.token_bytes(32),
                )
                for action, phase, what, about in visit
            ]
            write(session, portal.keyring, entries)


def _proofs(size: int) -> float:
    tree = Tree(size, lambda _level, _number, _width: _TILE)
    return seconds(lambda: [tree.inclusion(number * (size // PROOFS)) for number in range(PROOFS)])


def _checks(folder: Path) -> float:
    """Take the seconds of checking a log, as `portal verify --log FOLDER` does."""
    write_log(folder, CHECKED)
    return median(seconds(lambda: verify_log(lambda path: (folder / path).read_bytes(), KEYS)) for _ in range(3))


_TILE = secrets.token_bytes(256 * 32)
