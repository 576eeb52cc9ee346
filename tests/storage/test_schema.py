"""The steps lead to the schema that the tables describe, and only forward."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

import storage.dialogue
import storage.handovers  # noqa: F401  # the metadata is filled by the imports
from storage.database import Database
from storage.schema import LaterSchema, _config, is_current, newest
from storage.triggers import sqlite_triggers

REGISTRY = "00000000000040008000000000000001"
CASES = "00000000000040008000000000000005"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(tmp_path / "portal.db")
    made.create()
    return made


def test_the_steps_lead_to_the_tables_as_they_are_described(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    assert is_current(database.engine)


def test_the_steps_make_every_trigger(database: Database) -> None:
    columns = {name: [c.name for c in table.columns] for name, table in SQLModel.metadata.tables.items()}
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'trigger'").scalars().all()
    assert sorted(found) == sorted(sqlite_triggers(columns))


def test_a_portal_from_before_breach_cases_gets_their_stream_and_a_new_one_none_yet(
    tmp_path: Path, database: Database
) -> None:
    """A new portal is given all streams when it is made (portal/app.py)."""
    older = Database(tmp_path / "older.db")
    with older.engine.begin() as connection:
        command.upgrade(_config(connection), "0011")
        connection.exec_driver_sql("INSERT INTO stream (id, kind, next_number) VALUES (?, 'registry', 1)", (REGISTRY,))
    older.create()
    for portal, count in ((older, 1), (database, 0)):
        with portal.engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT kind FROM stream WHERE id = ?", (CASES,)).scalars().all()
        assert found == ["cases"] * count


def test_taking_the_steps_twice_changes_nothing(database: Database) -> None:
    database.create()
    assert is_current(database.engine)


def test_a_database_of_a_later_release_is_refused(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert newest() != "9999"
    with pytest.raises(LaterSchema):
        database.create()
