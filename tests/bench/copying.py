"""Copies of an office's rows, with ids, States, cycles, dates and MACs of their own.

Names and mail addresses are sealed as the portal seals them, and what lists open of all files. Other sealed values are
copied as they are: their keys aren't there, and whoever looks at one without a right finds nothing to open.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, UniqueConstraint, select
from sqlmodel import SQLModel

from portal.audit.events import PORTAL_STREAMS
from storage.columns import Guarded
from storage.fields import Place
from storage.guards import _CANONICAL, _plain
from storage.keyring import ScopeKey, join, split
from storage.permits import NAMES, OUTCOMES, REGISTRY, Scope
from storage.tables import State
from tests.bench.bulk import Row
from tests.cast import STATES, World

CYCLES: Final = 10
COPIES: Final = 1_000  # of the office, with two reviews each
PLACES: Final = 200  # States that are under review once a cycle
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
        "lease",
        "restoration",
        "backup",
        "recovery_key",
    ]
)
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
THEIRS: Final = (
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
OPEN: Final = 6  # of a page of copies one in so many has breaches that are open, if all have any

# what lists open of all files
_OPENED: Final[Mapping[str, tuple[tuple[Scope, str], ...]]] = {
    "appointment": ((REGISTRY, "basis"), (REGISTRY, "end_basis")),
    "profile": ((REGISTRY, "said"),),
    "case_entry": ((OUTCOMES, "outcome"),),
}


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
        shared = staff | {row["id"] for table in THEIRS for row in own[table] if row.get("person_id") in staff}
        return cls(world, own, frozenset(shared), own["cycle"][0]["id"], known + invented, invented, keys)

    def cycles(self) -> Iterator[Row]:
        """Make the cycles before the office's own."""
        (mine,) = self.own["cycle"]
        for ago in range(1, CYCLES):
            yield {
                "id": moved(mine["id"], ago),
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
                    row["mac"] = self.seal(table.name, row, names)
                self._note(table.name, row, at)
                yield row

    def _note(self, table: str, row: Row, at: int) -> None:
        if table == "room":
            self.rooms.append((row["review_id"], row["id"], row["state_code"] or "secretariat"))
        elif table == "person":
            self.people.append(row["id"])
        elif table == "stream":
            self.streams.append((row["id"], at // (COPIES // CYCLES)))

    def seal(self, table: str, row: Row, names: list[str]) -> bytes:
        """Compute the MAC of a row."""
        text = _CANONICAL.encode([table, {name: _plain(row[name]) for name in names}])
        return hmac.digest(self.world.portal.database._guard_key, text.encode(), hashlib.sha256)


class _Copy:
    """One copy of an office, of one cycle, in two States and those that review them."""

    def __init__(self, copying: Copying, at: int) -> None:
        self._of = copying
        in_cycle = COPIES // CYCLES
        cycle, place = divmod(at, in_cycle)
        self._ago = CYCLES - 1 - cycle
        # of breaches as many copies are open as where there are few: a tenth of a cycle's
        self._over = bool(self._ago or (copying.seldom < SELDOM and at % OPEN))
        self._mask = at + 1
        self._at = at
        self._earlier = timedelta(days=730 * self._ago + place % 90)
        turns = (0, 2, 3, 1, 5, 7)  # who is who: XAA and XDD are under review
        self._states = {
            code: copying.codes[(2 * place + turn) % PLACES] for code, turn in zip(STATES, turns, strict=True)
        }

    def _id(self, value: UUID) -> UUID:
        if value == self._of.cycle:
            return moved(value, self._ago) if self._ago else value
        if value in PORTAL_STREAMS.values():
            return value
        return moved(value, 1000 + (self._at % STAFFS if value in self._of.shared else self._at))

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
        if table == "breach_case" and self._over and row["closed_at"] is None:
            ends = "closed_at" if row["confirmed_at"] else "declined_at"
            row[ends] = row[ends] or row["proposed_at"] + timedelta(days=90)
        if table == "concern" and self._over and row["ended_at"] is None:
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
            return moved(UUID(value), 1000 + self._at).hex
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


def moved(value: UUID, by: int) -> UUID:
    return UUID(int=value.int ^ (by << 64))
