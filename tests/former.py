"""Former releases' installations, frozen (tests/freezing.py), and how one is set up again on either database."""

import base64
import json
import sqlite3
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

import psycopg
from psycopg import sql

from portal.access.caller import Caller
from portal.work import Portal
from tests import databases
from tests.cast import Clock, File, Member, World
from tests.freezing import ABOUT, ARCHIVE, BUNDLE, FORMER, POSTGRESQL, ROWS, SQLITE

_TYPES: Final = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
_COUNTED: Final = (
    "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE table_schema = 'public' AND column_default LIKE 'nextval%'"
)
# what was made by a step, and isn't there in the release before it
MADE: Final = {"0022": ("whole_backup",)}


@dataclass(frozen=True)
class Frozen:
    """An installation as a former release left it.

    Attributes:
        step: The newest step of its schema.
        about: What about.json says.
        files: What the archive holds, by name.

    """

    step: str
    about: dict[str, Any]
    files: dict[str, bytes]

    @property
    def bundle(self) -> bytes:
        """Give the trail of the first review as its focal point took it home."""
        return self.files[BUNDLE]

    def tables(self) -> dict[str, dict[str, Any]]:
        """Give the rows of each table that this release has."""
        found: dict[str, dict[str, Any]] = json.loads(self.files[ROWS])
        return {name: table for name, table in found.items() if name not in self._unmade}

    def statements(self) -> list[str]:
        """Give the statements that make its schema on the database of the tests."""
        said = json.loads(self.files[POSTGRESQL if databases.ON_SERVER else SQLITE])
        return [one for one in said if not any(name in one for name in self._unmade)]

    @property
    def _unmade(self) -> tuple[str, ...]:
        return tuple(name for step, names in MADE.items() if step > self.step for name in names)


@cache
def frozen(step: str) -> Frozen:
    """Give what was frozen of a release; one between two frozen ones is made of the one after it."""
    if (FORMER / step).exists():
        return read(step, FORMER)
    after = frozen(min(one.name for one in FORMER.iterdir() if one.name > step))
    return Frozen(step, after.about, after.files)


def read(step: str, kept: Path) -> Frozen:
    """Read what was frozen of a release from a folder of such."""
    with tarfile.open(kept / step / ARCHIVE) as archive:
        files = {entry.name: cast("Any", archive.extractfile(entry)).read() for entry in archive if entry.isfile()}
    return Frozen(step, json.loads((kept / step / ABOUT).read_text("utf-8")), files)


def set_up(former: Frozen, folder: Path) -> None:
    """Set an installation up in a folder, as the settings of the tests find it there (tests/conftest.py)."""
    for name, content in former.files.items():
        if name.startswith(("data/", "keys/")):
            file = folder / name
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod(0o600)
    place = databases.place(folder / "data")
    (_in_file if isinstance(place, Path) else _on_server)(former, place)  # type: ignore[operator]  # by its place
    with closing(databases.Hand(place)) as hand:
        hand("UPDATE alembic_version SET version_num = ?", (former.step,))
        hand("UPDATE schema_runs SET step = ?", (former.step,))


def _in_file(former: Frozen, place: Path) -> None:
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        connection.execute("BEGIN")  # else each statement waits for the disk
        made = former.statements()
        for statement in (one for one in made if one.startswith("CREATE TABLE")):
            connection.execute(statement)
        for name, table in former.tables().items():
            marks = ", ".join("?" * len(table["columns"]))
            put = f'INSERT INTO "{name}" ({", ".join(table["columns"])}) VALUES ({marks})'  # noqa: S608  # as frozen
            connection.executemany(put, _plain(table["rows"]))
        for statement in (one for one in made if not one.startswith("CREATE TABLE")):
            connection.execute(statement)
        connection.execute("COMMIT")
    place.chmod(0o600)


def _on_server(former: Frozen, place: str) -> None:
    with closing(psycopg.connect(place)) as connection, connection:
        for statement in former.statements():
            connection.execute(statement.encode())
        connection.execute("SET LOCAL session_replication_role = replica")  # no triggers, and rows in any order
        connection.execute("SET LOCAL timezone = 'UTC'")
        for name, table in former.tables().items():
            types = dict(connection.execute(_TYPES, (name,)).fetchall())
            truths = [types[column] == "boolean" for column in table["columns"]]
            put = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(name),
                sql.SQL(", ").join(map(sql.Identifier, table["columns"])),
                sql.SQL(", ").join([sql.Placeholder()] * len(truths)),
            )
            rows = [
                [bool(one) if truth and one is not None else one for truth, one in zip(truths, row, strict=True)]
                for row in _plain(table["rows"])
            ]
            connection.cursor().executemany(put, rows)
        for table, column in connection.execute(_COUNTED).fetchall():
            go_on = sql.SQL("SELECT setval(pg_get_serial_sequence(%s, %s), coalesce(max({}), 0) + 1, false) FROM {}")
            connection.execute(go_on.format(sql.Identifier(column), sql.Identifier(table)), (table, column))


def _plain(rows: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
    for row in rows:
        yield [base64.b64decode(one[0]) if isinstance(one, list) else one for one in row]


def world_of(former: Frozen, portal: Portal, clock: Clock) -> World:
    """Give the cast of an installation, some minutes after it was frozen: what its processes held is free again."""
    clock.now = datetime.fromisoformat(former.about["at"]) + timedelta(minutes=10)
    members = {
        name: Member(UUID(one["person"]), UUID(one["appointment"]), _caller(portal, one["token"]), one["token"])
        for name, one in former.about["members"].items()
    }
    files = {
        name: File(UUID(one["review"]), {kind: UUID(room) for kind, room in one["rooms"].items()})
        for name, one in former.about["files"].items()
    }
    return World(portal, clock, members, files)


def _caller(portal: Portal, token: str) -> Caller:
    return Caller(token=portal.keyring.blind("token", token.encode()), address="192.0.2.1", client="test")
