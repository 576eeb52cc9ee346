"""Carries all rows of a portal from one database to another, whichever of the two kinds they are.

1. The source is held by the lock of all who write, from the first look to the end: nothing in it changes meanwhile, and
   what is read is of one moment. It is changed once, in the transaction that holds it: by the mark that it was moved.
2. All rows arrive in one transaction. Constraints between rows are set aside in it and checked at its end, triggers are
   set aside and put back; numbers that the database gives go on after the greatest.
3. Rows are the same when every column of every row has the same value, in the order of their keys: so their MACs hold.
4. Where a database stands is written where migrations write it, so that a release that knows nothing of moves refuses
   it as well: `moving:ID` while rows and objects arrive, `arriving:ID` when all of it was checked, `moved:ID` at the
   source. A source that was moved refuses new entries of the log besides, for whoever still has it open.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Table, delete, func, insert, select, text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import SQLModel

from storage import schema
from storage.database import Database, Session, in_one_file, translated
from storage.engines import POSTGRESQL, WAIT_MILLISECONDS, lasting, reading, writing
from storage.errors import Damaged
from storage.guards import GUARD_KEY
from storage.migrations.described import columns
from storage.schema import ARRIVING, MOVED, MOVING
from storage.triggers import Refusal

PIECE: Final = 500
_TRIGGERS: Final = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
_LINKS: Final = text(
    "SELECT conrelid::regclass::text AS tbl, conname AS name, pg_get_constraintdef(oid) AS says FROM pg_constraint "
    "WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
)
_LEFT: Final = Refusal("event_after_the_move", "BEFORE INSERT", "event", "", "this portal was moved to another place")


@dataclass(frozen=True, slots=True)
class Rows:
    """What a table holds: how many rows, and a hash over all of them."""

    count: int
    sha256: str


class Held:
    """A source that nobody writes in while it is held."""

    def __init__(self, connection: Connection, guard_key: bytes = b"") -> None:
        self.connection = connection
        self.session = Session(connection, info={GUARD_KEY: guard_key}, expire_on_commit=False)

    def check_rights(self) -> None:
        """See that the source can be left, before hours are spent on it.

        Raises:
            Unfit: The role of the database may not mark it.

        """
        trial = self.connection.begin_nested()
        try:
            self.leave("")
        except ProgrammingError as error:
            raise schema.Unfit(
                "the role of the database may not change its tables: move it as the one that owns them"
            ) from error
        finally:
            trial.rollback()

    def leave(self, move: str) -> None:
        """Mark the source as moved: it starts no more, and its log takes nothing more."""
        on_server = self.connection.dialect.name == POSTGRESQL
        for statement in _LEFT.in_postgresql() if on_server else [_LEFT.in_sqlite()]:
            self.connection.exec_driver_sql(statement)
        schema.stand(self.connection, f"{MOVED}{move}")


def standing(database: Database) -> str:
    """Tell the last step that a database has seen, or how it stands in a move; empty: it is empty."""
    with translated(), reading(database.engine).connect() as connection:
        return schema.standing(connection) or ""


@contextmanager
def held(database: Database) -> Iterator[Held]:
    """Hold a source; what is done to it is committed at the end of the block.

    Raises:
        DatabaseUnavailable: Somebody writes in it, or it is away.
        Unfit: The role of the database may not change it.

    """
    engine = writing(database.engine, monotonic() + WAIT_MILLISECONDS / 1000)
    with translated(), engine.connect() as connection, connection.begin():
        lasting(connection)
        found = Held(connection)
        found.check_rights()
        yield found


def copy_rows(source: Held, target: Database, move: str, begun: str) -> dict[str, Rows]:
    """Let a target have the rows of a source and no others, and mark it as what a portal is being moved to.

    Gives what each table of the source holds.

    Raises:
        Damaged: The target doesn't stand any more where it began, or a portal was made there meanwhile.

    """
    with translated(), target.engine.begin() as connection:
        lasting(connection)
        with _loosened(connection):
            _check_still(connection, begun)
            for table in _tables():
                connection.execute(delete(table))
            found = {table.name: _copy_table(source.connection, connection, table) for table in _tables()}
            if connection.dialect.name == POSTGRESQL:
                _go_on_counting(connection)
                connection.exec_driver_sql("ANALYZE")  # else the next questions are put as to an empty database
        schema.stand(connection, f"{MOVING}{move}")
    return found


def copy_moment(source: Database, path: Path) -> None:
    """Copy all rows as they are at one moment, while others write, into a new file of SQLite.

    Raises:
        Elsewhere: The portal was moved away by then.
        Unfit: The database is at the steps of another release, which has columns that this one doesn't know.

    """
    target = Database(path)
    try:
        target.create()
        with translated(), reading(source.engine).connect() as connection, connection.begin():
            # rows come some hundreds at a time, each time within the bound of a statement
            stands = schema.standing(connection)
            schema.check_standing(stands)
            if stands != schema.newest():
                raise schema.Unfit("the database is at the steps of another release: make the backup with that one")
            with target.engine.begin() as into, _loosened(into):
                for table in _tables():
                    into.execute(delete(table))
                    _copy_table(connection, into, table)
    finally:
        target.close()
    in_one_file(path)


def _check_still(connection: Connection, begun: str) -> None:
    counted = connection.execute(text("SELECT count(*) FROM event")).scalar_one()
    if schema.standing(connection) != begun or (counted and not is_remnant(begun)):
        raise Damaged


def is_remnant(stands: str) -> bool:
    """Tell whether a database stands where a move left it that broke off."""
    return stands.startswith((MOVING, ARRIVING))


def step_made(database: Database) -> str:
    """Tell by which step the tables of a database were made."""
    with translated(), reading(database.engine).connect() as connection:
        return schema.step_made(connection)


def rows_of(database: Database) -> dict[str, Rows]:
    """Tell what each table of a database holds."""
    with database.read() as session:
        lasting(session.connection())
        return {table.name: _summed(_read(session.connection(), table)) for table in _tables()}


def arrive(target: Database, move: str) -> None:
    """Write that everything is there and was checked.

    Raises:
        Damaged: Another move has the place by now.

    """
    with translated(), target.engine.begin() as connection:
        if schema.standing(connection) != f"{MOVING}{move}":
            raise Damaged
        schema.stand(connection, f"{ARRIVING}{move}")


def open_up(target: Database, move: str) -> None:
    """Let a portal start from a target that everything arrived in.

    Raises:
        Damaged: It isn't one, or of another move.

    """
    with translated(), target.engine.begin() as connection:
        if schema.standing(connection) != f"{ARRIVING}{move}":
            raise Damaged
        schema.stand(connection, schema.step_made(connection))


def _tables() -> list[Table]:
    columns()  # the metadata is filled by the import of what describes them
    return list(SQLModel.metadata.sorted_tables)


def _copy_table(source: Connection, target: Connection, table: Table) -> Rows:
    digest, count = hashlib.sha256(), 0
    rows = _read(source, table)
    while piece := list(islice(rows, PIECE)):
        target.execute(insert(table), piece)
        for row in piece:
            digest.update(_line(row))
        count += len(piece)
    return Rows(count, digest.hexdigest())


def _read(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    question = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=PIECE)
    with connection.execute(question) as found:
        for row in found.mappings():
            yield dict(row)


def _summed(rows: Iterator[dict[str, Any]]) -> Rows:
    digest, count = hashlib.sha256(), 0
    for row in rows:
        digest.update(_line(row))
        count += 1
    return Rows(count, digest.hexdigest())


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps([[name, _plain(value)] for name, value in row.items()]).encode() + b"\n"


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return ["bytes", value.hex()]
        case UUID():
            return ["id", value.hex]
        case datetime() | date():
            return ["time", value.isoformat()]
        case _:
            return value


@contextmanager
def _loosened(connection: Connection) -> Iterator[None]:
    """Set triggers and constraints between rows aside; put back, these look at all rows."""
    on_server = connection.dialect.name == POSTGRESQL
    aside, back = _on_server(connection) if on_server else _in_file(connection)
    for statement in aside:
        connection.exec_driver_sql(statement)
    yield
    for statement in back:
        connection.exec_driver_sql(statement)


def _in_file(connection: Connection) -> tuple[list[str], list[str]]:
    """Give the statements for SQLite, whose constraints wait for the commit; names are those of its own triggers."""
    quoted = connection.dialect.identifier_preparer.quote
    triggers = {row.name: row.sql for row in connection.execute(_TRIGGERS)}
    drops = [f"DROP TRIGGER {quoted(name)}" for name in triggers]
    return ["PRAGMA defer_foreign_keys=ON", *drops], list(triggers.values())


def _on_server(connection: Connection) -> tuple[list[str], list[str]]:
    """Give the statements for PostgreSQL; names are those of our tables, and what it says of its own constraints."""
    quoted, links = connection.dialect.identifier_preparer.quote, connection.execute(_LINKS).all()
    tables = [f"ALTER TABLE {quoted(table.name)}" for table in _tables()]
    drops = [f"ALTER TABLE {link.tbl} DROP CONSTRAINT {quoted(link.name)}" for link in links]
    adds = [f"ALTER TABLE {link.tbl} ADD CONSTRAINT {quoted(link.name)} {link.says}" for link in links]
    return (
        [*drops, *(f"{table} DISABLE TRIGGER USER" for table in tables)],
        [*(f"{table} ENABLE TRIGGER USER" for table in tables), *adds],
    )


def _go_on_counting(connection: Connection) -> None:
    for table in _tables():
        if (column := table.autoincrement_column) is not None:
            greatest = connection.scalar(select(func.max(column))) or 0
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(select(func.setval(sequence, greatest + 1, False)))  # not given yet
