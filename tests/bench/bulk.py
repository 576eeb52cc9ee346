"""Many rows into a database at once."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

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


def tidy(place: str) -> None:
    """Do what a server does by itself within a minute, but for those of tests."""
    with psycopg.connect(place, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


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
