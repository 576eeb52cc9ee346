"""A portal at full scale: 200 States, 10 cycles, 2,000 reviews, a million documents, a million events or more.

The files are copies of those of the office (tests/office.py), in which something of every kind has happened: all their
rows, with ids, States, cycles, dates and MACs of their own, so that each index and each sum meets what it would meet.
Names and mail addresses are sealed as the portal seals them. Other sealed values and events of other people's files
are bytes that nobody opens: their keys aren't there, and whoever looks at one without a right finds nothing to open.
"""

import os
import random
import re
import secrets
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from uuid import UUID

import psycopg
from sqlalchemy import Table, UniqueConstraint, select
from sqlmodel import SQLModel

from portal.access.actions import Action
from portal.audit import sequencer
from portal.audit.events import PORTAL_STREAMS
from portal.audit.kinds import KINDS
from portal.background import HOLDER
from portal.usecases.tree import sequence
from portal.work import Portal
from storage.columns import Guarded
from storage.fields import Place
from storage.guards import _CANONICAL, _plain
from storage.keyring import ScopeKey, join, split
from storage.permits import NAMES, OUTCOMES, REGISTRY, Scope
from storage.tables import State
from tests.cast import STATES, World

CYCLES: Final = 10
COPIES: Final = 1_000  # of the office, with two reviews each
PLACES: Final = 200  # States that are under review once a cycle
DOCUMENTS: Final = 1_000_000
EVENTS: Final = 10_000_000 if os.environ.get("FULL") else 1_000_000
LISTED: Final = 60  # copies of it fill a page of each list
STAFFS: Final = 20  # so many copies of the secretariat's people work on all the files
NOT_COPIED: Final = frozenset(
    [
        "alembic_version",
        "schema_runs",
        "state",
        "state_name",
        "state_instrument",
        "cycle",
        "event",
        "waiting_event",
        "tree_entry",
        "tree_tile",
        "tree_head",
        "month_count",
        "day_count",
        "total",
        "lease",
        "restoration",
        "backup",
        "recovery_key",
    ]
)
BATCH: Final = 20_000  # events that come into the tree at once
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RANDOM: Final = random.Random(5)  # where things lie, the same each time
_THEIRS: Final = (
    "appointment",
    "session",
    "invitation",
    "passkey",
    "code_app",
    "recovery_code",
    "note_copy",
    "profile",
)
# of breaches there are few: one office in so many has any
_BREACHES: Final = frozenset(
    [
        "breach_case",
        "case_entry",
        "containment",
        "exhibit",
        "case_grant",
        "concern",
        "concern_grant",
        "signal",
        "signal_step",
    ]
)
SELDOM: Final = 10
_BODY, _ORIGIN, _HASH = secrets.token_bytes(360), secrets.token_bytes(80), secrets.token_bytes(32)
_SEALED, _KEY = secrets.token_bytes(70), secrets.token_bytes(65)

# what lists open of all files
_OPENED: Final[Mapping[str, tuple[tuple[Scope, str], ...]]] = {
    "appointment": ((REGISTRY, "basis"), (REGISTRY, "end_basis")),
    "profile": ((REGISTRY, "said"),),
    "case_entry": ((OUTCOMES, "outcome"),),
}

Row = dict[str, Any]


