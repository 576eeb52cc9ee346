"""The steps lead to the schema that the tables describe, and only forward."""

# ruff: noqa: S608 - the statements are of this file's own words

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlmodel import SQLModel

from storage import stepping
from storage.database import Database
from storage.migrations.described import columns
from storage.schema import STEPS, Unfit, fits, is_begun, newest
from storage.stepping import LaterSchema, take
from storage.triggers import postgresql_triggers, sqlite_triggers
from tests import databases
from tests.databases import by_hand

pytestmark = pytest.mark.database

REGISTRY = "00000000000040008000000000000001"
CASES = "00000000000040008000000000000005"
BODIES = "SELECT proname, prosrc, proconfig::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"


def named(statements: list[str]) -> set[tuple[str, str]]:
    """Name the triggers that statements make, each with its table."""
    found = [re.match(r"CREATE TRIGGER (\w+) [\w, ]+? ON (\w+) ", statement) for statement in statements]
    return {(one[1], one[2]) for one in found if one}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(databases.place(tmp_path))
    made.create()
    yield made
    made.close()
    databases.drop(tmp_path)


def test_the_steps_lead_to_the_tables_as_they_are_described(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    assert fits(database.engine)
    assert newest() == ScriptDirectory(str(STEPS)).get_current_head()


@databases.ONLY_SQLITE
def test_the_steps_make_every_trigger(database: Database) -> None:
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'trigger'").scalars().all()
    assert sorted(found) == sorted(sqlite_triggers(columns()))


@databases.ONLY_POSTGRESQL
def test_a_server_makes_every_trigger_too(database: Database) -> None:
    said = postgresql_triggers(columns())
    with by_hand(database) as hand:
        assert set(hand.triggers().items()) == named(said)
        functions = hand(BODIES).fetchall()
    assert sorted((name, body) for name, body, _ in functions) == sorted(
        re.findall(r"CREATE FUNCTION (\w+)\(\) .*?\$\$(.*?)\$\$", "".join(said))
    )
    assert {config for _, _, config in functions} == {'{"search_path=public, pg_temp"}'}


def test_both_databases_refuse_the_same() -> None:
    assert named(sqlite_triggers(columns())) == {
        (name, table) for name, table in named(postgresql_triggers(columns())) if not name.endswith("_at_once")
    }


@databases.ONLY_SQLITE
def test_a_portal_from_before_breach_cases_gets_their_stream_and_a_new_one_none_yet(
    tmp_path: Path, database: Database
) -> None:
    """A new portal is given all streams when it is made (portal/app.py)."""
    older = Database(tmp_path / "older.db")
    with older.engine.begin() as connection:
        take(connection, STEPS, "0011")
        connection.exec_driver_sql("INSERT INTO stream (id, kind, next_number) VALUES (?, 'registry', 1)", (REGISTRY,))
    older.create()
    for portal, count in ((older, 1), (database, 0)):
        with portal.engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT kind FROM stream WHERE id = ?", (CASES,)).scalars().all()
        assert found == ["cases"] * count


def test_taking_the_steps_twice_changes_nothing(database: Database) -> None:
    database.create()
    assert fits(database.engine)


def test_a_database_of_a_later_release_is_refused(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert newest() != "9999"
    with pytest.raises(LaterSchema):
        database.create()


@databases.ONLY_SQLITE
def test_what_is_public_goes_through_the_step_that_lets_summaries_in_as_it_stands(tmp_path: Path) -> None:
    older, ids, places = Database(tmp_path / "older.db"), ("2" * 32, b"mac"), ", ".join("?" * 14)
    columns = "id, state_code, cycle, kind, title, language, pages, whole, size, sha256, object_name, published_at"
    row = ("1" * 32, "XAA", "First", "report", "A report", "en", 3, 1, 9, b"hash", "name", "2026-05-04")
    with older.engine.begin() as connection:
        take(connection, STEPS, "0018")
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql("INSERT INTO state (code, fictional) VALUES ('XAA', 1)")
        put = f"INSERT INTO public_file ({columns}, event_id, mac) VALUES ({places})"
        connection.exec_driver_sql(put, (*row, *ids))
        take(connection, STEPS, "head")
        found = connection.exec_driver_sql(f"SELECT {columns}, event_id, mac FROM public_file").one()
        indexes = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE tbl_name = 'public_file'").scalars()
        assert "public_by_time" in set(indexes)
    assert tuple(found) == (*row, *ids)


@databases.ONLY_POSTGRESQL
@pytest.mark.parametrize("how", ["ENCODING 'SQL_ASCII'", "ENCODING 'UTF8' LOCALE 'C.UTF-8'"])
def test_a_database_that_sorts_or_spells_otherwise_is_refused(how: str) -> None:
    databases.server().execute(f"CREATE DATABASE unfit TEMPLATE template0 {how}")
    unfit = Database(databases.server().address("unfit"))
    with pytest.raises(Unfit, match="--encoding=UTF8 --locale=C"):
        unfit.create()
    unfit.close()
    databases.server().execute("DROP DATABASE unfit")


@databases.ONLY_POSTGRESQL
def test_a_database_with_something_in_it_is_refused(tmp_path: Path) -> None:
    taken = Database(databases.place(tmp_path))
    with by_hand(taken) as hand:
        hand("CREATE TABLE theirs (id integer)")
        with pytest.raises(Unfit, match="one of its own"):
            taken.create()
        assert hand("SELECT count(*) FROM pg_class WHERE relname = 'event'").fetchone() == (0,)
    taken.close()


def test_whoever_writes_keeps_nobody_from_seeing_how_far_the_schema_is(database: Database) -> None:
    with by_hand(database) as hand:
        hand.lock()
        assert fits(database.engine)
        assert is_begun(database.engine)
        database.create()  # which has nothing to do


@databases.ONLY_POSTGRESQL
def test_a_step_takes_as_long_as_it_needs_and_waits_for_a_lock_as_long_as_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, str] = {}

    def steps(config: Config, _to: str) -> None:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"):
            said = config.attributes["connection"].exec_driver_sql(f"SHOW {name}").scalar_one()
            found[name] = said
        locks = config.attributes["connection"].exec_driver_sql("SELECT locktype FROM pg_locks").scalars().all()
        assert "advisory" in locks

    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0019'")
    monkeypatch.setattr(stepping.command, "upgrade", steps)
    database.create()
    assert found.pop("lock_timeout") == "2s"
    assert set(found.values()) == {"0"}
    with database.begin() as session:
        assert session.scalar(text("SHOW statement_timeout")) == "10s"
    with database.read() as session:
        assert session.scalar(text("SHOW statement_timeout")) == "1min"


def test_nothing_is_built_that_would_validate_rows() -> None:
    """Rows come from use cases that checked what was sent; what a library builds to check them slows a start."""
    tables = "[mapper.class_ for mapper in SQLModel._sa_registry.mappers]"
    code = f"import portal.app; from sqlmodel import SQLModel; print(*(t.__pydantic_complete__ for t in {tables}))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout
    assert len(told.split()) > 50
    assert set(told.split()) == {"False"}  # a process that only began: copying a row builds what belongs to its table
