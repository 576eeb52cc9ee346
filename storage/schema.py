"""Brings a database to the schema of this release, forward only, step by step (storage/migrations/versions).

1. One process takes the steps, in one transaction; others that start meanwhile wait for it and find them taken.
2. Replicas of two releases may run on one schema. A step says in `runs_since` which step's release still runs once it
   is taken; without it, none but its own. The newest of these is written beside the steps taken (`schema_runs`), so
   that a former release that starts again knows whether it may.

No portal was on PostgreSQL before step 0020: there a new database is made at once from the tables as they are described
today, and stands where the steps lead. Steps that come after a release are taken on both.
"""

from functools import cache
from pathlib import Path
from time import monotonic
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text
from sqlmodel import SQLModel

from storage.engines import POSTGRESQL, lasting, reading, writing
from storage.errors import StorageError
from storage.migrations.described import columns
from storage.steps import SchemaRuns
from storage.triggers import postgresql_triggers

STEPS = Path(__file__).parent / "migrations"
WAIT_SECONDS: Final = 60  # so long one that starts waits for another that takes the steps
_FITS = "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()"
_TABLES = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
# the two that whoever serves only reads are those of the REVOKE in deploy/README.md
_CLOSED = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
AND NOT (has_table_privilege(oid, 'SELECT')
         AND (relname IN ('alembic_version', 'schema_runs') OR has_table_privilege(oid, 'INSERT')))
ORDER BY relname
"""

MOVING: Final = "moving:"
ARRIVING: Final = "arriving:"
MOVED: Final = "moved:"


class Elsewhere(StorageError):
    """The portal was moved from this database, or didn't arrive in it yet."""


class Unfit(StorageError):
    """The database on the server isn't one in which a portal can begin."""


def upgrade(engine: Engine) -> None:
    """Take every step that the database hasn't seen, in one transaction; nothing when it has seen all.

    Nothing either where a later release took more, of which each says that this release still runs.

    Raises:
        LaterSchema: The database has seen a step of a later release, on which this one doesn't run.
        Unfit: A portal can't begin here.
        Elsewhere: The portal was moved away, or is being moved here.
    """
    if fits(engine):
        return
    check_here(engine)
    from storage import stepping

    with writing(engine, monotonic() + WAIT_SECONDS).begin() as connection:
        if _fits(connection):
            return  # another process was faster
        lasting(connection)
        if engine.dialect.name == POSTGRESQL:
            connection.exec_driver_sql(
                "SET LOCAL lock_timeout = '2s'"
            )  # while a step waits for a table, so do all others
        if engine.dialect.name == POSTGRESQL and _seen(connection) is None:
            _begin(connection)
            stepping.stand(connection, STEPS)
        else:
            stepping.take(connection, STEPS)
        _say_what_runs(connection, stepping.runs_since(STEPS))


def fits(engine: Engine) -> bool:
    """Tell whether this release runs on a database as it is: at its own steps, or at later ones that let it."""
    with reading(engine).connect() as connection:
        return _fits(connection)


def _fits(connection: Connection) -> bool:
    seen, own = _seen(connection), newest()
    if seen is None or own is None or seen == own:
        return seen == own
    if not inspect(connection).has_table(SchemaRuns.__tablename__):
        return False
    row = connection.execute(text("SELECT step, since FROM schema_runs WHERE id = 1")).one_or_none()
    return row is not None and row.step == seen and row.since <= own < seen


def _say_what_runs(connection: Connection, since: str) -> None:
    said = {"step": _seen(connection), "since": since}
    connection.execute(text("DELETE FROM schema_runs"))
    connection.execute(text("INSERT INTO schema_runs (id, step, since) VALUES (1, :step, :since)"), said)


def check_here(engine: Engine) -> None:
    """Refuse a database from which the portal was moved, or to which it is being moved.

    Raises:
        Elsewhere: It is one.
    """
    with reading(engine).connect() as connection:
        check_standing(standing(connection))


def check_standing(seen: str | None) -> None:
    """Refuse where a database stands: a portal was moved from it, or is being moved to it.

    Raises:
        Elsewhere: So it is.
    """
    if seen is None:
        return
    if seen.startswith(MOVED):
        raise Elsewhere(
            "This portal was moved to another place, and doesn't start here any more: start it with the settings of "
            "its new place. The database that is left here is of no use but as a copy; destroy it, and not the objects "
            "if they stayed, nor the keys, once the new place is backed up."
        )
    if seen.startswith((MOVING, ARRIVING)):
        raise Elsewhere(
            "A portal is being moved here, and not all of it arrived: run `portal move` again, which goes on."
        )


def standing(connection: Connection) -> str | None:
    """Tell the last step that a database has seen, or how it stands in a move; None: it is empty."""
    return _seen(connection)


def stand(connection: Connection, at: str) -> None:
    """Write how a database stands."""
    connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": at})


def step_made(connection: Connection) -> str:
    """Tell the step by which the tables were made, however a database stands in a move; empty: nobody wrote it down."""
    return connection.execute(text("SELECT step FROM schema_runs WHERE id = 1")).scalar_one_or_none() or ""


def is_begun(engine: Engine) -> bool:
    """Tell whether a database has seen any step."""
    with reading(engine).connect() as connection:
        return _seen(connection) is not None


def closed_tables(connection: Connection) -> list[str]:
    """Name the tables on a server that its role may not read, or not write where the portal writes."""
    return list(connection.execute(text(_CLOSED)).scalars())


def newest() -> str | None:
    """Name the last step of this release."""
    return _newest(STEPS)


@cache
def _newest(steps: Path) -> str | None:
    return max((file.name.partition("_")[0] for file in (steps / "versions").glob("[0-9]*.py")), default=None)


def _seen(connection: Connection) -> str | None:
    """Read where Alembic wrote that a database stands."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _begin(connection: Connection) -> None:
    """Make the tables of today in an empty database on a server."""
    _check(connection)
    SQLModel.metadata.create_all(connection, checkfirst=False)
    for statement in postgresql_triggers(columns()):
        connection.exec_driver_sql(statement)


def _check(connection: Connection) -> None:
    """Refuse a database that sorts by a language, whose rules change with the system's libraries, or isn't empty.

    Raises:
        Unfit: So it is.
    """
    encoding, collation = connection.execute(text(_FITS)).one()
    if encoding != "UTF8" or collation not in {"C", "POSIX"}:
        raise Unfit(
            f"the database has encoding {encoding} and collation {collation}, and the portal needs UTF8 and C: "
            "make it with createdb --template=template0 --encoding=UTF8 --locale=C"
        )
    if connection.execute(text(_TABLES)).scalar_one():
        raise Unfit("the database isn't empty: give the portal one of its own")