class Bulk:
    """Many rows into a database, past its foreign keys; on PostgreSQL past its triggers, too."""

    def __init__(self, place: Path | str) -> None:
        self._sqlite: sqlite3.Connection | None = None
        if isinstance(place, Path):
            self._sqlite = sqlite3.connect(place, isolation_level=None)
            for pragma in ("journal_mode=OFF", "foreign_keys=OFF", "synchronous=OFF", "cache_size=-400000"):
                self._sqlite.execute(f"PRAGMA {pragma}")
            self._sqlite.execute("BEGIN")
        else:
            self._server = psycopg.connect(place)
            self._server.execute("SET session_replication_role = replica")

    def put(self, table: str, rows: Iterable[Row]) -> None:
        """Write rows, all with the columns of the first."""
        rows = iter(rows)
        first = next(rows, None)
        if first is None:
            return
        names = list(first)
        values = (list(map(row.__getitem__, names)) for row in _with(first, rows))
        listed = ", ".join(f'"{name}"' for name in names)
        if self._sqlite is not None:
            marks = ",".join("?" * len(names))
            statement = f"INSERT INTO {table} ({listed}) VALUES ({marks})"  # noqa: S608  # names of the schema
            self._sqlite.executemany(statement, (list(map(_in_sqlite, row)) for row in values))
            return
        with self._server.cursor().copy(f"COPY {table} ({listed}) FROM STDIN".encode()) as copy:
            for row in values:
                copy.write_row(row)

    def ask(self, statement: str) -> None:
        """Do something."""
        (self._sqlite or self._server).execute(statement)  # type: ignore[arg-type]  # both take words

    def close(self) -> None:
        """Keep what was written."""
        if self._sqlite is not None:
            self._sqlite.execute("COMMIT")
            self._sqlite.execute("PRAGMA journal_mode=WAL")
            self._sqlite.close()
        else:
            self._server.commit()
            self._server.close()
            # autovacuum does this within a minute on a server that isn't busy with a test


def employ(copying: "Copying") -> None:
    """Let a secretariat work there that is as large as all the files need: its people are no matter of scale."""
    copying.world.portal.database.close()
    with closing(Bulk(copying.world.portal.database.place)) as bulk:
        for name in ("person", *_THEIRS):
            bulk.put(name, copying.rows(SQLModel.metadata.tables[name], range(STAFFS), staff=True))


def populate(
    copying: "Copying",
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
        bulk.put("document", copying.documents(documents))
        bulk.put("version", copying.versions())
        if isinstance(portal.database.place, str):
            bulk.ask("UPDATE total SET count = (SELECT count(*) FROM version), bytes = (SELECT sum(size) FROM version)")
    with closing(Bulk(portal.database.place)) as bulk:
        bulk.put("event", copying.events(events))
        if isinstance(portal.database.place, str):
            bulk.ask("INSERT INTO waiting_event (event_id) SELECT id FROM event ORDER BY at")
        for stream, number in copying.numbers.items():
            one = stream.hex if isinstance(portal.database.place, Path) else str(stream)
            bulk.ask(f"UPDATE stream SET next_number = {number} WHERE id = '{one}'")  # noqa: S608  # of our own
    into_the_tree(portal)


def into_the_tree(portal: Portal) -> None:
    """Move all events into the log's tree, in larger batches than a portal that has readers at the same time."""
    with patch.object(sequencer, "BATCH", BATCH):
        while sequence(portal, HOLDER):
            pass


@dataclass
class Copying:
    """Copies of an office's rows."""

    world: World
    own: dict[str, list[Row]]
    shared: frozenset[UUID]  # ids of the secretariat's people and of what is theirs alone
    cycle: UUID  # of the office
    codes: list[str]
    invented: list[str]
    keys: Mapping[Scope, ScopeKey]  # of what is opened of all files
    seldom: int = SELDOM
    numbers: dict[UUID, int] = field(default_factory=dict)
    rooms: list[tuple[UUID, UUID, str]] = field(default_factory=list)  # review, room, owner
    people: list[UUID] = field(default_factory=list)
    streams: list[tuple[UUID, int]] = field(default_factory=list)  # and in which cycle

    @classmethod
    def of(cls, world: World) -> "Copying":
        """Read what is to be copied."""
        with world.portal.database.read() as session:
            own = {
                table.name: [dict(row._mapping) for row in session.execute(select(table))]
                for table in SQLModel.metadata.sorted_tables
                if table.name not in NOT_COPIED - {"cycle"}
            }
            known = sorted(code for code in session.scalars(select(State.code)) if code not in STATES)  # type: ignore[call-overload]  # one column
        invented = [f"X{at:02}" for at in range(PLACES - len(known))]
        keys = {scope: world.portal.keyring.key(scope, 1) for scope in (NAMES, REGISTRY, OUTCOMES)}
        staff = {row["id"] for row in own["person"] if row["state_code"] is None}
        shared = staff | {row["id"] for table in _THEIRS for row in own[table] if row.get("person_id") in staff}
        return cls(world, own, frozenset(shared), own["cycle"][0]["id"], known + invented, invented, keys)

    def cycles(self) -> Iterator[Row]:
        """Make the cycles before the office's own."""
        (mine,) = self.own["cycle"]
        for ago in range(1, CYCLES):
            yield {
                "id": _moved(mine["id"], ago),
                "name": f"Cycle {CYCLES - ago}",
                "starts_on": mine["starts_on"] - timedelta(days=730 * ago),
                "ends_on": mine["ends_on"] - timedelta(days=730 * ago),
                "created_at": mine["created_at"] - timedelta(days=730 * ago),
            }

    def at(self, world: World) -> "Copying":
        """Give the same rows, to be copied in another portal."""
        return replace(self, world=world, numbers={}, rooms=[], people=[], streams=[])

    def rows(self, table: Table, copies: range, *, staff: bool = False) -> Iterator[Row]:
        """Copy the rows of a table: those of the secretariat's people alone, or all others."""
        guarded = next((one for one in Guarded.__subclasses__() if one.__tablename__ == table.name), None)  # type: ignore[attr-defined]  # every table has a name
        names = sorted(column.name for column in table.columns if column.name != "mac")
        key = self.world.portal.database._guard_key
        unique = _unique(table)
        for at in copies:
            if table.name in _BREACHES and at % self.seldom:
                continue
            copy = _Copy(self, at)
            for mine in self.own[table.name]:
                if (mine.get("id") in self.shared) is not staff:
                    continue
                row = copy.row(table.name, mine, unique)
                if row is None:
                    continue
                if guarded is not None:
                    text = _CANONICAL.encode([table.name, {name: _plain(row[name]) for name in names}])
                    row["mac"] = _hmac(key, text)
                self._note(table.name, row, at)
                yield row

    def _note(self, table: str, row: Row, at: int) -> None:
        if table == "room":
            self.rooms.append((row["review_id"], row["id"], row["state_code"] or "secretariat"))
        elif table == "person":
            self.people.append(row["id"])
        elif table == "stream":
            self.streams.append((row["id"], at // (COPIES // CYCLES)))

    # --- what there are more of than copies

    def documents(self, many: int) -> Iterator[Row]:
        """Make documents in all rooms."""
        key, now = self.world.portal.database._guard_key, self.world.clock()
        kinds, stages = ("law", "note", "other", "checklist_response"), ("circulated", "submitted", "draft")
        self.made: list[tuple[UUID, UUID, UUID]] = []
        for at in range(many):
            review, room, owner = self.rooms[at % len(self.rooms)]
            made = now - timedelta(days=_RANDOM.random() * 7000)
            row: Row = {
                "id": _random_id(), "review_id": review, "room_id": room, "number": 1000 + at // len(self.rooms),
                "kind": kinds[at % 4], "language": ("en", "fr", "ar")[at % 3], "stage": stages[at % 3], "owner": owner,
                "title": _SEALED, "tags": _SEALED, "translates_id": None,
                "created_by": self.people[at % len(self.people)],
                "created_at": made, "changed_at": made, "submitted_at": made, "circulated_at": made,
                "withdrawn_at": None, "withdrawn_by": None, "withdrawn_reason": None,
            }  # fmt: skip
            row["mac"] = _hmac(key, _CANONICAL.encode(["document", {name: _plain(row[name]) for name in sorted(row)}]))
            self.made.append((row["id"], review, room))
            yield row

    def versions(self) -> Iterator[Row]:
        """Make a version of each of them."""
        key, now = self.world.portal.database._guard_key, self.world.clock()
        for at, (document, review, room) in enumerate(self.made):
            row: Row = {
                "id": _random_id(), "review_id": review, "room_id": room, "document_id": document, "number": 1,
                "object_name": _random_id().hex, "size": int(_RANDOM.lognormvariate(12, 2)), "wrapped_key": _KEY,
                "particulars": _SEALED, "equal": _RANDOM.randbytes(32),
                "created_by": self.people[at % len(self.people)],
                "created_at": now - timedelta(days=_RANDOM.random() * 7000),
            }  # fmt: skip
            row["mac"] = _hmac(key, _CANONICAL.encode(["version", {name: _plain(row[name]) for name in sorted(row)}]))
            yield row

    def events(self, many: int) -> Iterator[Row]:
        """Make events: of people at their files in the times of these, and in the portal's own streams."""
        now = self.world.clock()
        shares = {"identity": 0.15, "refusals": 0.05, "registry": 0.03, "machinery": 0.04, "cases": 0.01}
        own = {row["id"]: row["next_number"] for row in self.own["stream"]}
        kinds = [KINDS[one] for one in (Action.VIEW_REVIEW, Action.LIST_ROOM, Action.VIEW_DOCUMENT)]
        download = KINDS[Action.DOWNLOAD_VERSION]
        numbers: defaultdict[UUID, int] = defaultdict(lambda: 1)
        for kind, part in shares.items():
            stream = PORTAL_STREAMS[kind]
            first, count = own[stream], int(many * part)
            said = KINDS[Action.SIGN_IN] if kind == "identity" else KINDS[Action.LIST_REVIEWS]
            phase = "refusal" if kind == "refusals" else "act"
            for at in range(count):
                when = now - timedelta(days=7200 * (1 - at / count))
                yield _event(stream, first + at, when, said, phase)
            if count:
                self.numbers[stream] = first + count
        left = many - int(many * sum(shares.values()))
        each = left // max(1, len(self.streams))
        for stream, cycle in self.streams:
            begun = now - timedelta(days=730 * (CYCLES - 1 - cycle) + 600)
            intent: UUID | None = None
            for at in range(each):
                step = at % 5
                when = begun + timedelta(days=599 * at / each)
                phase = ("act", "act", "act", "intent", "outcome")[step]
                row = _event(stream, numbers[stream] + at, when, kinds[step] if step < 3 else download, phase)
                if step >= 2:
                    row["about"] = stream.bytes + bytes([at // 5 % 40]) * 16
                row["intent_id"] = intent if phase == "outcome" else None
                intent = row["id"]
                yield row
            self.numbers[stream] = numbers[stream] + each


class _Copy:
    """One copy of an office, of one cycle, in two States and those that review them."""

    def __init__(self, copying: Copying, at: int) -> None:
        self._of = copying
        in_cycle = COPIES // CYCLES
        cycle, place = divmod(at, in_cycle)
        self._ago = CYCLES - 1 - cycle
        self._mask = at + 1
        self._at = at
        self._earlier = timedelta(days=730 * self._ago + place % 90)
        turns = (0, 2, 3, 1, 5, 7)  # who is who: XAA and XDD are under review
        self._states = {
            code: copying.codes[(2 * place + turn) % PLACES] for code, turn in zip(STATES, turns, strict=True)
        }

    def _id(self, value: UUID) -> UUID:
        if value == self._of.cycle:
            return _moved(value, self._ago) if self._ago else value
        if value in PORTAL_STREAMS.values():
            return value
        return _moved(value, 1000 + (self._at % STAFFS if value in self._of.shared else self._at))

    def row(self, table: str, mine: Row, unique: frozenset[str]) -> Row | None:
        """Copy a row; None: there is one of it for the whole portal."""
        if table == "stream" and mine["id"] in PORTAL_STREAMS.values():
            return None
        row = {name: self._value(value, unique=name in unique) for name, value in mine.items()}
        if table in {"key_version", "key_holder"} and row["scope"] == mine["scope"]:
            return None
        if table == "person":
            self._name(row)
        for scope, column in _OPENED.get(table, ()):
            row[column] = self._again(scope, table, column, mine, row)
        self._age(table, row)
        if row.get("id") is not None and isinstance(row["id"], int):
            row.pop("id")
        return row

    def _age(self, table: str, row: Row) -> None:
        """Let what lies in former cycles have come to its end, and what was told have been read."""
        if table == "stream":
            row["next_number"] = 1
        if table == "review" and self._ago:
            row |= {"stage": "closed", "closed_at": row["opened_at"] + timedelta(days=300)}
        if table == "breach_case" and self._ago and row["closed_at"] is None:
            ends = "closed_at" if row["confirmed_at"] else "declined_at"
            row[ends] = row[ends] or row["proposed_at"] + timedelta(days=90)
        if table == "concern" and self._ago and row["ended_at"] is None:
            row["ended_at"] = row["filed_at"] + timedelta(days=30)
        if table == "appointment" and self._ago and row["needs_confirmation"]:
            row["confirmed_at"] = row["confirmed_at"] or row["created_at"]
        if table in {"notice", "account_notice"}:
            row |= {"due_at": None, "mailed_at": row["made_at"], "seen_at": row["made_at"]}

    def _value(self, value: Any, *, unique: bool) -> Any:  # noqa: PLR0911  # one for each type
        match value:
            case UUID():
                return self._id(value)
            case datetime() | date():
                return value - self._earlier
            case str() if value in self._states:
                return self._states[value]
            case str() if unique:
                return self._text(value)
            case bytes() if unique:
                return value[:-4] + self._mask.to_bytes(4, "big")
            case int() if unique and not isinstance(value, bool):
                return value + 10_000 * self._mask
            case _:
                return value

    def _text(self, value: str) -> str:
        if _UUID.search(value):
            return _UUID.sub(lambda found: str(self._id(UUID(found[0]))), value)
        if re.fullmatch(r"[0-9a-f]{32}", value):
            return _moved(UUID(value), 1000 + self._at).hex
        return f"{value[:14]}{self._mask:06}"

    def _again(self, scope: Scope, table: str, column: str, mine: Row, row: Row) -> bytes | None:
        if mine[column] is None:
            return None
        version, sealed = split(mine[column])
        key = self._of.keys[scope]
        text = key.fields.open(Place(table, column, mine["id"]), sealed)
        return join(version, key.fields.seal(Place(table, column, row["id"]), text))

    def _name(self, row: Row) -> None:
        name = f"Person {row['id'].hex[:6]} of {row['state_code'] or 'the secretariat'}"
        for scope, column, text in ((NAMES, "name", name), (REGISTRY, "mail", f"{row['id'].hex}@example.org")):
            key = self._of.keys[scope]
            row[column] = join(1, key.fields.seal(Place("person", column, row["id"]), text.encode()))


def _event(stream: UUID, number: int, at: datetime, kind: int, phase: str) -> Row:
    return {
        "id": _random_id(), "stream_id": stream, "number": number, "at": at, "kind": kind, "schema_version": 1,
        "phase": phase, "intent_id": None, "about": None, "stamp": _HASH if phase == "act" else None, "salt": b"",
        "body": _BODY, "origin": _ORIGIN, "leaf": _HASH, "tag": _HASH,
    }  # fmt: skip


def _unique(table: Table) -> frozenset[str]:
    """Name the columns of which a copy needs its own value, but for ids: alone or with others they are unique."""
    found = {
        column.name for column in table.columns if column.unique or (column.primary_key and len(table.primary_key) == 1)
    }
    found |= {
        column.name
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint) and len(constraint.columns) == 1
        for column in constraint.columns
    }
    found |= {column.name for column in table.columns if column.name in {"scope", "object_name"}}
    return frozenset(found)


def _moved(value: UUID, by: int) -> UUID:
    return UUID(int=value.int ^ (by << 64))


def _random_id() -> UUID:
    return UUID(int=_RANDOM.getrandbits(128))


def _hmac(key: bytes, text: str) -> bytes:
    import hashlib
    import hmac

    return hmac.digest(key, text.encode(), hashlib.sha256)


def _in_sqlite(value: Any) -> Any:
    if value.__class__ is UUID:
        return value.hex
    if value.__class__ is datetime:
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    if value.__class__ is date:
        return value.isoformat()
    return value


def _with(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest
